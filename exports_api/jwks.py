"""Verifies tokens with the public keys that an identity provider publishes (RFC 7517)."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import httpx
import jwt
import structlog

from exports_api.auth import verified_claims
from exports_api.errors import KeysUnavailable
from exports_pipeline.core.refusals import InvalidToken

ALGORITHMS = frozenset({"RS256", "ES256"})
_REFETCH_S = 30.0
_LIFETIME_S = 600.0
_TIMEOUT_S = 5.0
_log = structlog.get_logger()


class KeySetVerifier:
    """Verifies RS256 and ES256 tokens with the keys at a URL.

    Keys are kept ten minutes. An unknown key id fetches them again, at most every 30 seconds; when that
    fails, the keys at hand stay in use.
    """

    def __init__(
        self,
        url: str,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url, self._transport, self._monotonic = url, transport, monotonic
        self._keys: dict[str | None, jwt.PyJWK] = {}
        self._tried_at: float | None = None
        self._fetched_at: float | None = None
        self._fetching = asyncio.Lock()

    async def claims(self, token: str) -> dict[str, Any]:
        """The claims of a token signed with one of the keys."""
        try:
            header = jwt.get_unverified_header(token)
        except jwt.PyJWTError as error:
            raise InvalidToken("The bearer token is malformed.") from error
        key = await self._key(header.get("kid"))
        return verified_claims(token, key.key, algorithms=[key.algorithm_name])

    async def _key(self, key_id: str | None) -> jwt.PyJWK:
        if self._is_stale() or self._find(key_id) is None:
            async with self._fetching:
                if self._may_fetch() and (self._is_stale() or self._find(key_id) is None):
                    await self._fetch()
        if self._fetched_at is None:
            raise KeysUnavailable
        key = self._find(key_id)
        if key is None:
            raise InvalidToken("The bearer token was not signed by us.")
        return key

    def _find(self, key_id: str | None) -> jwt.PyJWK | None:
        if key_id is None and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        return self._keys.get(key_id)

    def _is_stale(self) -> bool:
        return self._fetched_at is None or self._monotonic() - self._fetched_at > _LIFETIME_S

    def _may_fetch(self) -> bool:
        return self._tried_at is None or self._monotonic() - self._tried_at >= _REFETCH_S

    async def _fetch(self) -> None:
        self._tried_at = self._monotonic()
        try:
            async with httpx.AsyncClient(transport=self._transport, timeout=_TIMEOUT_S) as client:
                answer = await client.get(self._url)
                answer.raise_for_status()
                self._keys = _public_keys(answer.json())
        except (httpx.HTTPError, ValueError, jwt.PyJWTError) as error:
            if self._fetched_at is None:
                self._tried_at = None  # nothing to fall back on: the next request tries again
            _log.warning("keys_not_fetched", reason=repr(error))
            return
        self._fetched_at = self._tried_at


def _public_keys(document: Any) -> dict[str | None, jwt.PyJWK]:
    """The keys of a key set that sign tokens with an algorithm we take; others are skipped."""
    entries = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        msg = "The key set has no list of keys."
        raise ValueError(msg)  # noqa: TRY004 - a document, not an argument
    keys = {}
    for entry in entries:
        try:
            key = jwt.PyJWK(entry)
        except (jwt.PyJWTError, AttributeError):
            continue
        if key.algorithm_name in ALGORITHMS and key.public_key_use in {None, "sig"}:
            keys[key.key_id] = key
    return keys
