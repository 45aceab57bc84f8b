"""`exports doctor`: what is wrong with a deployment, in words."""

import json
from dataclasses import asdict

import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table
from rich.text import Text

from exports_api.cli.connection import AsJson
from exports_pipeline.adapters.logs import configure_logging
from exports_pipeline.checkup.everything import examine
from exports_pipeline.checkup.finding import Finding, State
from exports_pipeline.checkup.surroundings import surroundings_of
from exports_pipeline.settings import load_settings

_MARKS = {
    State.FINE: ("✓", "green"),
    State.WARNING: ("!", "yellow"),
    State.BROKEN: ("✗", "bold red"),
    State.SKIPPED: ("-", "dim"),
}


def doctor(*, as_json: AsJson = False) -> None:
    """Check every part of the service and say what is wrong and what to do; the exit code is 1 if one is broken."""
    configure_logging("CRITICAL")  # what the adapters would log is told below
    findings = examine(surroundings_of(load_settings()))
    is_well = all(finding.state is not State.BROKEN for finding in findings)
    if as_json:
        typer.echo(json.dumps({"well": is_well, "findings": [asdict(each) for each in findings]}, indent=2))
    else:
        _show(findings)
    if not is_well:
        raise typer.Exit(1)


def _show(findings: list[Finding]) -> None:
    table = Table(box=SIMPLE, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for each in findings:
        mark, style = _MARKS[each.state]
        told = Text(each.sentence)
        if each.advice:
            told.append(f"\n→ {each.advice}", style="italic")
        table.add_row(Text(mark, style=style), Text(each.part), told)
    console = Console()
    console.print(table)
    counts = {state: sum(1 for each in findings if each.state is state) for state in State}
    verdict = "Everything works." if not counts[State.BROKEN] else f"{counts[State.BROKEN]} broken."
    worries = f" {counts[State.WARNING]} to look at." if counts[State.WARNING] else ""
    console.print(f" {verdict}{worries}")
