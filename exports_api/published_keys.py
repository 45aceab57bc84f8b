"""Which keys of a published set may verify tokens."""

from typing import Any

import jwt
import structlog
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

PublicKeys = dict[str | None, jwt.PyJWK]
"""Keys by their ids."""
_LEAST_RSA_BITS = 2048
_MOST_KEYS = 100
_log = structlog.get_logger()


def public_keys(document: Any) -> PublicKeys:
    """The keys of a key set that sign tokens as RS256 or ES256; others are skipped.

    Of two different keys with one id neither is taken: nobody could say which of them a token means.

    Raises:
        ValueError: it is no key set, or has no such key.
    """
    entries = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(entries, list) or len(entries) > _MOST_KEYS:
        msg = f"The key set has no list of at most {_MOST_KEYS} keys."
        raise ValueError(msg)
    keys: PublicKeys = {}
    ambiguous: set[str | None] = set()
    for key in filter(None, map(_usable, entries)):
        if key.key_id in keys and keys[key.key_id].key != key.key:
            ambiguous.add(key.key_id)
        keys[key.key_id] = key
    for key_id in ambiguous:
        _log.warning("keys_share_an_id", key_id=key_id)
        del keys[key_id]
    if not keys:
        msg = "The key set has no key that verifies RS256 or ES256."
        raise ValueError(msg)
    return keys


def _usable(entry: Any) -> jwt.PyJWK | None:
    """The key of an entry; None where it is for something else, too weak, or a private one that all have read."""
    try:
        if "d" in entry or "verify" not in entry.get("key_ops", ["verify"]):
            return None
        key = jwt.PyJWK(entry)
    except (jwt.PyJWTError, AttributeError, ValueError, TypeError):
        return None
    if key.public_key_use not in {None, "sig"} or not isinstance(key.key_id, str | None):
        return None
    return key if _is_strong(key) else None


def _is_strong(key: jwt.PyJWK) -> bool:
    """Whether it is what its algorithm asks for (RFC 7518, 3.3 and 3.4)."""
    if key.algorithm_name == "RS256":
        return isinstance(key.key, RSAPublicKey) and key.key.key_size >= _LEAST_RSA_BITS
    if key.algorithm_name == "ES256":
        return isinstance(key.key, EllipticCurvePublicKey) and isinstance(key.key.curve, SECP256R1)
    return False
