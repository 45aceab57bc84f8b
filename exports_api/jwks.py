"""Verifies tokens with the public keys that an identity provider publishes (RFC 7517)."""

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import httpx
import jwt
import structlog

from exports_api.errors import KeysUnavailable
from exports_api.published_keys import PublicKeys, public_keys
from exports_api.token_rules import TokenRules
from exports_pipeline.core.errors import NotConfigured
from exports_pipeline.core.refusals import InvalidToken

_REFETCH_S = 30.0
_LIFETIME_S = 600.0
_LONGEST_S = 24 * 3600.0
_TIMEOUT_S = 5.0
_MAX_BYTES = 1 << 19
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_NO_RULES = TokenRules()
_log = structlog.get_logger()


class KeySetVerifier:
    """Verifies RS256 and ES256 tokens with the keys at a URL.

    Keys are kept ten minutes. An unknown key id fetches them again, at most every 30 seconds; when that
    fails, or gives no key that could be used, the keys at hand stay in use, for a day at most.
    """

    def __init__(
        self,
        url: str,
        *,
        rules: TokenRules = _NO_RULES,
        transport: httpx.AsyncBaseTransport | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        check_address(url)
        self._url, self._rules, self._transport, self._monotonic = url, rules, transport, monotonic
        self._keys: PublicKeys = {}
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
        return self._rules.claims(token, key.key, algorithms=[key.algorithm_name])

    async def _key(self, key_id: str | None) -> jwt.PyJWK:
        if self._is_wanted(key_id) and not (self._fetching.locked() and self._find(key_id)):
            async with self._fetching:  # whoever has a key at hand does not wait for somebody else's look
                if self._may_fetch() and self._is_wanted(key_id):
                    await self._fetch()
        if self._fetched_at is None or self._age() > _LONGEST_S:
            raise KeysUnavailable
        key = self._find(key_id)
        if key is None:
            raise InvalidToken("The bearer token was not signed by us.")
        return key

    def _find(self, key_id: str | None) -> jwt.PyJWK | None:
        if key_id is None and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        return self._keys.get(key_id)

    def _is_wanted(self, key_id: str | None) -> bool:
        return self._fetched_at is None or self._age() > _LIFETIME_S or self._find(key_id) is None

    def _age(self) -> float:
        return self._monotonic() - (self._fetched_at or 0.0)

    def _may_fetch(self) -> bool:
        return self._tried_at is None or self._monotonic() - self._tried_at >= _REFETCH_S

    async def _fetch(self) -> None:
        self._tried_at = self._monotonic()
        try:
            self._keys = public_keys(await self._document())
        except (httpx.HTTPError, ValueError, RecursionError, jwt.PyJWTError) as error:
            if self._fetched_at is None:
                self._tried_at = None  # nothing to fall back on: the next request tries again
            _log.warning("keys_not_fetched", reason=repr(error))
            return
        self._fetched_at = self._tried_at

    async def _document(self) -> Any:
        """What stands at the URL itself, read no further than a key set can be long.

        Raises:
            httpx.HTTPError: it does not answer, or answers with anything but a document, a redirection included.
            ValueError: it is no JSON, or too long.
        """
        body = bytearray()
        async with (
            httpx.AsyncClient(transport=self._transport, timeout=_TIMEOUT_S, follow_redirects=False) as client,
            asyncio.timeout(2 * _TIMEOUT_S),
            client.stream("GET", self._url) as answer,
        ):
            answer.raise_for_status()
            async for chunk in answer.aiter_bytes():
                body += chunk
                if len(body) > _MAX_BYTES:
                    msg = f"The key set is longer than {_MAX_BYTES} bytes."
                    raise ValueError(msg)
        return json.loads(bytes(body))


def check_address(url: str) -> None:
    """Refuse an address from which anybody on the way could send keys of their own.

    Raises:
        NotConfigured: it is neither https nor on loopback.
    """
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise NotConfigured("EXPORTS_JWKS_URL must begin with https://; http:// is for loopback alone.")
