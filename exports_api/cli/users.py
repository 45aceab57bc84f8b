"""`exports users`: give a person everything held about them, or erase them."""

import json
from pathlib import Path
from typing import Annotated

import typer

from exports_api.cli.connection import AsJson, Token, Url, User, connect
from exports_api.cli.failing import EXIT_CODES, USAGE, Failure, told
from exports_api.cli.to_file import check_place
from exports_pipeline.core.catalog import user_id
from exports_pipeline.core.requester import Permission

users = typer.Typer(help="People: what is held about them, and erasing it.", no_args_is_help=True)
Person = Annotated[str, typer.Argument(help="User id; a name that is no UUID becomes uuid5 of it.")]


@users.command("erase", epilog=EXIT_CODES)
def erase(
    person: Person,
    url: Url = None,
    token: Token = None,
    user: User = "admin",
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Erase everything personal of a user and print where the certificate lies; run again, it goes on."""
    named = str(user_id(person))
    with told(as_json=as_json):
        if not yes and not typer.confirm(f"Erase {person} ({named})? This cannot be taken back.", err=True):
            raise Failure("Nothing was erased.", code="not_confirmed")
        with connect(url=url, token=token, user=user, permissions=(Permission.ADMIN,)) as client:
            erased = client.erase_user(named)
    if as_json:
        typer.echo(json.dumps(erased, indent=2))
        return
    if not erased["is_new"]:
        typer.echo(f"{person} had been erased before; this is the certificate of then.")
    for name, count in erased["counts"].items():
        if count:
            typer.echo(f"{name.replace('_', ' ')}: {count:,}")
    typer.echo(erased["certificate"])
    typer.echo(erased["page"])


@users.command("export", epilog=EXIT_CODES)
def export(
    person: Person,
    out: Annotated[Path, typer.Option(help="The ZIP file to write.")],
    url: Url = None,
    token: Token = None,
    user: User = "admin",
    *,
    as_json: AsJson = False,
) -> None:
    """Write everything that is held about a user into one ZIP archive."""
    with told(as_json=as_json):
        check_place(out)
        if out.is_dir():
            raise Failure(f"{out} is a folder; name the file.", exit_code=USAGE)
        part = out.with_name(f"{out.name}.part")
        try:
            with connect(url=url, token=token, user=user, permissions=(Permission.ADMIN,)) as client:
                with part.open("wb") as file:
                    client.archive_user(str(user_id(person)), file)
                part.replace(out)
        finally:
            part.unlink(missing_ok=True)
    size_bytes = out.stat().st_size
    sentence = f"{out}: {size_bytes:,} bytes."
    typer.echo(json.dumps({"path": str(out), "bytes": size_bytes}) if as_json else sentence)
