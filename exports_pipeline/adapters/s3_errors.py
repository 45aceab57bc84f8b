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

from exports_pipeline.core.errors import (
    BucketMissing,
    ClockSkewed,
    CredentialsExpired,
    ExportError,
    ObjectStoreMisconfigured,
    ObjectStoreUnavailable,
)

FAULTS = (ClientError, BotoCoreError, OSError)
"""What goes wrong while the object store is asked."""
_OURS = (
    CredentialRetrievalError,
    NoCredentialsError,
    NoRegionError,
    ParamValidationError,
    PartialCredentialsError,
    TokenRetrievalError,
)
_PASSING = {"NoSuchKey", "NoSuchUpload", "RequestTimeout", "SlowDown", "Throttling", "OperationAborted"}
_KINDS: dict[str, type[ExportError]] = {
    "NoSuchBucket": BucketMissing,
    "404": BucketMissing,  # the answer to HEAD has no body
    "ExpiredToken": CredentialsExpired,
    "RequestTimeTooSkewed": ClockSkewed,
}
_SENTENCES = {
    "AccessDenied": "The object store denies us access; the operator must look at the bucket's policy and the role.",
    "InvalidAccessKeyId": "The object store does not know our access key; the operator must look at the credentials.",
    "SignatureDoesNotMatch": "The object store refuses our signature; the operator must look at the secret key.",
    "InvalidToken": "Our session token for the object store is not valid; the operator must renew it.",
}
_SENTENCES["403"] = _SENTENCES["AccessDenied"]


@contextmanager
def storing() -> Iterator[None]:
    """Translate what goes wrong while the object store is asked."""
    try:
        yield
    except FAULTS as error:
        raise store_error(error) from error


def store_error(error: Exception) -> ExportError:
    """The error of ours that an error of boto3 is."""
    if isinstance(error, _OURS):
        return ObjectStoreMisconfigured()
    if not isinstance(error, ClientError):
        return ObjectStoreUnavailable()
    code = str(error.response.get("Error", {}).get("Code", ""))
    if code in _KINDS:
        return _KINDS[code]()
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    if code in _PASSING or status in {408, 429} or not 300 <= status < 500:
        return ObjectStoreUnavailable()
    return ObjectStoreMisconfigured(_SENTENCES.get(code))
