"""Where a request comes from; the audit log adds it to what is done for the request."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from uuid import UUID

NOBODY = UUID(int=0)
"""The actor of what nobody known to us did: the service itself, or whoever has no token."""


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where a request comes from, as far as it is known by now; all of it is empty outside of a request."""

    request_id: str = ""
    address: str | None = None
    """Of the client, as the server has it behind the proxies it trusts."""
    agent: str | None = None
    service: UUID | None = None
    """The service account that acts for the user, if one does."""
    key_id: UUID | None = None


_origin: ContextVar[Origin] = ContextVar("origin", default=Origin())  # noqa: B039 - it is frozen


def act_with(*, service: UUID | None, key_id: UUID | None) -> None:
    """Add who acts for the user, and with which key, to what follows within this request."""
    if service is not None or key_id is not None:
        _origin.set(replace(_origin.get(), service=service, key_id=key_id))


def origin() -> Origin:
    """The origin of what is being done."""
    return _origin.get()


@contextmanager
def coming_from(place: Origin) -> Iterator[None]:
    """Let everything within come from there."""
    token = _origin.set(place)
    try:
        yield
    finally:
        _origin.reset(token)
