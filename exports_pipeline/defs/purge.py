"""The Dagster job that forgets old runs, so that Postgres does not grow without bound."""

from datetime import datetime

import dagster as dg

from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.defs.run_log import AS_JSON, json_lines
from exports_pipeline.usecases.note_retention import note_retention

_ENDED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
_BATCH = 500


def purge_runs(instance: dg.DagsterInstance, *, created_before: datetime) -> int:
    """Delete the runs that have ended and were created before an instant, with their events; how many there were."""
    deleted = 0
    old = dg.RunsFilter(statuses=_ENDED, created_before=created_before)
    while runs := instance.get_runs(old, limit=_BATCH):
        for run in runs:
            instance.delete_run(run.run_id)
        deleted += len(runs)
    return deleted


@dg.op(out=dg.Out(dg.Nothing))
def delete_old_runs(context: dg.OpExecutionContext, ports: dg.ResourceParam[ExportPorts]) -> None:
    """Deletes runs of Dagster that ended long ago, with their events; the export jobs stay in the ledger."""
    before = ports.clock() - ports.limits.run_retention
    deleted = purge_runs(context.instance, created_before=before)
    note_retention("runs_purged", deleted, ports=ports)
    context.add_output_metadata({"deleted": deleted})


@dg.job(
    config=dg.RunConfig(loggers=AS_JSON),
    executor_def=dg.in_process_executor,
    logger_defs={"json_lines": json_lines},
)
def run_purge() -> None:
    """Keeps Dagster's own tables from growing with every export."""
    delete_old_runs()


@dg.schedule(
    job=run_purge,
    cron_schedule="20 * * * *",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Deletes runs that ended long ago, with their events. Ticks: see `retention` in dagster.yaml.",
)
def hourly_run_purge() -> dg.RunRequest:
    """Deletes old runs, every hour."""
    return dg.RunRequest()
