"""The Dagster jobs of metrics: rolling events up, making metrics anew, and checking them against their events."""

from collections.abc import Iterator
from datetime import date

import dagster as dg
from pydantic import Field

from exports_pipeline.core.metric_store import Measure, Mismatch
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.refusals import InvalidDateRange
from exports_pipeline.defs.metadata import as_markdown
from exports_pipeline.defs.run_log import AS_JSON, json_lines, log_check, log_roll_up

_BACKFILL = {
    "from": dg.Field(str, description="First day (UTC) whose metrics are made anew, as 2026-03-01."),
    "to": dg.Field(str, description="Last day, part of the range."),
    "metrics": dg.Field([str], is_required=False, description="Names of the metrics; left out: all of them."),
}
_SHOWN = 50


@dg.op(
    out=dg.Out(dg.Nothing),
    tags={"kind": "postgres"},
    config_schema={
        "backfill": dg.Field(
            dg.Noneable(_BACKFILL), default_value=None, description="Days to make anew from their events, besides."
        )
    },
)
def roll_up_events(context: dg.OpExecutionContext, ports: dg.ResourceParam[ExportPorts]) -> None:
    """Adds new events to the metrics, and makes anew the minutes whose events were changed.

    With `backfill` it makes whole days anew first: after a metric was declared or changed. Both may be done again.
    """
    if (wanted := context.op_config["backfill"]) is not None:
        first, last = _day(wanted["from"], "from"), _day(wanted["to"], "to")
        made = ports.metrics.backfill(wanted.get("metrics"), from_=first, to=last)
        context.add_output_metadata({"backfilled": made})
    done = ports.metrics.roll_up(ports.clock())
    log_roll_up(done)
    figures = {"batches": done.batches, "events": done.events, "late": done.late, "buckets": done.buckets}
    remark = {"remark": "Another roll-up was at work; nothing was done."} if done.is_busy else {}
    context.add_output_metadata(figures | {"repaired_minutes": done.repaired, "retold_customers": done.retold} | remark)


@dg.job(
    config=dg.RunConfig(loggers=AS_JSON), executor_def=dg.in_process_executor, logger_defs={"json_lines": json_lines}
)
def metric_rollup() -> None:
    """Keeps the metrics of events up to date, in the transactions that mark what has been counted."""
    roll_up_events()


@dg.schedule(
    job=metric_rollup,
    cron_schedule="* * * * *",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Rolls up the events that came in; skips where there are none, or the run before is still at it.",
)
def minutely_rollup(
    context: dg.ScheduleEvaluationContext, ports: dg.ResourceParam[ExportPorts]
) -> dg.RunRequest | dg.SkipReason:
    """Has new events rolled up, every minute."""
    return _request(context.instance, is_wanted=ports.metrics.has_new(), otherwise="nothing is new")


@dg.sensor(
    job=metric_rollup,
    minimum_interval_seconds=15,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Does not wait for the minute where events came in late, or were changed: somebody has looked at "
    "these figures already.",
)
def late_events(
    context: dg.SensorEvaluationContext, ports: dg.ResourceParam[ExportPorts]
) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """Has late and corrected events rolled up at once."""
    yield _request(context.instance, is_wanted=ports.metrics.has_late(), otherwise="nothing is late")


class Check(dg.Config):
    """How much is compared."""

    buckets: int = Field(50, ge=1, le=10_000, description="How many buckets, chosen at random.")
    seed: int | None = Field(None, description="Chooses the same buckets again; left out: others each time.")


@dg.op(out=dg.Out(dg.Nothing), tags={"kind": "postgres"})
def compare_with_events(context: dg.OpExecutionContext, config: Check, ports: dg.ResourceParam[ExportPorts]) -> None:
    """Adds up the raw events of some buckets, and fails where a metric says something else."""
    seed = int(ports.clock().timestamp()) if config.seed is None else config.seed
    found = ports.metrics.check(buckets=config.buckets, seed=seed)
    log_check(len(found))
    metadata = {"buckets": config.buckets, "seed": seed, "mismatches": len(found)}
    if found:
        days = sorted(each.bucket.date() for each in found)
        raise dg.Failure(
            f"{len(found)} stored figures are not those of the events. Make the days {days[0]} to {days[-1]} anew: "
            "run metric_rollup with a backfill, then this with the same seed.",
            metadata=metadata | {"differences": dg.MetadataValue.md(_as_table(found[:_SHOWN]))},
            allow_retries=False,
        )
    context.add_output_metadata(metadata)


@dg.job(
    config=dg.RunConfig(loggers=AS_JSON), executor_def=dg.in_process_executor, logger_defs={"json_lines": json_lines}
)
def metric_check() -> None:
    """Compares metrics with the events themselves; red where they differ."""
    compare_with_events()


@dg.schedule(
    job=metric_check,
    cron_schedule="40 * * * *",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Compares randomly chosen buckets of metrics with their events.",
)
def hourly_metric_check() -> dg.RunRequest:
    """Checks the metrics, every hour."""
    return dg.RunRequest()


def _request(instance: dg.DagsterInstance, *, is_wanted: bool, otherwise: str) -> dg.RunRequest | dg.SkipReason:
    """A run of the roll-up, unless one is on its way."""
    if not is_wanted:
        return dg.SkipReason(otherwise)
    unfinished = [dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED]
    if instance.get_runs(dg.RunsFilter(job_name=metric_rollup.name, statuses=unfinished), limit=1):
        return dg.SkipReason("a roll-up is at work")
    return dg.RunRequest()


def _day(text: str, field: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InvalidDateRange(f"{text!r} is no date; write it as 2026-03-01.", field=field) from error


def _as_table(found: list[Mismatch]) -> str:
    header = ["tenant", "metric", "granularity", "bucket", "dimensions", "stored", "events give"]
    return as_markdown(
        header,
        [
            [
                each.tenant,
                each.metric,
                each.granularity,
                each.bucket.isoformat(),
                ", ".join(f"{name}={value}" for name, value in each.dimensions.items()),
                _in_words(each.stored),
                _in_words(each.direct),
            ]
            for each in found
        ],
    )


def _in_words(measure: Measure | None) -> str:
    if measure is None:
        return "nothing"
    figures = {"sum": measure.sum, "min": measure.min, "max": measure.max, "customers": measure.customers}
    return ", ".join([str(measure.count), *(f"{name} {value}" for name, value in figures.items() if value is not None)])
