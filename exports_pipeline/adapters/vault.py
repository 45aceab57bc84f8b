"""The deployment's key at work: encrypted secrets (Fernet, as AES-128-CBC with HMAC-SHA256) and signed link tokens."""

import base64
import hashlib
import hmac
from uuid import UUID

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from exports_pipeline.core.errors import NotConfigured

_ID_BYTES = 16
_MARK_BYTES = 16
"""128 bits of an HMAC: nobody guesses a token, and it stays short enough for a line of a message."""


class KeyVault:
    """`Vault` over one secret text or several: the first encrypts and signs, all of them decrypt and check."""

    def __init__(self, secrets: str) -> None:
        each = [secret.strip().encode() for secret in secrets.split(",") if secret.strip()]
        self._box = MultiFernet([Fernet(base64.urlsafe_b64encode(_key(b"destinations", secret))) for secret in each])
        self._signing = [_key(b"links", secret) for secret in each]

    def seal(self, plain: bytes) -> bytes:
        """Encrypt with the first key."""
        return self._box.encrypt(plain)

    def unseal(self, sealed: bytes) -> bytes:
        """Decrypt what was sealed with any of the keys."""
        try:
            return self._box.decrypt(sealed)
        except InvalidToken as error:
            raise NotConfigured(
                "A destination's secrets were encrypted with another key; the operator must look at "
                "EXPORTS_DESTINATION_SECRET."
            ) from error

    def token(self, link_id: UUID) -> str:
        """The id and its mark in base64url."""
        token = link_id.bytes + _mark(self._signing[0], link_id.bytes)
        return base64.urlsafe_b64encode(token).rstrip(b"=").decode()

    def link_id(self, token: str) -> UUID | None:
        """The id in a token whose mark was made with one of the keys."""
        try:
            raw = base64.b64decode(token.encode("ascii") + b"=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except ValueError:
            return None
        link_id, mark = raw[:_ID_BYTES], raw[_ID_BYTES:]
        if len(raw) != _ID_BYTES + _MARK_BYTES:
            return None
        is_ours = [hmac.compare_digest(mark, _mark(key, link_id)) for key in self._signing]
        return UUID(bytes=link_id) if any(is_ours) else None


def _key(purpose: bytes, secret: bytes) -> bytes:
    return hashlib.sha256(b"exports " + purpose + b"\0" + secret).digest()


def _mark(key: bytes, data: bytes) -> bytes:
    return hmac.digest(key, data, "sha256")[:_MARK_BYTES]
