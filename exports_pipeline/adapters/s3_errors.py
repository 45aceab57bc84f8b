"""What boto3's errors mean to the service; never a credential or a URL in the sentence."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    NoCredentialsError,
    NoRegionError,
    ParamValidationError,
    PartialCredentialsError,
    TokenRetrievalError,
)

from exports_pipeline.core.errors import ExportError, ObjectStoreMisconfigured, ObjectStoreUnavailable

_OURS = (
    CredentialRetrievalError,
    NoCredentialsError,
    NoRegionError,
    ParamValidationError,
    PartialCredentialsError,
    TokenRetrievalError,
)
_PASSING = {"NoSuchUpload", "RequestTimeout", "RequestTimeTooSkewed", "SlowDown", "Throttling", "OperationAborted"}
_SENTENCES = {
    "NoSuchBucket": "The bucket of the exports does not exist; create it with `exports setup-bucket`.",
    "AccessDenied": "The object store denies us access; the operator must look at the bucket's policy and the role.",
    "InvalidAccessKeyId": "The object store does not know our access key; the operator must look at the credentials.",
    "SignatureDoesNotMatch": "The object store refuses our signature; the operator must look at the secret key.",
    "ExpiredToken": "Our credentials for the object store have expired; the operator must renew them.",
    "InvalidToken": "Our session token for the object store is not valid; the operator must renew it.",
}
_SENTENCES["404"] = _SENTENCES["NoSuchBucket"]
_SENTENCES["403"] = _SENTENCES["AccessDenied"]


@contextmanager
def storing() -> Iterator[None]:
    """Translate what goes wrong while the object store is asked."""
    try:
        yield
    except (ClientError, BotoCoreError, OSError) as error:
        raise store_error(error) from error


def store_error(error: Exception) -> ExportError:
    """The error of ours that an error of boto3 is."""
    if isinstance(error, _OURS):
        return ObjectStoreMisconfigured()
    if not isinstance(error, ClientError):
        return ObjectStoreUnavailable()
    code = str(error.response.get("Error", {}).get("Code", ""))
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    if code in _PASSING or status in {408, 429} or not 300 <= status < 500:
        return ObjectStoreUnavailable()
    return ObjectStoreMisconfigured(_SENTENCES.get(code))
