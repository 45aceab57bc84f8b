"""`exports get`: request an export, watch it, download it, verify it."""

import json
from pathlib import Path
from typing import Annotated, Any
from uuid import uuid4

import typer

from exports_api.cli.connection import AsJson, Owner, Token, Url, User, connect
from exports_api.cli.failing import INTERRUPTED, USAGE, Failure, told
from exports_api.cli.watching import Watch, in_words
from exports_api.client import ApiRefused, ApiUnreachable, ExportsClient
from exports_api.fetch_file import fetch_file

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
    timezone: Annotated[str | None, typer.Option(help="Zone of the days, as Europe/Prague; default UTC.")] = None,
    option: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="Option of the format, as compression=gzip.")
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
        _check_place(out)
        body = {
            "dataset_id": dataset,
            "format": file_format,
            "start_date": start,
            "end_date": end,
            "account_ids": account or [],
            "tag_ids": tag or [],
            "columns": column or [],
            "options": _options(option or []) | ({"timezone": timezone} if timezone else {}),
        }
        with connect(url=url, token=token, user=user, owner=owner) as client:
            job, path = export_to_file(client, body, out, shows_progress=not as_json)
    if as_json:
        typer.echo(json.dumps(job | {"path": str(path), "download_url": None}, indent=2, ensure_ascii=False))
    else:
        size = in_words(job["file_size_bytes"])
        typer.echo(f"{path}: {job['row_count']:,} rows, {size}, SHA-256 {job['sha256']} verified.")


def export_to_file(
    client: ExportsClient, body: dict[str, Any], out: Path, *, shows_progress: bool
) -> tuple[dict[str, Any], Path]:
    """Carry an export from request to a verified file; returns the job and the file's path.

    Raises:
        Failure: the export failed, or was cancelled, by somebody else or by Ctrl-C.
        ApiRefused, ApiUnreachable, FetchFailed: as the client and the download say.
    """
    key = str(uuid4())
    with Watch(body["dataset_id"], visible=shows_progress) as watch:
        try:
            for job in client.follow(client.request_export(body, key=key)):
                watch.see(job)
        except KeyboardInterrupt:
            raise Failure(_cancelled(client, body, key), exit_code=INTERRUPTED, code="interrupted") from None
        _check_completed(job)
        path = out / job["download_name"] if out.is_dir() else out
        watch.begin_download(job["file_size_bytes"])
        try:
            fetch_file(
                job["download_url"],
                path,
                size_bytes=job["file_size_bytes"],
                sha256=job["sha256"],
                on_bytes=watch.downloaded,
            )
        except KeyboardInterrupt:
            sentence = f"Interrupted; the file stays on the server until {job['expires_at']}, job {job['job_id']}."
            raise Failure(sentence, exit_code=INTERRUPTED, code="interrupted") from None
    return job, path


def _check_place(out: Path) -> None:
    folder = out if out.is_dir() else out.parent
    if not folder.is_dir():
        raise Failure(f"There is no folder {folder}.", exit_code=USAGE, code="no_folder")


def _options(pairs: list[str]) -> dict[str, object]:
    options: dict[str, object] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not (name and equals):
            raise Failure(f"--option takes NAME=VALUE, not {pair!r}.", exit_code=USAGE, code="usage")
        options[name] = _LITERALS.get(value, value)
    return options


def _check_completed(job: dict[str, Any]) -> None:
    if job["status"] == "cancelled":
        raise Failure(f"The export was cancelled, job {job['job_id']}.", code="cancelled")
    if job["status"] == "failed":
        error = job["error"] or {"code": "failed", "message": "The export failed."}
        raise Failure(f"{error['message']} (job {job['job_id']}, {error['code']})", code=error["code"])


def _cancelled(client: ExportsClient, body: dict[str, Any], key: str) -> str:
    """Cancel the export of this key, whose id an interrupted request has perhaps not told yet."""
    try:
        job_id = client.request_export(body, key=key)
        client.cancel(job_id)
    except ApiRefused as error:
        return f"Interrupted; the export was not cancelled: {error}"
    except ApiUnreachable as error:
        return f"Interrupted; the export may go on, since it could not be cancelled: {error}"
    return f"Interrupted; the export {job_id} is cancelled."
