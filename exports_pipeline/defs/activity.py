"""The Dagster job that rolls up what users did."""

import dagster as dg

from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.defs.run_log import AS_JSON, json_lines


@dg.op(out=dg.Out(dg.Nothing))
def roll_up_activity(context: dg.OpExecutionContext, ports: dg.ResourceParam[ExportPorts]) -> None:
    """Counts the new entries of the audit log; figures are right without it, but slower to read."""
    context.add_output_metadata({"entries": ports.activity.roll_up()})


@dg.job(
    config=dg.RunConfig(loggers=AS_JSON),
    executor_def=dg.in_process_executor,
    logger_defs={"json_lines": json_lines},
)
def activity_rollup() -> None:
    """Keeps the activity of users quick to read."""
    roll_up_activity()


@dg.schedule(
    job=activity_rollup,
    cron_schedule="7,22,37,52 * * * *",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Rolls up what users did.",
)
def quarter_hourly_activity() -> dg.RunRequest:
    """Rolls up what is new, every quarter of an hour, beside the other jobs of that rhythm."""
    return dg.RunRequest()
