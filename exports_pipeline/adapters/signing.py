"""Signatures by Ed25519 (RFC 8032), with keys as JWK (RFC 8037)."""

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from exports_pipeline.core.manifest import SIGNATURE, canonical
from exports_pipeline.settings import Settings

ALGORITHM = "Ed25519"


class Ed25519Signer:
    """`Signer` with one key, made of a secret text: the same text gives the same key on every host."""

    def __init__(self, secret: str) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(
            hashlib.sha256(b"exports manifest\0" + secret.encode()).digest()
        )
        self._jwk = _jwk(self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))

    @property
    def public_keys(self) -> list[dict[str, str]]:
        """The key that its signatures are checked with."""
        return [self._jwk]

    def sign(self, data: bytes) -> dict[str, str]:
        """The signature of some bytes, with the public key it is checked with."""
        kid, x = self._jwk["kid"], self._jwk["x"]
        return {"alg": ALGORITHM, "kid": kid, "x": x, "value": _text(self._key.sign(data))}

    def has_signed(self, document: Mapping[str, Any]) -> bool:
        """Whether the signature of a document is one of ours."""
        return is_signed(document, self._jwk)


def is_signed(manifest: Mapping[str, Any], jwk: Mapping[str, str]) -> bool:
    """Whether the signature of a manifest was made with the private half of a key."""
    signature = manifest.get(SIGNATURE)
    if not isinstance(signature, Mapping) or signature.get("alg") != ALGORITHM:
        return False
    try:
        key = Ed25519PublicKey.from_public_bytes(_bytes(jwk["x"]))
        key.verify(_bytes(signature["value"]), canonical(manifest))
    except (InvalidSignature, KeyError, ValueError, TypeError, AttributeError):
        return False
    return True


def is_ours(document: Mapping[str, Any], signer: Ed25519Signer | None) -> bool:
    """Whether a document was signed with the key of this deployment; without one nothing is."""
    return signer is not None and any(is_signed(document, key) for key in signer.public_keys)


def make_signer(settings: Settings) -> Ed25519Signer | None:
    """The signer of the settings; None where no secret is set."""
    return Ed25519Signer(settings.signing_secret.get_secret_value()) if settings.signing_secret else None


def _jwk(public: bytes) -> dict[str, str]:
    """A public key with its thumbprint (RFC 7638) as its id."""
    required = {"crv": ALGORITHM, "kty": "OKP", "x": _text(public)}
    thumbprint = hashlib.sha256(json.dumps(required, sort_keys=True, separators=(",", ":")).encode()).digest()
    return {**required, "kid": _text(thumbprint), "alg": "EdDSA", "use": "sig"}


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
