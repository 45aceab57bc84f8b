"""Links to objects, signed here (AWS Signature Version 4, query parameters) in a twentieth of boto3's time.

Each look at a completed export makes one. The algorithm is that of the AWS General Reference, "Signing requests with
query parameters"; a test compares the links with those of boto3.
"""

import hashlib
import hmac
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, quote, urlsplit

from botocore.exceptions import NoCredentialsError

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

_ALGORITHM = "AWS4-HMAC-SHA256"
_ANY_KEY = "any"


class LinkMaker:
    """Makes links to the objects of one bucket, with the credentials that the client has at that moment."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client, self._bucket = client, bucket
        self._region = client.meta.region_name
        self._origin: SplitResult | None = None

    def link(self, key: str, *, valid_s: int, now: datetime | None = None) -> str:
        """A URL that gives the object for so many seconds.

        Raises:
            BotoCoreError: there are no credentials, or they cannot be renewed.
        """
        origin = self._origin = self._origin or self._find_origin()
        path = origin.path + _quoted_path(key)
        holder = self._client._request_signer._credentials  # type: ignore[attr-defined]  # noqa: SLF001 - nothing public
        if holder is None:
            raise NoCredentialsError
        credentials = holder.get_frozen_credentials()
        instant = _instant(now or datetime.now(UTC))
        scope = f"{instant[:8]}/{self._region}/s3/aws4_request"
        signer, session = _signed_by(credentials.access_key, scope, credentials.token)
        # the parameters stand in the order of their names
        query = f"{signer}&X-Amz-Date={instant}&X-Amz-Expires={valid_s}{session}&X-Amz-SignedHeaders=host"
        request = f"GET\n{path}\n{query}\nhost:{origin.netloc}\n\nhost\nUNSIGNED-PAYLOAD"
        to_sign = f"{_ALGORITHM}\n{instant}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
        key_of_day = _key_of_day(credentials.secret_key, instant[:8], self._region)
        signature = hmac.digest(key_of_day, to_sign.encode(), "sha256").hex()
        return f"{origin.scheme}://{origin.netloc}{path}?{query}&X-Amz-Signature={signature}"

    def _find_origin(self) -> SplitResult:
        """Host and path before the key, as boto3 puts them for this endpoint and this bucket."""
        where = {"Bucket": self._bucket, "Key": _ANY_KEY}
        return urlsplit(
            self._client.generate_presigned_url("get_object", Params=where).partition("?")[0].removesuffix(_ANY_KEY)
        )


def _instant(moment: datetime) -> str:
    """A time in UTC as `20260301T120000Z`; strftime would take as long as the signature."""
    return f"{moment.isoformat()[:19].replace('-', '').replace(':', '')}Z"


@lru_cache(maxsize=1_000)
def _quoted_path(key: str) -> str:
    return quote(key, safe="/~")


@lru_cache(maxsize=4)
def _signed_by(access_key: str, scope: str, token: str | None) -> tuple[str, str]:
    """What a query says of who signs it: its start, and its session token."""
    credential = quote(f"{access_key}/{scope}", safe="~")
    session = f"&X-Amz-Security-Token={quote(token, safe='~')}" if token else ""
    return f"X-Amz-Algorithm={_ALGORITHM}&X-Amz-Credential={credential}", session


@lru_cache(maxsize=4)
def _key_of_day(secret: str, day: str, region: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (day, region, "s3", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
