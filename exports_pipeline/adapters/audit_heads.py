"""Signed heads in a bucket, under S3's object lock where the bucket has it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from exports_pipeline.adapters.s3_client import make_s3_client
from exports_pipeline.adapters.s3_errors import storing
from exports_pipeline.core.audit_head import HEAD_PREFIX
from exports_pipeline.core.errors import NotConfigured
from exports_pipeline.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client


class S3AuditHeads:
    """`HeadStore` over one bucket; a lock lasts so long from the moment of writing."""

    def __init__(self, client: "S3Client", bucket: str, *, mode: str, lock: timedelta) -> None:
        self._client, self._bucket, self._mode, self._lock = client, bucket, mode, lock
        self._has_lock: bool | None = None

    def put(self, key: str, body: bytes) -> None:
        """Write a head; who has the right to delete objects cannot delete it while its lock lasts."""
        about: dict[str, Any] = {"ContentType": "application/json", "ServerSideEncryption": "AES256"}
        with storing():
            if self.has_lock():
                about |= {
                    "ObjectLockMode": self._mode,
                    "ObjectLockRetainUntilDate": datetime.now(UTC) + self._lock,
                    "ChecksumAlgorithm": "SHA256",
                }
            self._client.put_object(Bucket=self._bucket, Key=key, Body=body, **about)

    def has_lock(self) -> bool:
        """Whether the bucket locks objects; asked once, as S3 cannot take it back."""
        if self._has_lock is None:
            try:
                found = self._client.get_object_lock_configuration(Bucket=self._bucket)
            except ClientError as error:
                if error.response.get("Error", {}).get("Code") in {"AccessDenied", "NoSuchBucket"}:
                    raise
                self._has_lock = False  # it has none, or the server does not know what that is
            else:
                self._has_lock = found["ObjectLockConfiguration"].get("ObjectLockEnabled") == "Enabled"
        return self._has_lock

    def all_keys(self) -> Iterator[str]:
        """The keys of all heads, oldest first."""
        with storing():
            for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=HEAD_PREFIX):
                yield from (found["Key"] for found in page.get("Contents", ()))

    def read(self, key: str) -> bytes:
        """The bytes of a head."""
        with storing():
            return self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()


def make_audit_heads(
    settings: Settings, *, access_key: str | None = None, secret_key: str | None = None
) -> S3AuditHeads:
    """The heads of the settings; without keys credentials are found as boto3 does.

    Raises:
        NotConfigured: no bucket is named.
    """
    if settings.bucket is None:
        raise NotConfigured("S3_EXPORTS_BUCKET is not set; set it, or start everything with `exports up`.")
    client = make_s3_client(
        region=settings.region, endpoint_url=settings.s3_endpoint_url, access_key=access_key, secret_key=secret_key
    )
    lock = timedelta(days=settings.audit_lock_days)
    return S3AuditHeads(client, settings.bucket, mode=settings.audit_lock_mode.upper(), lock=lock)
