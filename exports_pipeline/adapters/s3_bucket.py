"""The bucket of the exports, set up once per deployment."""

import math
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from botocore.exceptions import ClientError

from exports_pipeline.adapters.s3_errors import storing
from exports_pipeline.core.naming import OBJECT_PREFIX

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_s3.type_defs import LifecycleRuleOutputTypeDef, LifecycleRuleTypeDef

_EXPIRY, _UNFINISHED = "exports-expiry", "exports-unfinished-uploads"
_log = structlog.get_logger()


def setup_bucket(client: "S3Client", bucket: str, *, expiry: timedelta) -> str | None:
    """Create the bucket if it is missing and have it delete old exports by itself.

    S3 counts in days: the expiry is rounded up, and the sweep of the pipeline is what keeps it to the hour.
    Rules of others on the bucket stay. Returns why the rules were left out, where the server has no such thing.

    Raises:
        ObjectStoreUnavailable, ObjectStoreMisconfigured.
    """
    with storing():
        _create_if_missing(client, bucket)
        try:
            rules: list[LifecycleRuleTypeDef | LifecycleRuleOutputTypeDef] = [
                *_rules_of_others(client, bucket),
                *_our_rules(expiry),
            ]
            client.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": rules})
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            if code in {"AccessDenied", "NoSuchBucket"}:
                raise
            reason = f"The server has no lifecycle rules ({code}); the sweep of the pipeline deletes by age."
            _log.warning("lifecycle_skipped", bucket=bucket, code=code)
            return reason
    return None


def has_our_rules(client: "S3Client", bucket: str) -> bool:
    """Whether the bucket deletes old exports by itself.

    Raises:
        botocore.exceptions.ClientError: the server has no such thing, or does not tell us.
    """
    try:
        rules = client.get_bucket_lifecycle_configuration(Bucket=bucket).get("Rules", [])
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") == "NoSuchLifecycleConfiguration":
            return False
        raise
    return {_EXPIRY, _UNFINISHED} <= {rule.get("ID") for rule in rules}


def _create_if_missing(client: "S3Client", bucket: str) -> None:
    try:
        client.head_bucket(Bucket=bucket)
    except ClientError as error:
        if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") != 404:
            raise
        region = client.meta.region_name
        if region == "us-east-1":
            client.create_bucket(Bucket=bucket)
        else:
            client.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": region})  # type: ignore[typeddict-item]  # any region


def _rules_of_others(client: "S3Client", bucket: str) -> list["LifecycleRuleOutputTypeDef"]:
    try:
        rules = client.get_bucket_lifecycle_configuration(Bucket=bucket).get("Rules", [])
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") == "NoSuchLifecycleConfiguration":
            return []
        raise
    return [rule for rule in rules if rule.get("ID") not in {_EXPIRY, _UNFINISHED}]


def _our_rules(expiry: timedelta) -> list["LifecycleRuleTypeDef"]:
    days = max(1, math.ceil(expiry / timedelta(days=1)))
    return [
        {"ID": _EXPIRY, "Status": "Enabled", "Filter": {"Prefix": OBJECT_PREFIX}, "Expiration": {"Days": days}},
        {
            "ID": _UNFINISHED,
            "Status": "Enabled",
            "Filter": {"Prefix": OBJECT_PREFIX},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
        },
    ]
