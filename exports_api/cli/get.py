"""`exports get`: request an export, watch it, download it, verify it."""

from pathlib import Path
from typing import Annotated, Any

import typer

from exports_api.cli.connection import AsJson, ListLabel, Owner, PlanLabel, Token, Url, User, connect
from exports_api.cli.failing import USAGE, Failure, told
from exports_api.cli.to_file import check_place, tell, to_file
from exports_api.client import ExportsClient

_LITERALS: dict[str, object] = {"true": True, "false": False, "\\t": "\t"}


def get(  # noqa: PLR0913, PLR0917 - the options of a command
    dataset: Annotated[str, typer.Argument(help="Name or id of the dataset; `exports datasets` lists them.")],
    out: Annotated[Path, typer.Option(help="Where the file goes; in a folder it gets a name by itself.")],
    file_format: Annotated[str, typer.Option("--format", help="csv, parquet, json, jsonl, xlsx or pdf.")] = "csv",
    start: Annotated[str | None, typer.Option("--from", metavar="DATE", help="First day, as 2026-01-01.")] = None,
    end: Annotated[str | None, typer.Option("--to", metavar="DATE", help="Last day, itself included.")] = None,
    account: Annotated[list[str] | None, typer.Option(help="Rows of this account only; repeatable.")] = None,
    tag: Annotated[list[str] | None, typer.Option(help="Rows with this tag only; repeatable.")] = None,
    column: Annotated[list[str] | None, typer.Option(help="This column only; repeatable, in order.")] = None,
    label_list: ListLabel = None,
    plan: PlanLabel = None,
    timezone: Annotated[str | None, typer.Option(help="Zone of the days, as Europe/Prague; default UTC.")] = None,
    option: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="Option of the format, as compression=gzip.")
    ] = None,
    unmask_reason: Annotated[
        str | None, typer.Option(help="Why you need redacted columns as they are; takes the permission UNMASK.")
    ] = None,
    url: Url = None,
    token: Token = None,
    user: User = "demo",
    owner: Owner = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Export a dataset into a file: request, wait, download, verify. Ctrl-C cancels the export."""
    with told(as_json=as_json):
        check_place(out)
        body = {
            "dataset_id": dataset,
            "format": file_format,
            "start_date": start,
            "end_date": end,
            "account_ids": account or [],
            "tag_ids": tag or [],
            "columns": column or [],
            "labels": {"list": label_list, "plan": plan},
            "options": _options(option or []) | ({"timezone": timezone} if timezone else {}),
            **({"unmask_reason": unmask_reason} if unmask_reason else {}),
        }
        with connect(url=url, token=token, user=user, owner=owner) as client:
            job, path = export_to_file(client, body, out, shows_progress=not as_json)
    tell(job, path, as_json=as_json, counts_rows=True)


def export_to_file(
    client: ExportsClient, body: dict[str, Any], out: Path, *, shows_progress: bool
) -> tuple[dict[str, Any], Path]:
    """Carry an export from request to a verified file, as `to_file` does."""
    return to_file(
        client,
        body["dataset_id"],
        lambda key: client.request_export(body, key=key),
        out,
        shows_progress=shows_progress,
    )


def _options(pairs: list[str]) -> dict[str, object]:
    options: dict[str, object] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not (name and equals):
            raise Failure(f"--option takes NAME=VALUE, not {pair!r}.", exit_code=USAGE, code="usage")
        options[name] = _LITERALS.get(value, value)
    return options
