"""`exports token`: a bearer token for a user, signed with the shared secret."""

import json
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from exports_api.cli.connection import AsJson, signing_secret
from exports_api.cli.failing import told
from exports_api.tokens import make_token
from exports_pipeline.core.requester import Permission
from exports_pipeline.settings import load_settings


def token(
    user: Annotated[str, typer.Option(help="User id; a name that is no UUID becomes uuid5 of it.")],
    owner: Annotated[str | None, typer.Option(help="Owner key, which the user's rows carry; default: --user.")] = None,
    email: Annotated[str | None, typer.Option(help="E-mail address of the user.")] = None,
    permission: Annotated[list[Permission] | None, typer.Option(help="What the token allows; repeatable.")] = None,
    role: Annotated[list[str] | None, typer.Option(help="A role that the token names; repeatable.")] = None,
    act_for: Annotated[
        list[str] | None,
        typer.Option(help="Whom a service account may act for, a user or owner:KEY; repeatable."),
    ] = None,
    hours: Annotated[float, typer.Option(min=0.01, max=24 * 366, help="How long it is valid.")] = 24,
    *,
    as_json: AsJson = False,
) -> None:
    """Print a bearer token, alone on its line."""
    with told(as_json=as_json):
        settings = load_settings()
        secret = signing_secret(settings)
        now, valid = datetime.now(UTC), timedelta(hours=hours)
        text = make_token(
            secret,
            user=user,
            owner=owner,
            email=email,
            permissions=permission or (),
            roles=role or None,
            now=now,
            valid=valid,
            issuer=settings.jwt_issuer,
            audience=settings.jwt_audiences,
            act_for=act_for or (),
        )
    typer.echo(json.dumps({"token": text, "expires_at": (now + valid).isoformat()}) if as_json else text)
