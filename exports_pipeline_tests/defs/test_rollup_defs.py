"""The Dagster jobs, schedules and the sensor of metrics, over ports in memory; the check over a real Postgres, too."""

from datetime import UTC, date, datetime

import dagster as dg
import pytest
from sqlalchemy import update

from exports_pipeline.adapters.event_tables import metric_rollups
from exports_pipeline.adapters.metric_store import PostgresMetricStore
from exports_pipeline.adapters.metrics_yaml import read_metrics
from exports_pipeline.core.metric import Granularity
from exports_pipeline.core.metric_store import Measure, Mismatch, RolledUp
from exports_pipeline.definitions import defs
from exports_pipeline.defs.rollups import late_events, metric_check, metric_rollup, minutely_rollup
from exports_pipeline_tests.events import Event, store
from exports_pipeline_tests.fakes.clock import NOON
from exports_pipeline_tests.fakes.ports import fake_ports


@pytest.fixture
def ports():
    return fake_ports()


@pytest.fixture
def instance():
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


def run(job, ports, instance, *, op=None, config=None, may_fail=False):
    """What operators read on the run's one step."""
    run_config = {"ops": {op: {"config": config}}, "loggers": {"json_lines": {"config": {}}}} if op else None
    result = job.execute_in_process(
        resources={"ports": ports}, instance=instance, run_config=run_config, raise_on_error=not may_fail
    )
    if not result.success:
        [failure] = [event for event in result.all_events if event.is_step_failure]
        return failure.step_failure_data.user_failure_data
    [event] = [event for event in result.all_events if event.is_successful_output]
    return {name: each.value for name, each in event.step_output_data.metadata.items()}


def test_a_run_says_what_it_rolled_up(ports, instance):
    ports.metrics.rolled_up = RolledUp(batches=2, events=30, buckets=9, late=1, repaired=4, retold=5)
    told = run(metric_rollup, ports, instance)
    assert told == {"batches": 2, "events": 30, "late": 1, "buckets": 9, "repaired_minutes": 4, "retold_customers": 5}


def test_a_run_beside_another_says_that_it_did_nothing(ports, instance):
    ports.metrics.rolled_up = RolledUp(is_busy=True)
    assert "nothing was done" in run(metric_rollup, ports, instance)["remark"]


def test_a_backfill_is_asked_for_in_the_configuration_of_a_run(ports, instance):
    config = {"backfill": {"from": "2026-03-01", "to": "2026-03-31", "metrics": ["intents"]}}
    assert run(metric_rollup, ports, instance, op="roll_up_events", config=config)["backfilled"] == 0
    assert ports.metrics.backfilled == [(["intents"], date(2026, 3, 1), date(2026, 3, 31))]
    config = {"backfill": {"from": "2026-03-01", "to": "2026-03-31"}}
    run(metric_rollup, ports, instance, op="roll_up_events", config=config)
    assert ports.metrics.backfilled[1][0] is None


def test_every_minute_new_events_are_rolled_up_and_nothing_is_run_for_none(ports):
    with dg.instance_for_test() as instance:
        context = dg.build_schedule_context(instance=instance)
        assert minutely_rollup(context, ports=ports).skip_message == "nothing is new"
        ports.metrics.is_new = True
        assert isinstance(minutely_rollup(context, ports=ports), dg.RunRequest)
        instance.create_run_for_job(metric_rollup, status=dg.DagsterRunStatus.STARTED)
        assert minutely_rollup(context, ports=ports).skip_message == "a roll-up is at work"


def test_late_events_are_rolled_up_at_once(ports, instance):
    context = dg.build_sensor_context(instance=instance)
    ports.metrics.is_new = True
    [skipped] = late_events(context, ports=ports)
    assert skipped.skip_message == "nothing is late"
    ports.metrics.is_late = True
    [request] = late_events(context, ports=ports)
    assert isinstance(request, dg.RunRequest)


def test_a_check_without_differences_is_green(ports, instance):
    assert run(metric_check, ports, instance) == {"buckets": 50, "seed": int(NOON.timestamp()), "mismatches": 0}


def test_a_check_shows_operators_what_differs(ports, instance):
    ports.metrics.mismatches = [
        Mismatch(
            tenant="acme",
            metric="calls",
            granularity=Granularity.HOUR,
            bucket=datetime(2026, 3, 1, 12, tzinfo=UTC),
            dimensions={"campaign": "a|b"},
            stored=Measure(count=2),
            direct=None,
        )
    ]
    failure = run(metric_check, ports, instance, may_fail=True)
    assert failure.description.startswith("1 stored figures are not those of the events. Make the days 2026-03-01 to")
    shown = failure.metadata["differences"].value
    assert "| acme | calls | hour | 2026-03-01T12:00:00+00:00 | campaign=a\\|b | 2 | nothing |" in shown


def test_a_figure_that_was_tampered_with_is_found(ports, instance, events_engine):
    metrics = PostgresMetricStore(events_engine, read_metrics())
    ports = fake_ports(metrics=metrics)
    with events_engine.begin() as connection:
        store(connection, [Event(id=str(place), customer=f"c{place}") for place in range(5)])
    run(metric_rollup, ports, instance)
    assert run(metric_check, ports, instance)["mismatches"] == 0
    with events_engine.begin() as connection:
        is_wrong = (metric_rollups.c.metric == "conversations") & (metric_rollups.c.granularity == "day")
        connection.execute(update(metric_rollups).where(is_wrong).values(count=6))
    config = {"buckets": 1_000, "seed": 1}
    failure = run(metric_check, ports, instance, op="compare_with_events", config=config, may_fail=True)
    assert failure.metadata["mismatches"].value == 1
    assert "| conversations | day |" in failure.metadata["differences"].value


def test_all_of_it_is_switched_on_from_the_start():
    repository = defs.get_repository_def()
    for name in ("minutely_rollup", "hourly_metric_check"):
        assert repository.get_schedule_def(name).default_status is dg.DefaultScheduleStatus.RUNNING
    assert repository.get_sensor_def("late_events").default_status is dg.DefaultSensorStatus.RUNNING
