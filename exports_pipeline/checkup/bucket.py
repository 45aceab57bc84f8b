"""The object store: may we write, read and delete, and does the bucket clean up after itself?"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from uuid import uuid4

from botocore.exceptions import ClientError

from exports_pipeline.adapters.s3_bucket import has_our_rules
from exports_pipeline.adapters.s3_client import make_s3_client
from exports_pipeline.adapters.s3_errors import storing
from exports_pipeline.checkup.clocks import check_clock
from exports_pipeline.checkup.finding import Finding, broken, fine, skipped, warning
from exports_pipeline.checkup.surroundings import Surroundings
from exports_pipeline.core.errors import ObjectStoreMisconfigured, ObjectStoreUnavailable
from exports_pipeline.core.naming import OBJECT_PREFIX

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

_BODY = b"exports doctor"
_ADVICE = "The workers need s3:PutObject, s3:GetObject, s3:DeleteObject and s3:AbortMultipartUpload on the bucket."


def check_bucket(about: Surroundings) -> Iterator[Finding]:
    """Write a small object, read it back and delete it; then look for the expiry rules and at the clock."""
    settings = about.settings
    if settings.bucket is None:
        yield skipped("bucket", "S3_EXPORTS_BUCKET is not set.")
        return
    client = make_s3_client(
        region=settings.region,
        endpoint_url=settings.s3_endpoint_url,
        access_key=about.access_key,
        secret_key=about.secret_key,
    )
    try:
        asked_at = datetime.now(UTC)
        where = settings.s3_endpoint_url or f"AWS in {settings.region}"
        try:
            date = _probe(client, settings.bucket)
        except ObjectStoreUnavailable:
            advice = "Is it running, does the name resolve, is the clock right? Check AWS_ENDPOINT_URL_S3, AWS_REGION."
            yield broken("bucket", f"The object store at {where} does not answer, or not well.", advice)
            return
        except ObjectStoreMisconfigured as error:
            yield broken("bucket", f"{settings.bucket} at {where}: {error.sentence}", _ADVICE)
            return
        yield fine("bucket", f"{settings.bucket}: an object was written, read and deleted.")
        if about.is_embedded:
            yield fine("expiry rules", "The embedded server has none; the sweep deletes by age.")
        else:
            yield _rules(client, settings.bucket)
        if date is not None:
            second = timedelta(seconds=1)  # what the header leaves out
            yield check_clock("S3", date, asked_at=asked_at, answered_at=datetime.now(UTC), resolution=second)
    finally:
        client.close()


def _probe(client: "S3Client", bucket: str) -> datetime | None:
    """Returns what time the store has, where it says so."""
    key = f"{OBJECT_PREFIX}doctor/{uuid4()}"  # in nobody's way, and expired by the rules should we die here
    with storing():
        answer = client.put_object(Bucket=bucket, Key=key, Body=_BODY, ServerSideEncryption="AES256")
        try:
            client.get_object(Bucket=bucket, Key=key)["Body"].read()
        finally:
            client.delete_object(Bucket=bucket, Key=key)
    date = answer["ResponseMetadata"]["HTTPHeaders"].get("date")
    return parsedate_to_datetime(date) if date else None


def _rules(client: "S3Client", bucket: str) -> Finding:
    advice = "Run `exports setup-bucket` where the server has lifecycle rules; the sweep deletes by age in any case."
    try:
        has_rules = has_our_rules(client, bucket)
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        return fine("expiry rules", f"The server tells no lifecycle rules ({code}); the sweep deletes by age.")
    if has_rules:
        return fine("expiry rules", "The bucket deletes old files and unfinished uploads.")
    return warning("expiry rules", "The bucket has no rules that delete old files and unfinished uploads.", advice)
