"""The session of a browser: what a token said of its bearer, sealed in a cookie of our own."""

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from secrets import token_urlsafe
from typing import Any

import jwt
from starlette.requests import Request
from starlette.responses import Response

COOKIE = "exports_session"
_AUDIENCE = "exports-pages"
KEY = "key"
"""The claim that names the API key which began a session, by its prefix; what it allows is looked up at each visit."""
_KEPT = ("sub", "owner", "permissions", "roles", "email", KEY)
_LIFETIME_S = 8 * 3600


@dataclass(frozen=True, kw_only=True)
class Session:
    """Somebody who is signed in."""

    claims: Mapping[str, Any]
    """As `requester_of` reads them, unless they name a key."""
    name: str
    """What the page calls them."""
    csrf: str
    """What every form of this session carries, and no other page can know."""
    expires_at: int
    """Unix seconds."""


class Sessions:
    """Begins, reads and ends sessions; nothing of them is kept on the server.

    A session lasts eight hours at most and never longer than the token that began it. Its key is made of the secret,
    so that a cookie is no bearer token and a bearer token no cookie.
    """

    def __init__(self, secret: str, *, now: Callable[[], float] = time.time) -> None:
        self._key = hashlib.sha256(b"exports pages\x00" + secret.encode()).digest()
        self._now = now

    def begin(self, response: Response, claims: Mapping[str, Any], *, name: str, is_secure: bool) -> None:
        """Sign somebody in; `claims` are those of a token that was verified, or name an API key that was."""
        expires_at = min(int(claims["exp"]), int(self._now()) + _LIFETIME_S)
        sealed = {key: claims[key] for key in _KEPT if claims.get(key) is not None}
        sealed |= {"name": name, "csrf": token_urlsafe(24), "exp": expires_at, "aud": _AUDIENCE}
        value = jwt.encode(sealed, self._key, algorithm="HS256")
        lasts = expires_at - int(self._now())
        response.set_cookie(COOKIE, value, max_age=lasts, path="/", secure=is_secure, httponly=True, samesite="lax")

    def read(self, request: Request) -> Session | None:
        """Whoever is signed in; None where nobody is, or it was too long ago."""
        value = request.cookies.get(COOKIE)
        if not value:
            return None
        try:
            claims = jwt.decode(value, self._key, algorithms=["HS256"], audience=_AUDIENCE)
        except jwt.PyJWTError:
            return None
        return Session(claims=claims, name=claims["name"], csrf=claims["csrf"], expires_at=int(claims["exp"]))

    def end(self, response: Response) -> None:
        """Sign out in this browser."""
        response.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax")
