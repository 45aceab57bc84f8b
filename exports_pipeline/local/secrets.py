"""The passwords and keys the embedded stack makes for itself, each in a file of mode 0600."""

import secrets
from base64 import b64encode
from pathlib import Path

from exports_pipeline.local.folders import private_draft


def read_or_create(home: Path, name: str) -> str:
    """Return the secret called `name` of this home, generated once.

    Two processes asking at the same time get the same answer: the file appears finished, or not at all.
    """
    path = home / "secrets" / name
    if not path.exists():
        draft = private_draft(path, secrets.token_urlsafe(32))
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            pass  # somebody was faster: theirs counts
        finally:
            draft.unlink()
    return path.read_text(encoding="ascii").strip()


def jwt_secret(home: Path) -> str:
    """Return the secret that signs and verifies bearer tokens when the deployment sets none."""
    return read_or_create(home, "jwt_secret")


def session_secret(home: Path) -> str:
    """Return what seals the sessions of the pages when the deployment sets none."""
    return read_or_create(home, "session_secret")


def mask_secret(home: Path) -> str:
    """Return the key of hashed columns when the deployment sets none."""
    return read_or_create(home, "mask_secret")


def destination_secret(home: Path) -> str:
    """Return what encrypts the secrets of destinations and signs links when the deployment sets none."""
    return read_or_create(home, "destination_secret")


def webhook_secret(home: Path) -> str:
    """Return what signs messages to webhooks that are no saved destination when the deployment sets none."""
    return f"whsec_{b64encode(read_or_create(home, 'webhook_secret').encode()).decode()}"


def signing_secret(home: Path) -> str:
    """Return what the key that signs manifests is made of when the deployment sets none."""
    return read_or_create(home, "signing_secret")
