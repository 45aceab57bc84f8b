"""The Dagster job that rolls up what ended, for the insights."""

import dagster as dg

from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.defs.run_log import AS_JSON, json_lines


@dg.op(out=dg.Out(dg.Nothing))
def roll_up_insights(context: dg.OpExecutionContext, ports: dg.ResourceParam[ExportPorts]) -> None:
    """Counts the exports that ended; figures are right without it, but slower to read."""
    context.add_output_metadata({"ends": ports.insights.roll_up()})


@dg.job(
    config=dg.RunConfig(loggers=AS_JSON),
    executor_def=dg.in_process_executor,
    logger_defs={"json_lines": json_lines},
)
def insight_rollup() -> None:
    """Keeps the insights quick to read."""
    roll_up_insights()


@dg.schedule(
    job=insight_rollup,
    cron_schedule="4,19,34,49 * * * *",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Rolls up the exports that ended.",
)
def quarter_hourly_insights() -> dg.RunRequest:
    """Rolls up what is new, every quarter of an hour, beside the other jobs of that rhythm."""
    return dg.RunRequest()
