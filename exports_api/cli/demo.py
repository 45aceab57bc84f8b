"""`exports demo`: the main job as an API client sees it, on the sample warehouse."""

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.table import Table

from exports_api.cli.connection import connect
from exports_api.cli.demo_schedule import mailed_by_schedule
from exports_api.cli.failing import Failure, told
from exports_api.cli.get import export_to_file
from exports_api.cli.read_back import count_rows
from exports_api.cli.receipt import check_file, check_signature
from exports_api.cli.report import report_to_file
from exports_api.cli.stack import down, up
from exports_api.cli.watching import in_words
from exports_pipeline.local.state import is_up, read_state
from exports_pipeline.settings import load_settings


@dataclass(frozen=True, kw_only=True)
class Scene:
    """One export of the demonstration."""

    user: str
    dataset: str
    file_format: str
    body: dict[str, Any] = field(default_factory=dict)
    """Filters and options of the request."""
    said: str
    """What it shows."""


SCENES = (
    Scene(user="UA", dataset="flights", file_format="csv", said="all flights of one carrier, who is the user"),
    Scene(
        user="UA",
        dataset="flights",
        file_format="parquet",
        body={"start_date": "2013-07-01", "end_date": "2013-07-31", "account_ids": ["EWR"]},
        said="July, from Newark",
    ),
    Scene(
        user="demo",
        dataset="fct_transactions",
        file_format="json",
        said="money to the last digit, account numbers masked",
    ),
    Scene(user="demo", dataset="daily_spending_by_tag", file_format="jsonl", said="one JSON object a line"),
)

REPORT: dict[str, Any] = {
    "template": "experiment_results",
    "format": "pdf",
    "params": {
        "form": "executive",
        "dataset": "experiments",
        "account_ids": ["checkout_button"],
        "arm": "arm",
        "control": "control",
        "conversions": ["converted"],
        "means": ["revenue", "sessions"],
        "unit": "unit_id",
    },
}


def demo() -> None:
    """Start the embedded stack if none is up, run exports and a report as a client would, check them, stop it again."""
    settings = load_settings()
    home = settings.home.absolute()
    started = not is_up(home)
    if started:
        typer.echo("Starting the embedded stack ...")
        up(detach=True)
    try:
        with told(as_json=False):
            folder, urls = home / "demo", read_state(home).urls
            _play(folder, urls)
            typer.echo("\nA schedule that mails a workbook every morning, run now:")
            typer.echo(mailed_by_schedule(home, urls["api"]))
            made = _report(folder, urls["api"])
    finally:
        if started:
            down()
    typer.echo(made)
    typer.echo(_invitation(urls["api"], is_up=not started))


def _invitation(address: str, *, is_up: bool) -> str:
    """Where all this is done by clicking."""
    first = "Open" if is_up else "The same with a mouse: `make up`, then open"
    return f"{first} {address} in a browser, and sign in as one of the people of the sample."


def _play(folder: Path, urls: dict[str, str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    table = Table(
        "asked for", "format", "rows", "size", "seconds", "sha256", "read back by", title="Downloaded and checked"
    )
    for scene in SCENES:
        typer.echo(f"\n{scene.dataset} as {scene.file_format} for {scene.user}: {scene.said}")
        body = {"dataset_id": scene.dataset, "format": scene.file_format, **scene.body}
        began = time.perf_counter()
        with connect(url=urls["api"], token=None, user=scene.user) as client:
            job, path = export_to_file(client, body, folder, shows_progress=True)
        seconds = time.perf_counter() - began
        rows, reader = count_rows(path, scene.file_format)
        if rows != job["row_count"]:
            raise Failure(f"{path} has {rows} rows where the service says {job['row_count']}.")
        size = in_words(job["file_size_bytes"])
        table.add_row(
            f"{scene.dataset}, {scene.user}",
            scene.file_format,
            f"{rows:,}",
            size,
            f"{seconds:.2f}",
            job["sha256"][:12],
            reader,
        )
    Console().print(table)
    typer.echo(f"The files are in {folder}. Runs are shown at {urls['dagster']}, the API at {urls['api']}/docs.")


def _report(folder: Path, api: str) -> str:
    """Make a report, check it and its receipt; returns the sentence about it."""
    typer.echo(f"\n{REPORT['template']} as {REPORT['format']}: did the new checkout button work?")
    began = time.perf_counter()
    with connect(url=api, token=None, user="demo") as client:
        job, path = report_to_file(client, REPORT, folder, shows_progress=True)
        manifest, keys = client.manifest(job["job_id"]), client.signing_keys()
    check_file(path, manifest)
    signer = check_signature(manifest, keys)
    seconds = time.perf_counter() - began
    return f"Made the report {path} in {seconds:.1f} s; its receipt is signed by the key {signer}."
