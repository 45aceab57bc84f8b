"""Cursors: where the next page of a list begins, opaque to clients."""

import hashlib
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from uuid import UUID

from exports_api.errors import InvalidCursor

_LAYOUT = struct.Struct(">q16s")
_CHECK_BYTES = 6
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def encode_cursor(created_at: datetime, job_id: UUID) -> str:
    """The cursor of the page after this job."""
    place = _LAYOUT.pack((created_at - _EPOCH) // _MICROSECOND, job_id.bytes)
    return urlsafe_b64encode(place + _check(place)).rstrip(b"=").decode()


def decode_cursor(cursor: str) -> tuple[datetime, UUID]:
    """The last job of the page before.

    A cursor carries a check sum against damage, not a secret: it opens nothing but the caller's own jobs.

    Raises:
        InvalidCursor: it was not made by `encode_cursor`.
    """
    try:
        raw = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        place, check = raw[:-_CHECK_BYTES], raw[-_CHECK_BYTES:]
        microseconds, job_bytes = _LAYOUT.unpack(place)
        created_at, job_id = _EPOCH + microseconds * _MICROSECOND, UUID(bytes=job_bytes)
    except (ValueError, struct.error, OverflowError) as error:
        raise InvalidCursor(field="cursor") from error
    if check != _check(place):
        raise InvalidCursor(field="cursor")
    return created_at, job_id


def _check(place: bytes) -> bytes:
    return hashlib.blake2b(place, digest_size=_CHECK_BYTES, person=b"exports-page").digest()
