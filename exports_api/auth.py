"""Who asks: reads bearer tokens into requesters."""

import json
import re
import time
from collections.abc import Callable
from typing import Any, Protocol

from starlette.requests import Request

from exports_api.errors import MissingToken
from exports_api.token_rules import EXPIRED, TokenRules
from exports_pipeline.core.catalog import user_id
from exports_pipeline.core.refusals import InvalidToken
from exports_pipeline.core.requester import Claimed, Permission, Requester

_REMEMBERED = 1_000
_MAX_CLAIM_LENGTH = 500
_MAX_NAMES, _MAX_NAME = 100, 100
"""Of roles and permissions in a token; what is beyond stands for nothing."""
_HALVES = re.compile("[\ud800-\udfff]")
"""Halves of characters, which JSON can write and no database can hold."""
_KNOWN = frozenset(Permission)
_NO_RULES = TokenRules()


class Verifier(Protocol):
    """Checks the signature and the times of a token."""

    async def claims(self, token: str) -> dict[str, Any]:
        """The claims of a token that is ours and valid now.

        Raises:
            InvalidToken: it is not.
            KeysUnavailable: nobody can tell at this moment.
        """


class SharedSecretVerifier:
    """Verifies HS256 tokens, and no others, with a shared secret.

    Remembers tokens it has verified: clients that follow a job send the same one again and again, and checking
    a signature costs more than everything else that a look at a job does here.
    """

    def __init__(self, secret: str, *, rules: TokenRules = _NO_RULES, now: Callable[[], float] = time.time) -> None:
        self._secret, self._rules, self._now = secret, rules, now
        self._verified: dict[str, dict[str, Any]] = {}

    async def claims(self, token: str) -> dict[str, Any]:
        """The claims of a token signed with the secret."""
        claims = self._verified.get(token)
        if claims is None:
            claims = self._rules.claims(token, self._secret, algorithms=["HS256"])
            if len(self._verified) >= _REMEMBERED:
                self._verified.clear()
            self._verified[token] = claims
        elif int(claims["exp"]) <= self._now() - self._rules.leeway.total_seconds():
            raise InvalidToken(EXPIRED)
        return claims


def bearer_token(request: Request) -> str:
    """The token of a request.

    Raises:
        MissingToken: there is none.
        InvalidToken: there are several.
    """
    headers = request.headers.getlist("authorization")
    if not headers:
        raise MissingToken
    scheme, _, token = headers[0].partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise MissingToken
    if len(headers) > 1:
        raise InvalidToken("The request has more than one Authorization header.")
    return token.strip()


def requester_of(claims: dict[str, Any]) -> Requester:
    """The requester that verified claims describe, before their standing is known; unknown permissions are ignored.

    Raises:
        InvalidToken: a claim has not the type it must have.
    """
    subject = _text(claims["sub"], "sub")
    owner = claims.get("owner")
    named = _texts(claims.get("permissions") or [], "permissions")
    permissions = frozenset(Permission(name) for name in named if name in _KNOWN)
    roles = claims.get("roles")
    email = claims.get("email")
    return Requester(
        user_id=user_id(subject),
        owner_key=subject if owner is None else _text(owner, "owner"),
        permissions=permissions,
        email=email if isinstance(email, str) and _is_storable(email) else None,
        claimed=Claimed(permissions=permissions, roles=None if roles is None else _texts(roles, "roles")),
    )


def _texts(value: Any, claim: str) -> frozenset[str]:
    """The texts of a list, of which all else is ignored."""
    if not isinstance(value, list):
        raise InvalidToken(f"The claim {claim} is no list.")
    return frozenset(
        each for each in value[:_MAX_NAMES] if isinstance(each, str) and len(each) <= _MAX_NAME and _is_storable(each)
    )


def _text(value: Any, claim: str) -> str:
    if not isinstance(value, str | int | float):
        raise InvalidToken(f"The claim {claim} is no text.")
    text = value if isinstance(value, str) else json.dumps(value)
    if not text or not _is_storable(text) or len(text) > _MAX_CLAIM_LENGTH:
        raise InvalidToken(f"The claim {claim} is empty or holds what it must not.")
    return text


def _is_storable(text: str) -> bool:
    return "\x00" not in text and not _HALVES.search(text)
