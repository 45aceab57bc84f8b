"""The Dagster schedule that looks after all schedules of people, and the sensor behind it."""

import dagster as dg

from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.defs.export import dataset_export
from exports_pipeline.defs.run_log import log_tick
from exports_pipeline.usecases.enqueue_recurring import Tick, enqueue_recurring
from exports_pipeline.wiring import nudge_dispatch


@dg.schedule(
    job=dataset_export,
    cron_schedule="* * * * *",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Turns windows of schedules that have come due into export jobs, which the dispatch launches. "
    "Says how many were due, late, skipped and failed in its skip reason.",
)
def due_schedules(ports: dg.ResourceParam[ExportPorts]) -> dg.SkipReason:
    """Looks at all schedules of people, every minute."""
    return dg.SkipReason(_tick(ports).in_words)


@dg.sensor(
    minimum_interval_seconds=15,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Safety net of `due_schedules`: does the same when its tick was missed, starts windows that found "
    "the queue full, and settles those whose export jobs have ended.",
)
def overdue_schedules(ports: dg.ResourceParam[ExportPorts]) -> dg.SkipReason:
    """Does what a tick of the schedule that was missed has left undone."""
    return dg.SkipReason(_tick(ports).in_words)


def _tick(ports: ExportPorts) -> Tick:
    tick = enqueue_recurring(ports)
    log_tick(tick)
    if tick.started:
        nudge_dispatch(ports)
    return tick
