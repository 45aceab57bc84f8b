"""The object store: one bucket of S3, or of a server that speaks its language."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote

from exports_pipeline.adapters.presigned_url import LinkMaker
from exports_pipeline.adapters.s3_client import make_s3_client
from exports_pipeline.adapters.s3_errors import FAULTS, store_error, storing
from exports_pipeline.adapters.s3_upload import PART_BYTES, S3Upload
from exports_pipeline.core.errors import NotConfigured
from exports_pipeline.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client


_CHUNK_BYTES = 1 << 20


class S3ObjectStore:
    """`ObjectStore` over one bucket; objects are encrypted at rest with AES256."""

    def __init__(self, client: "S3Client", bucket: str, *, part_bytes: int = PART_BYTES) -> None:
        self._client = client
        self._bucket = bucket
        self._part_bytes = part_bytes
        self._links = LinkMaker(client, bucket)

    def upload(self, key: str, *, content_type: str, download_name: str) -> S3Upload:
        """Start an upload; nothing is visible under the key until it is committed."""
        about = {
            "ContentType": content_type,
            "ContentDisposition": content_disposition(download_name),
            "ServerSideEncryption": "AES256",
        }
        return S3Upload(self._client, bucket=self._bucket, key=key, about=about, part_bytes=self._part_bytes)

    def presign(self, key: str, *, valid: timedelta) -> str:
        """A URL by which anybody may download the object for a while; made without asking the store."""
        try:  # not `storing`, which takes as long as half a link
            return self._links.link(key, valid_s=int(valid.total_seconds()))
        except FAULTS as error:
            raise store_error(error) from error

    def delete(self, key: str) -> None:
        """Delete an object; one that is not there is no error."""
        with storing():
            self._client.delete_object(Bucket=self._bucket, Key=key)

    def chunks(self, key: str) -> Iterator[bytes]:
        """The bytes of an object, in pieces of about a mebibyte."""
        with storing():
            yield from self._client.get_object(Bucket=self._bucket, Key=key)["Body"].iter_chunks(_CHUNK_BYTES)

    def keys(self, prefix: str) -> Iterator[tuple[str, datetime]]:
        """Keys under a prefix with the times they were stored."""
        with storing():
            for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix):
                for found in page.get("Contents", ()):
                    yield found["Key"], found["LastModified"]

    def abort_uploads(self, prefix: str, *, started_before: datetime) -> int:
        """Abort unfinished multipart uploads and return how many there were."""
        with storing():
            pages = self._client.get_paginator("list_multipart_uploads").paginate(Bucket=self._bucket, Prefix=prefix)
            stale = [
                (found["Key"], found["UploadId"])
                for page in pages
                for found in page.get("Uploads", ())
                if found["Initiated"] < started_before
            ]
            for key, upload_id in stale:
                self._client.abort_multipart_upload(Bucket=self._bucket, Key=key, UploadId=upload_id)
        return len(stale)

    def ping(self) -> None:
        """Ask for the bucket."""
        with storing():
            self._client.head_bucket(Bucket=self._bucket)


def make_object_store(settings: Settings) -> S3ObjectStore:
    """The object store of the settings; nothing connects before it is used.

    Raises:
        NotConfigured: no bucket is named.
    """
    if settings.bucket is None:
        raise NotConfigured("S3_EXPORTS_BUCKET is not set; set it, or start everything with `exports up`.")
    client = make_s3_client(region=settings.region, endpoint_url=settings.s3_endpoint_url)
    return S3ObjectStore(client, settings.bucket)


def content_disposition(download_name: str) -> str:
    """The header that names a download (RFC 6266): ASCII for old clients, UTF-8 beside it where needed."""
    plain = "".join(mark if " " <= mark <= "~" and mark not in '"\\%' else "_" for mark in download_name)
    header = f'attachment; filename="{plain}"'
    return header if plain == download_name else f"{header}; filename*=UTF-8''{quote(download_name, safe='')}"
