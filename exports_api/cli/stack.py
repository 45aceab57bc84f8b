"""`exports up`, `exports down` and `exports status`: the embedded stack from a terminal."""

import json
import os
import signal
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from exports_pipeline.core.errors import ExportError
from exports_pipeline.local.background import ALREADY_UP, fork_guard
from exports_pipeline.local.folders import log_tail
from exports_pipeline.local.guard import run_stack
from exports_pipeline.local.processes import exit_code
from exports_pipeline.local.state import StackAlreadyUp, StackState, is_up, read_state
from exports_pipeline.settings import load_settings

NOT_READY = 3
_LOOK_EVERY_S = 0.1
_STOPPED_WITHIN_S = 20.0


def add_stack_commands(app: typer.Typer) -> None:
    """Add the commands of the embedded stack to the console script."""
    app.command("up")(up)
    app.command("down")(down)
    app.command("status")(status)


def up(
    *, detach: Annotated[bool, typer.Option(help="Return when everything is ready, and leave it running.")] = False
) -> None:
    """Start the stack: whatever server is not named by a variable is brought along."""
    home = _home()
    if is_up(home) and (state := _wait_for(home)).ready:
        typer.echo("The stack is up already.")
        _show(state)
        return
    try:
        code = _up_in_background(home) if detach else _up_in_foreground()
    except StackAlreadyUp:
        typer.echo("The stack is up already.")
        return
    except ExportError as error:
        typer.echo(error.sentence, err=True)
        raise typer.Exit(1) from error
    if code != 0:
        _explain(home)
        raise typer.Exit(code)


def down() -> None:
    """Stop the stack and wait until nothing of it runs; does nothing when none is up."""
    home = _home()
    if not is_up(home):
        typer.echo("The stack is not up.")
        return
    _stop(home, signal.SIGTERM)
    if not _wait_until_down(home):
        _stop(home, signal.SIGTERM)  # the second time is taken more seriously
        if not _wait_until_down(home):
            typer.echo(f"The stack did not stop; see {home / 'logs' / 'supervisor.log'}.", err=True)
            raise typer.Exit(1)
    typer.echo("The stack is down.")


def status(*, as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False) -> None:
    """Tell whether the stack is ready; the exit code is 0 if it is and 3 if it is not."""
    state = read_state(_home())
    if as_json:
        typer.echo(json.dumps({"ready": state.ready, "urls": state.urls, "parts": state.parts}, indent=2))
    else:
        typer.echo("ready" if state.ready else f"not ready{f': {state.failure}' if state.failure else ''}")
        table = Table("part", "state", "pid", "restarts")
        for name, part in state.parts.items():
            table.add_row(name, part["state"], str(part["pid"] or "-"), str(part["restarts"]))
        Console().print(table)
    if not state.ready:
        raise typer.Exit(NOT_READY)


def _home() -> Path:
    return load_settings().home.absolute()


def _up_in_foreground() -> int:
    typer.echo("Starting; Ctrl-C stops everything.")
    return run_stack(load_settings(), announce=_show, follows_parent=True)


def _up_in_background(home: Path) -> int:
    guard = fork_guard(load_settings())
    try:
        while (code := exit_code(guard)) is None:
            if (state := read_state(home)).ready and state.guard == guard:
                _show(state)
                return 0
            time.sleep(_LOOK_EVERY_S)
    except KeyboardInterrupt:
        os.kill(guard, signal.SIGTERM)
        os.waitpid(guard, 0)
        raise
    if code == ALREADY_UP:
        raise StackAlreadyUp
    if said := log_tail(home, "guard"):
        typer.echo("\n".join(said), err=True)
    return 1


def _wait_for(home: Path) -> StackState:
    """Wait while somebody else's stack starts or stops."""
    while is_up(home) and not read_state(home).ready:
        time.sleep(_LOOK_EVERY_S)
    return read_state(home)


def _explain(home: Path) -> None:
    state = read_state(home)
    if state.failure is None:
        return
    typer.echo(f"The stack stopped: {state.failure}", err=True)
    tail = "\n".join(log_tail(home, state.failed_part)) if state.failed_part else ""
    if tail not in state.failure:
        typer.echo(f"The end of {home / 'logs' / str(state.failed_part)}.log:\n{tail}", err=True)


def _stop(home: Path, with_signal: signal.Signals) -> None:
    guard = read_state(home).guard
    if guard is not None and is_up(home):
        try:
            os.kill(guard, with_signal)
        except ProcessLookupError:
            return  # killed before; the supervisor is stopping by itself


def _wait_until_down(home: Path) -> bool:
    deadline = time.monotonic() + _STOPPED_WITHIN_S
    while is_up(home):
        if time.monotonic() > deadline:
            return False
        time.sleep(_LOOK_EVERY_S / 2)
    return True


def _show(state: StackState) -> None:
    table = Table(show_header=False, title="Exports is ready")
    table.add_column()
    table.add_column(overflow="fold")
    table.add_row("Pages, in a browser", state.urls["api"])
    table.add_row("API", state.urls["api"])
    table.add_row("API documentation", f"{state.urls['api']}/docs")
    table.add_row("Dagster", state.urls["dagster"])
    table.add_row("Object store (S3)", state.urls["s3"])
    table.add_row("A token", "exports token --user NAME")
    table.add_row("Variables for psql, dagster", f"set -a; . {_home() / 'stack.env'}")
    Console().print(table)
