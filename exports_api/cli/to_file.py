"""An export job from its request to a verified file on this disk, watched on a terminal."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import typer

from exports_api.cli.failing import INTERRUPTED, USAGE, Failure
from exports_api.cli.watching import Watch, in_words
from exports_api.client import ApiRefused, ApiUnreachable, ExportsClient
from exports_api.fetch_file import fetch_file

Request = Callable[[str], str]
"""Requests something under an idempotency key and returns the id of its job."""


def tell(job: dict[str, Any], path: Path, *, as_json: bool, counts_rows: bool = False) -> None:
    """Say where the verified file of a job lies, in a sentence or as JSON; a signed URL is no news of interest."""
    if as_json:
        typer.echo(json.dumps(job | {"path": str(path), "download_url": None}, indent=2, ensure_ascii=False))
        return
    rows = f"{job['row_count']:,} rows, " if counts_rows else ""
    typer.echo(f"{path}: {rows}{in_words(job['file_size_bytes'])}, SHA-256 {job['sha256']} verified.")


def check_place(out: Path) -> None:
    """Let pass a place where a file can be put.

    Raises:
        Failure: there is no such folder.
    """
    folder = out if out.is_dir() else out.parent
    if not folder.is_dir():
        raise Failure(f"There is no folder {folder}.", exit_code=USAGE, code="no_folder")


def to_file(
    client: ExportsClient, title: str, request: Request, out: Path, *, shows_progress: bool
) -> tuple[dict[str, Any], Path]:
    """Carry a job from request to a verified file; returns the job and the file's path.

    Raises:
        Failure: the job failed, or was cancelled, by somebody else or by Ctrl-C.
        ApiRefused, ApiUnreachable, FetchFailed: as the client and the download say.
    """
    key = str(uuid4())
    with Watch(title, visible=shows_progress) as watch:
        try:
            for job in client.follow(request(key)):
                watch.see(job)
        except KeyboardInterrupt:
            raise Failure(_cancelled(client, request, key), exit_code=INTERRUPTED, code="interrupted") from None
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


def _check_completed(job: dict[str, Any]) -> None:
    if job["status"] == "cancelled":
        raise Failure(f"The {job['type']} was cancelled, job {job['job_id']}.", code="cancelled")
    if job["status"] == "failed":
        error = job["error"] or {"code": "failed", "message": f"The {job['type']} failed."}
        raise Failure(f"{error['message']} (job {job['job_id']}, {error['code']})", code=error["code"])


def _cancelled(client: ExportsClient, request: Request, key: str) -> str:
    """Cancel the job of this key, whose id an interrupted request has perhaps not told yet."""
    try:
        job_id = request(key)
        client.cancel(job_id)
    except ApiRefused as error:
        return f"Interrupted; the export was not cancelled: {error}"
    except ApiUnreachable as error:
        return f"Interrupted; the export may go on, since it could not be cancelled: {error}"
    return f"Interrupted; the export {job_id} is cancelled."
