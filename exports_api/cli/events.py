"""`exports events load`: send a file of events, as many at a time as one request takes."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

from exports_api.cli.connection import AsJson, Owner, Token, Url, User, connect
from exports_api.cli.event_lines import FIELDS, MEMBER, EventLines, batched
from exports_api.cli.failing import EXIT_CODES, FAILED, INTERRUPTED, USAGE, Failure, told
from exports_api.client import ExportsClient
from exports_pipeline.adapters.event_file import EventFile, FileKind, UnreadableFile, kind_of
from exports_pipeline.core.zones import zone_names

_SHOWN = 20
_COUNTS = ("accepted", "duplicates", "replaced", "rejected_count")

events = typer.Typer(help="Events: what happened, told by your systems.", no_args_is_help=True)


@events.command("load", epilog=EXIT_CODES)
def load(  # noqa: PLR0913, PLR0917 - the options of a command
    file: Annotated[Path, typer.Argument(help="A file of CSV, Parquet or JSON Lines.")],
    file_format: Annotated[
        FileKind | None, typer.Option("--format", help="How the file is written; default: as its name ends.")
    ] = None,
    column_map: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="COLUMN=FIELD",
            help="Take a column as this field, or as metadata.NAME; with no field, leave it out. A column of a field's "
            "name is that field. Repeatable.",
        ),
    ] = None,
    fixed: Annotated[
        list[str] | None, typer.Option("--set", metavar="FIELD=TEXT", help="Set a field in every event. Repeatable.")
    ] = None,
    timezone: Annotated[
        str | None, typer.Option(help="Where times are that tell no offset, as Europe/Lisbon; without it, refused.")
    ] = None,
    url: Url = None,
    token: Token = None,
    user: User = "demo",
    owner: Owner = None,
    *,
    replace: Annotated[bool, typer.Option("--replace", help="Correct events that are there already.")] = False,
    as_json: AsJson = False,
) -> None:
    """Send a file of events. Sending it again changes nothing, so a load that was stopped is started anew.

    Where no column is the id, an event has that of its file and row: loading it under another name doubles it.
    """
    with told(as_json=as_json):
        try:
            source = EventFile(file, _kind(file, file_format))
            lines = _lines(source, _how(source, file, column_map or [], fixed or [], timezone))
            with connect(url=url, token=token, user=user, owner=owner) as client:
                counts, refusals = _send(client, source, lines, replace=replace, shows_progress=not as_json)
        except UnreadableFile as error:
            raise Failure(str(error), exit_code=USAGE, code="unreadable_file") from error
        except KeyboardInterrupt:
            raise Failure(
                "Interrupted; what was sent is kept. Load the file again to go on.", exit_code=INTERRUPTED
            ) from None
    _tell(file, counts, refusals, as_json=as_json)
    if counts["rejected_count"]:
        raise typer.Exit(FAILED)


def _kind(file: Path, given: FileKind | None) -> FileKind:
    kind = given or kind_of(file)
    if kind is None:
        raise Failure(f"The name of {file} does not say what it is; give --format.", exit_code=USAGE, code="usage")
    return kind


def _how(
    source: EventFile, file: Path, column_map: list[str], fixed: list[str], timezone: str | None
) -> EventLines | None:
    """How rows become events; None for lines that are events already."""
    targets, values = _pairs("--map", column_map), _pairs("--set", fixed)
    for target in (*targets.values(), *values):
        if target and target not in FIELDS and not (target.startswith(MEMBER) and target != MEMBER):
            known = ", ".join(sorted(FIELDS))
            raise Failure(f"There is no field {target!r}; there are {known} and metadata.NAME.", exit_code=USAGE)
    if timezone is not None and timezone not in zone_names():
        raise Failure(f"There is no time zone {timezone!r}; use an IANA name as Europe/Lisbon.", exit_code=USAGE)
    columns = source.columns()
    missing = sorted(targets.keys() - set(columns))
    if missing:
        raise Failure(f"{file} has no column {missing[0]!r}; it has {', '.join(columns)}.", exit_code=USAGE)
    zone = ZoneInfo(timezone) if timezone else None
    if source.kind is FileKind.JSONL and not (targets or values or zone):
        return None
    return EventLines(targets=targets, fixed=values, zone=zone, name=file.name[-100:])


def _pairs(option: str, given: list[str]) -> dict[str, str]:
    pairs = {}
    for each in given:
        name, equals, value = each.partition("=")
        if not (name and equals):
            raise Failure(f"{option} takes NAME=VALUE, not {each!r}.", exit_code=USAGE, code="usage")
        pairs[name] = value
    return pairs


def _lines(source: EventFile, how: EventLines | None) -> Iterator[tuple[int, str]]:
    """Numbers of rows, from 1, and their events."""
    if how is None:
        for number, line in enumerate(source.lines(), 1):
            yield number, line.rstrip("\n")
        return
    for number, row in enumerate(source.rows(), 1):
        yield number, row.rstrip("\n") if isinstance(row, str) else how.line(number, row)


def _send(
    client: ExportsClient,
    source: EventFile,
    lines: Iterator[tuple[int, str]],
    *,
    replace: bool,
    shows_progress: bool,
) -> tuple[Mapping[str, int], list[dict[str, Any]]]:
    """What became of all events, and the first of those refused, each with the number of its row."""
    counts, refusals = Counter(dict.fromkeys(_COUNTS, 0)), list[dict[str, Any]]()
    with _progress(visible=shows_progress) as progress:
        task = progress.add_task("Sending events", total=source.count())
        for numbers, body in batched(lines):
            taken = client.send_events(body, replace=replace)
            counts.update({name: taken[name] for name in _COUNTS})
            refusals += [{"row": numbers[each["index"]], **each} for each in taken["rejected"]]
            progress.update(task, advance=len(numbers))
    return counts, refusals


def _progress(*, visible: bool) -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        disable=not visible,
    )


def _tell(file: Path, counts: Mapping[str, int], refusals: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({**counts, "rejected": refusals}, indent=2, ensure_ascii=False))
        return
    for each in refusals[:_SHOWN]:
        where = f" {each['pointer']}" if each["pointer"] else ""
        typer.echo(f"row {each['row']}:{where} {each['code']}: {each['reason']}", err=True)
    if counts["rejected_count"] > _SHOWN:
        typer.echo(f"... and {counts['rejected_count'] - min(_SHOWN, len(refusals)):,} more.", err=True)
    words = zip(("new", "there already", "corrected", "refused"), _COUNTS, strict=True)
    typer.echo(f"{file}: {', '.join(f'{counts[name]:,} {word}' for word, name in words)}.")
