"""`exports demo`: the main job as an API client sees it, on the sample warehouse."""

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.table import Table

from exports_api.cli.connection import connect
from exports_api.cli.failing import Failure, told
from exports_api.cli.get import export_to_file
from exports_api.cli.read_back import count_rows
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


def demo() -> None:
    """Start the embedded stack if none is up, run exports as a client would, check them, stop what was started."""
    settings = load_settings()
    home = settings.home.absolute()
    started = not is_up(home)
    if started:
        typer.echo("Starting the embedded stack ...")
        up(detach=True)
    try:
        with told(as_json=False):
            _play(home / "demo", read_state(home).urls)
    finally:
        if started:
            down()


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
