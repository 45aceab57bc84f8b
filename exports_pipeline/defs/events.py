"""The Dagster job that looks after the months of events."""

import dagster as dg

from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.defs.run_log import AS_JSON, json_lines
from exports_pipeline.usecases.keep_event_months import keep_event_months


@dg.op(out=dg.Out(dg.Nothing))
def keep_months(context: dg.OpExecutionContext, ports: dg.ResourceParam[ExportPorts]) -> None:
    """Makes the months to come, and drops those beyond the retention with all that was made of their events."""
    kept = keep_event_months(ports)
    figures = {"buckets": kept.buckets, "journeys": kept.journeys}
    context.add_output_metadata({"made": kept.made, "dropped": kept.dropped} | figures)


@dg.job(
    config=dg.RunConfig(loggers=AS_JSON),
    executor_def=dg.in_process_executor,
    logger_defs={"json_lines": json_lines},
)
def event_upkeep() -> None:
    """Keeps the table of events to the months that are kept."""
    keep_months()


@dg.schedule(
    job=event_upkeep,
    cron_schedule="40 2 * * *",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Makes the months of events to come, and drops those that are kept no longer. Nothing fails where it "
    "is late: a month that is missing is made by the first event of it.",
)
def daily_event_upkeep() -> dg.RunRequest:
    """Looks after the months of events, every night."""
    return dg.RunRequest()
