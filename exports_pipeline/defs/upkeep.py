"""The Dagster job that deletes what has expired."""

import dagster as dg

from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.defs.run_log import AS_JSON, json_lines
from exports_pipeline.usecases.expire import expire


@dg.op(out=dg.Out(dg.Nothing))
def delete_expired(context: dg.OpExecutionContext, ports: dg.ResourceParam[ExportPorts]) -> None:
    """Deletes expired files, files of attempts that did not settle, and unfinished uploads."""
    context.add_output_metadata({"deleted": expire(ports)})


@dg.job(
    config=dg.RunConfig(loggers=AS_JSON),
    executor_def=dg.in_process_executor,
    logger_defs={"json_lines": json_lines},
)
def expiry() -> None:
    """Keeps the bucket free of what nobody may download any more."""
    delete_expired()


@dg.schedule(
    job=expiry,
    cron_schedule="*/15 * * * *",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Deletes expired files and what failed attempts left behind.",
)
def quarter_hourly_expiry() -> dg.RunRequest:
    """Deletes what has expired, every quarter of an hour."""
    return dg.RunRequest()
