"""Signatures of webhooks (Standard Webhooks 1.0, symmetric)."""

import hmac
from base64 import b64decode, b64encode
from collections.abc import Sequence
from hashlib import sha256

from exports_pipeline.core.errors import DeliveryRefused

_PREFIX = "whsec_"


def read_secrets(secrets: str) -> list[bytes]:
    """The keys among secrets separated by spaces, each `whsec_` and base64; several while one takes another's place.

    Raises:
        DeliveryRefused: one is spelled otherwise, or there is none; never says what stands there.
    """
    try:
        keys = [b64decode(secret.removeprefix(_PREFIX), validate=True) for secret in secrets.split()]
    except ValueError:
        raise DeliveryRefused("The webhook's secret is spelled whsec_ and then base64.") from None
    if not all(keys) or not keys:
        raise DeliveryRefused("There is no secret to sign the webhook with.")
    return keys


def sign(keys: Sequence[bytes], *, message_id: str, timestamp_s: int, body: bytes) -> dict[str, str]:
    """The headers that prove a body: its id, the second it is sent at since 1970, and a signature by every key."""
    signed = f"{message_id}.{timestamp_s}.".encode() + body
    signatures = (b64encode(hmac.digest(key, signed, sha256)).decode() for key in keys)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp_s),
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }
