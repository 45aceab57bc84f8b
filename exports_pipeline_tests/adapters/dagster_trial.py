"""Dagster jobs for test_dagster_stack.py, loaded by the real webserver and the real worker."""

import os
import time
from pathlib import Path

import dagster as dg
from dagster._core.errors import DagsterExecutionInterruptedError


class Wait(dg.Config):
    """Where the op writes its process id, and where it finds that it has lost its claim."""

    pid_file: str
    lost_claim_file: str


@dg.op(out=dg.Out(dg.Nothing))
def nothing() -> None:
    """Return at once."""


@dg.op(out=dg.Out(dg.Nothing))
def wait(config: Wait) -> None:
    """Work until the claim is lost, then leave as the op of an export does."""
    Path(config.pid_file).write_text(str(os.getpid()), encoding="ascii")
    while not Path(config.lost_claim_file).exists():
        time.sleep(0.05)
    raise DagsterExecutionInterruptedError


@dg.job(executor_def=dg.in_process_executor)
def quick() -> None:
    """A run that succeeds."""
    nothing()


@dg.job(executor_def=dg.in_process_executor)
def patient() -> None:
    """A run that waits to be stopped."""
    wait()


defs = dg.Definitions(jobs=[quick, patient])
