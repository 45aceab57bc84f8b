"""`exports key`: API keys for programs."""

import json
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from exports_api.cli.connection import AsJson, Owner, Token, Url, User, connect
from exports_api.cli.failing import EXIT_CODES, Failure, told
from exports_pipeline.core.api_key import PREFIX
from exports_pipeline.core.requester import Permission

key = typer.Typer(help="API keys: what programs send in place of a token.", no_args_is_help=True)


@key.command("create", epilog=EXIT_CODES)
def create(  # noqa: PLR0913, PLR0917 - the options of a command
    name: Annotated[str, typer.Argument(help="What it is for.")],
    scope: Annotated[
        list[Permission] | None, typer.Option(help="What it may do at most; repeatable. Default: EXPORT.")
    ] = None,
    days: Annotated[int | None, typer.Option(min=1, help="How long it is valid; default 90.")] = None,
    of: Annotated[
        str | None, typer.Option("--for", metavar="USER", help="Whose it is, if not yours; needs ADMIN.")
    ] = None,
    owner_key: Annotated[
        str | None, typer.Option(help="The owner key of --for, where that user is not known yet.")
    ] = None,
    act_for: Annotated[
        list[str] | None,
        typer.Option(help="Makes it a service account's, which may act for this user or owner:KEY; repeatable."),
    ] = None,
    url: Url = None,
    token: Token = None,
    user: User = "demo",
    owner: Owner = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Make a key and print it, alone on its line. It is shown this once."""
    given = {"days": days, "user": of, "owner_key": owner_key, "act_for": act_for}
    body = {"name": name, "scopes": scope or [Permission.EXPORT]} | {
        field: value for field, value in given.items() if value
    }
    with told(as_json=as_json), connect(url=url, token=token, user=user, owner=owner) as client:
        made = client.create_key(body)
    if as_json:
        typer.echo(json.dumps(made, indent=2))
        return
    typer.echo(made["key"])
    typer.echo(
        f"Keep it: it is shown this once. It ends on {_day(made['expires_at'])}; its id is {made['id']}.", err=True
    )


@key.command("list", epilog=EXIT_CODES)
def list_(
    of: Annotated[
        str | None, typer.Option("--for", metavar="USER", help="Of another user, or `all`; needs ADMIN.")
    ] = None,
    url: Url = None,
    token: Token = None,
    user: User = "demo",
    owner: Owner = None,
    *,
    as_json: AsJson = False,
) -> None:
    """List keys, newest first; their secrets are nowhere to be seen."""
    with told(as_json=as_json), connect(url=url, token=token, user=user, owner=owner) as client:
        found = client.keys(of)
    if as_json:
        typer.echo(json.dumps({"items": found}, indent=2))
    else:
        _show(found)


@key.command("revoke", epilog=EXIT_CODES)
def revoke(
    which: Annotated[str, typer.Argument(help="What the key begins with, as xk_1c9d0f6e, or its id, or all of it.")],
    of: Annotated[
        str | None, typer.Option("--for", metavar="USER", help="Whose it is, or `all`, if not yours; needs ADMIN.")
    ] = None,
    url: Url = None,
    token: Token = None,
    user: User = "demo",
    owner: Owner = None,
    *,
    as_json: AsJson = False,
) -> None:
    """End a key for good; within five seconds nobody takes it any more."""
    with told(as_json=as_json), connect(url=url, token=token, user=user, owner=owner) as client:
        key_id = _id_of(which, client.keys(of)) if which.startswith(PREFIX) else which
        client.revoke_key(key_id)
    typer.echo(json.dumps({"id": key_id, "state": "revoked"}) if as_json else "The key is revoked.")


def _id_of(which: str, keys: list[dict[str, Any]]) -> str:
    for each in keys:
        if which.startswith(each["prefix"]):
            return str(each["id"])
    raise Failure(f"There is no key that begins with {which[:11]}.", code="unknown_key")


def _show(found: list[dict[str, Any]]) -> None:
    table = Table(box=SIMPLE)
    for title in ("begins with", "name", "scopes", "state", "ends", "last used"):
        table.add_column(title, overflow="fold", no_wrap=title in {"begins with", "state", "ends"})
    for each in found:
        used = each["last_used_at"]
        table.add_row(
            each["prefix"],
            each["name"] + (f" (for {', '.join(each['act_for'])})" if each["act_for"] else ""),
            " ".join(each["scopes"]),
            each["state"],
            _day(each["expires_at"]),
            used[:16].replace("T", " ") if used else "never",
        )
    Console().print(table)


def _day(text: str) -> str:
    return datetime.fromisoformat(text).date().isoformat()
