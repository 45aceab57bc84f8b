"""Signs bearer tokens with a shared secret, for the command line and for tests."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import jwt

from exports_pipeline.core.catalog import user_id
from exports_pipeline.core.requester import Permission


def make_token(  # noqa: PLR0913 - what a token may say
    secret: str,
    *,
    user: str,
    now: datetime,
    valid: timedelta,
    owner: str | None = None,
    permissions: Iterable[Permission] = (),
    email: str | None = None,
    roles: Iterable[str] | None = None,
    issuer: str | None = None,
    audience: Sequence[str] = (),
    act_for: Iterable[str] = (),
) -> str:
    """A token for a user.

    A name that is no UUID becomes uuid5 of it, and is the owner key itself where none is given. A token that does not
    speak of roles leaves its user those that were assigned, or the default one. With `act_for` it is the token of a
    service account, which may act for these.
    """
    subject = str(user_id(user))
    claims: dict[str, object] = {"sub": subject, "iat": now, "exp": now + valid}
    if owner is not None or subject != user.lower():
        claims["owner"] = user if owner is None else owner
    if email is not None:
        claims["email"] = email
    if names := sorted(permissions):
        claims["permissions"] = names
    if roles is not None:
        claims["roles"] = list(roles)
    if issuer is not None:
        claims["iss"] = issuer
    if audience:
        claims["aud"] = list(audience)
    if people := list(act_for):
        claims["act_for"] = people
    return jwt.encode(claims, secret, algorithm="HS256")
