"""The Idempotency-Key header, as draft-ietf-httpapi-idempotency-key-header describes it."""

import re
from typing import Annotated

from fastapi import Header

from exports_api.errors import InvalidIdempotencyKey

_VISIBLE = re.compile(r"[\x21-\x7e]{1,255}")


def idempotency_key(header: str | None) -> str | None:
    """The key of a request; the quotes of the draft are not part of it.

    Raises:
        InvalidIdempotencyKey: the header holds something else.
    """
    if header is None:
        return None
    quoted = len(header) > 1 and header[0] == header[-1] == '"'
    key = header[1:-1] if quoted else header
    if not _VISIBLE.fullmatch(key):
        raise InvalidIdempotencyKey(field="Idempotency-Key")
    return key


IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="A key of the client's choice, 1 to 255 visible ASCII characters, best a UUID: the same request "
        "sent again with it gets the first answer again and makes no second job.",
        examples=["0c5f5c5e-6c67-4f0a-8d4a-5f1f7c0c9d0e"],
    ),
]
