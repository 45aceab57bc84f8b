"""Where the command line finds the API, and as whom it speaks."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from exports_api.cli.failing import USAGE, Failure
from exports_api.client import ExportsClient
from exports_api.tokens import make_token
from exports_pipeline.core.requester import Permission
from exports_pipeline.local.secrets import jwt_secret
from exports_pipeline.settings import Settings, load_settings

_SESSION = timedelta(hours=12)

Url = Annotated[str | None, typer.Option(help="Address of the API; default EXPORTS_API_URL, else the local stack.")]
Token = Annotated[
    str | None,
    typer.Option(
        help="Bearer token or API key; default EXPORTS_TOKEN, else one for --user made with the local secret."
    ),
]
User = Annotated[str, typer.Option(help="Whom to be on the local stack when there is no token.")]
Owner = Annotated[str | None, typer.Option(help="Owner key of --user; default: the user.")]
ListLabel = Annotated[str | None, typer.Option("--list", help="The list that the result feeds, for the insights.")]
PlanLabel = Annotated[str | None, typer.Option("--plan", help="The plan that it belongs to, for the insights.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs, and nothing else.")]


def connect(
    *, url: str | None, token: str | None, user: str, owner: str | None = None, permissions: Sequence[Permission] = ()
) -> ExportsClient:
    """A client of the API that the options, or else the environment, name; `permissions` are for the local stack."""
    settings = load_settings()
    address = url or settings.api_url or f"http://127.0.0.1:{settings.api_port}"
    if token is None and settings.api_token is not None:
        token = settings.api_token.get_secret_value()
    return ExportsClient(address, token or _local_token(settings, user, owner, permissions))


def signing_secret(settings: Settings) -> str:
    """The shared secret that signs tokens here.

    Raises:
        Failure: tokens are signed by an identity provider.
    """
    if settings.jwks_url is not None:
        raise Failure(
            "Tokens come from the identity provider behind EXPORTS_JWKS_URL; ask it for one.", exit_code=USAGE
        )
    return settings.jwt_secret.get_secret_value() if settings.jwt_secret else jwt_secret(settings.home)


def _local_token(settings: Settings, user: str, owner: str | None, permissions: Sequence[Permission]) -> str:
    secret_file = Path(settings.home) / "secrets" / "jwt_secret"
    if settings.jwks_url is None and settings.jwt_secret is None and not secret_file.exists():
        raise Failure(
            f"There is no token: give --token or EXPORTS_TOKEN, or start a stack with `exports up` (no {secret_file}).",
            exit_code=USAGE,
            code="no_token",
        )
    return make_token(
        signing_secret(settings),
        user=user,
        owner=owner,
        permissions=permissions,
        now=datetime.now(UTC),
        valid=_SESSION,
        issuer=settings.jwt_issuer,
        audience=settings.jwt_audiences,
    )
