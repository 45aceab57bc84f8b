"""Two jobs that do nothing: one as Dagster comes, one as this service runs its jobs."""

import dagster as dg


@dg.op(out=dg.Out(dg.Nothing))
def do_nothing() -> None:
    """Return at once."""


@dg.job
def stock_job() -> None:
    """One step in a process of its own."""
    do_nothing()


@dg.job(executor_def=dg.in_process_executor)
def warm_job() -> None:
    """One step in the process of the run."""
    do_nothing()


defs = dg.Definitions(jobs=[stock_job, warm_job])
