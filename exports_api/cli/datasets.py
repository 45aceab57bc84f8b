"""`exports datasets`: what one may export."""

import json
from typing import Any

import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table
from rich.text import Text

from exports_api.cli.connection import AsJson, Owner, Token, Url, User, connect
from exports_api.cli.failing import told


def datasets(
    url: Url = None, token: Token = None, user: User = "demo", owner: Owner = None, *, as_json: AsJson = False
) -> None:
    """List the datasets you may export; --json tells their columns, too."""
    with told(as_json=as_json), connect(url=url, token=token, user=user, owner=owner) as client:
        found = client.datasets()
    if as_json:
        typer.echo(json.dumps(found, indent=2, ensure_ascii=False))
    else:
        Console().print(_table(found))


def _table(found: list[dict[str, Any]]) -> Table:
    table = Table(box=SIMPLE)
    table.add_column("Dataset", no_wrap=True)
    for title in ("Title", "Time", "Filters", "Columns"):
        table.add_column(title, overflow="fold")
    for each in found:
        time = f"{each['time']['column']} ({each['time']['grain']})" if each["time"] else "-"
        filters = " ".join(_OPTIONS[name] for name in each["filters"]) or "-"
        cells = (each["name"], each["title"], time, filters, str(len(each["columns"])))
        table.add_row(*(Text(cell) for cell in cells))  # never markup, whatever a catalogue says
    return table


_OPTIONS = {"start_date": "--from", "end_date": "--to", "account_ids": "--account", "tag_ids": "--tag"}
