"""`exports datasets`: what one may export."""

import json
from typing import Any

import typer
from rich.console import Console
from rich.table import Table

from exports_api.cli.connection import AsJson, Owner, Token, Url, User, connect
from exports_api.cli.failing import told


def datasets(
    url: Url = None, token: Token = None, user: User = "demo", owner: Owner = None, *, as_json: AsJson = False
) -> None:
    """List the datasets you may export."""
    with told(as_json=as_json), connect(url=url, token=token, user=user, owner=owner) as client:
        found = client.datasets()
    if as_json:
        typer.echo(json.dumps(found, indent=2, ensure_ascii=False))
    else:
        Console().print(_table(found))


def _table(found: list[dict[str, Any]]) -> Table:
    table = Table("Dataset", "Title", "Time", "Filters", "Columns")
    for each in found:
        time = f"{each['time']['column']} ({each['time']['grain']})" if each["time"] else "-"
        filters = ", ".join(_OPTIONS[name] for name in each["filters"]) or "-"
        columns = ", ".join(column["name"] for column in each["columns"])
        table.add_row(each["name"], each["title"], time, filters, columns)
    return table


_OPTIONS = {"start_date": "--from", "end_date": "--to", "account_ids": "--account", "tag_ids": "--tag"}
