"""The settings a doctor looks at: those of the environment, or of the embedded stack under EXPORTS_HOME."""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from exports_pipeline.checkup.finding import Finding, broken, fine, warning
from exports_pipeline.local.state import is_up
from exports_pipeline.settings import Settings

_NEEDED = {
    "EXPORTS_DATABASE_URL": "database_url",
    "EXPORTS_BROKER_URL": "broker_url",
    "S3_EXPORTS_BUCKET": "bucket",
    "EXPORTS_WAREHOUSE": "warehouse",
}
_SHORTEST_SECRET = 32
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_PART = "settings"


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What the other checks are told."""

    settings: Settings
    access_key: str | None = None
    secret_key: str | None = None
    """Keys of the embedded object store; None finds credentials as boto3 does."""
    is_embedded: bool = False

    @property
    def is_down(self) -> bool:
        """Whether these are the variables of an embedded stack that is not up: none of its servers will answer."""
        return self.is_embedded and not is_up(self.settings.home)


def surroundings_of(settings: Settings) -> Surroundings:
    """The settings as they are, completed by the variables of an embedded stack that has left some.

    A database of one's own is a deployment of one's own: nothing is added to it.
    """
    path = settings.home.absolute() / "stack.env"
    if settings.database_url is not None or not path.exists():
        return Surroundings(settings=settings)
    variables = _read(path)
    return Surroundings(
        settings=Settings(**variables),  # type: ignore[arg-type]  # pydantic reads text
        access_key=variables.get("AWS_ACCESS_KEY_ID"),
        secret_key=variables.get("AWS_SECRET_ACCESS_KEY"),
        is_embedded=True,
    )


def check_settings(about: Surroundings) -> Iterator[Finding]:
    """Are the variables there, and do they go together?"""
    settings = about.settings
    missing = [name for name, field in _NEEDED.items() if getattr(settings, field) is None]
    if missing:
        advice = f"Set what is missing, or start the embedded stack of {settings.home.absolute()} with `exports up`."
        yield broken(_PART, f"Not set: {', '.join(missing)}.", advice)
    elif about.is_down:
        yield broken(_PART, f"The embedded stack of {settings.home} is not up.", "Start it with `exports up`.")
    else:
        yield fine(_PART, "Embedded stack, variables of stack.env." if about.is_embedded else "All of the environment.")
    if settings.jwt_secret and settings.jwks_url:
        advice = "Unset one of them; the key set wins."
        yield warning(_PART, "EXPORTS_JWT_SECRET and EXPORTS_JWKS_URL are both set.", advice)
    yield from _check_key_set(settings)
    if settings.jwt_secret and len(settings.jwt_secret.get_secret_value()) < _SHORTEST_SECRET:
        advice = "Make one with `openssl rand -hex 32`."
        yield warning(_PART, f"EXPORTS_JWT_SECRET has fewer than {_SHORTEST_SECRET} characters.", advice)
    if not missing and settings.mask_secret is None:
        advice = "Set it before a dataset hashes a column; it must be the same on every host."
        yield warning(_PART, "EXPORTS_MASK_SECRET is not set: columns cannot be hashed.", advice)
    if not missing and settings.signing_secret is None:
        advice = "Make one with `openssl rand -hex 32`; it must be the same on every host."
        yield warning(_PART, "EXPORTS_SIGNING_SECRET is not set: receipts are not signed.", advice)


def _check_key_set(settings: Settings) -> Iterator[Finding]:
    """Does it come by a safe way, and are its tokens meant for us?"""
    if settings.jwks_url is None:
        return
    parts = urlsplit(settings.jwks_url)
    if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
        advice = "Anybody on the way could send keys of their own; use https://."
        yield broken(_PART, "EXPORTS_JWKS_URL does not begin with https://: the API does not start.", advice)
    if not settings.jwt_audiences:
        advice = "Set it to the name that the identity provider puts into the tokens for this service."
        yield warning(
            _PART, "EXPORTS_JWT_AUDIENCE is not set: tokens that the provider made for others are taken, too.", advice
        )
    if settings.jwt_issuer is None:
        advice = "Set it to the `iss` of the provider's tokens."
        yield warning(_PART, "EXPORTS_JWT_ISSUER is not set: it is not checked who made a token.", advice)


def _read(path: Path) -> dict[str, str]:
    words = shlex.split(path.read_text(encoding="utf-8"))
    return dict(word.split("=", 1) for word in words)
