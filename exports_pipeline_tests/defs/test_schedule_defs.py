"""The Dagster schedule and sensor that look after the schedules of people, over ports in memory."""

from dataclasses import replace
from datetime import timedelta

import dagster as dg
import pytest

from exports_pipeline.adapters.export_runs import run_tags
from exports_pipeline.core.ledger import AuditEntry
from exports_pipeline.core.recipient import Channel, Recipient
from exports_pipeline.core.schedule import scheduled
from exports_pipeline.definitions import defs
from exports_pipeline.defs.schedules import due_schedules, overdue_schedules
from exports_pipeline_tests.builders import a_schedule, requester
from exports_pipeline_tests.fakes.clock import NOON
from exports_pipeline_tests.fakes.ports import fake_ports

ANN = requester("ann")


@pytest.fixture
def ports():
    ports = fake_ports()
    return replace(ports, limits=replace(ports.limits, schedule_spread=timedelta(0)))


@pytest.fixture
def instance():
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


def added(ports, **changes):
    recipients = tuple(Recipient(channel=Channel.TELEGRAM, address=each) for each in ("4", "2"))
    schedule = scheduled(
        a_schedule(recipients=recipients, cron="0 * * * *", **changes), now=NOON, most_spread=timedelta(0)
    )
    ports.schedules.add(schedule, ANN, AuditEntry(at=NOON, actor=ANN.user_id, action="schedule.created"))
    return schedule


def test_a_tick_says_how_many_were_due_late_skipped_and_failed(ports, instance):
    for _ in range(3):
        added(ports)
    added(ports, body={"dataset_id": "nowhere"})
    ports.clock.advance(2 * 3600 + 90)
    context = dg.build_schedule_context(instance=instance)
    assert due_schedules(context, ports=ports).skip_message == "4 due, 3 late, 4 skipped, 1 failed"
    assert due_schedules(context, ports=ports).skip_message == "0 due, 0 late, 0 skipped, 0 failed"


def test_the_safety_net_does_what_the_schedule_has_missed(ports, instance):
    added(ports)
    ports.clock.advance(3600)
    context = dg.build_sensor_context(instance=instance)
    assert overdue_schedules(context, ports=ports).skip_message == "1 due, 0 late, 0 skipped, 0 failed"


def test_operators_find_runs_by_schedule_window_and_recipients(ports, instance):
    schedule = added(ports)
    ports.clock.advance(3600)
    due_schedules(dg.build_schedule_context(instance=instance), ports=ports)
    [job] = ports.jobs.jobs.values()
    tags = run_tags(job)
    assert tags["exports/schedule"] == str(schedule.id)
    assert tags["exports/window"] == "2026-03-01T13:00:00Z"
    assert tags["exports/recipient_count"] == "2"
    dg.DagsterRun(job_name="dataset_export", tags=tags)


def test_both_are_switched_on_from_the_start():
    repository = defs.get_repository_def()
    schedule, sensor = repository.get_schedule_def("due_schedules"), repository.get_sensor_def("overdue_schedules")
    assert (schedule.cron_schedule, schedule.default_status) == ("* * * * *", dg.DefaultScheduleStatus.RUNNING)
    assert sensor.default_status is dg.DefaultSensorStatus.RUNNING
