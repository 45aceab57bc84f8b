"""Reports that recur, about the days that their windows see."""

from dataclasses import replace
from datetime import timedelta

import pytest

from exports_pipeline.core.lifecycle import Status
from exports_pipeline.core.schedule import ScheduleKind, WindowState
from exports_pipeline.core.scheduled_window import Condition
from exports_pipeline.usecases.enqueue_recurring import enqueue_recurring
from exports_pipeline_tests.builders import requester
from exports_pipeline_tests.fakes.clock import NOON
from exports_pipeline_tests.fakes.ports import fake_ports
from exports_pipeline_tests.ticking import ANN, added, run_all, ticked, windows


@pytest.fixture
def ports():
    ports = fake_ports()
    return replace(ports, limits=replace(ports.limits, schedule_spread=timedelta(0)))


def test_a_report_recurs_as_well(ports):
    params = {"dataset": "sales", "metrics": ["amount"], "by": "kind", "period": "all"}
    schedule = added(
        ports, kind=ScheduleKind.REPORT, body={"template": "metrics_summary", "params": params}, formats=("pdf",)
    )
    ticked(ports)
    run_all(ports)
    [job] = ports.jobs.jobs.values()
    assert (job.type, job.dataset, job.status) == ("report", "metrics_summary", Status.COMPLETED)
    assert windows(ports, schedule) == [(WindowState.RAN, None)]


def test_a_report_whose_figures_are_the_same_has_not_changed_however_often_it_is_made(ports):
    params = {"dataset": "sales", "metrics": ["amount"], "by": "kind", "period": "all"}
    body = {"template": "metrics_summary", "params": params}
    schedule = added(ports, kind=ScheduleKind.REPORT, body=body, formats=("pdf",), condition=Condition.CHANGED)
    for change in (lambda: None, lambda: None, lambda: ports.warehouse.rows_by_dataset["sales"].pop(0)):
        change()
        ticked(ports)
        run_all(ports)
    assert windows(ports, schedule) == [
        (WindowState.RAN, None),
        (WindowState.SKIPPED, "Nothing has changed."),
        (WindowState.RAN, None),
    ]


def test_an_owner_who_lost_the_right_to_what_a_report_is_about_stops_the_schedule(ports):
    params = {"dataset": "payroll", "metrics": ["salary"], "period": "all"}
    body = {"template": "metrics_summary", "params": params}
    schedule = added(ports, requester("ann", "EXPORT_ALL"), kind=ScheduleKind.REPORT, body=body, formats=("pdf",))
    ports.users.seen(ANN, at=NOON)
    ticked(ports)
    stopped = ports.schedules.get(schedule.id)
    assert (stopped.is_active, "payroll" in stopped.paused_reason) == (False, True)


def test_a_report_about_a_column_that_is_gone_fails_and_goes_on(ports):
    params = {"dataset": "sales", "metrics": ["gone"], "period": "all"}
    schedule = added(
        ports, kind=ScheduleKind.REPORT, body={"template": "metrics_summary", "params": params}, formats=("pdf",)
    )
    ticked(ports)
    assert [state for state, _ in windows(ports, schedule)] == [WindowState.FAILED]
    assert ports.schedules.get(schedule.id).is_active


def test_a_report_counts_its_period_from_its_window_in_the_schedules_zone_however_late_it_runs(ports):
    params = {"dataset": "sales", "metrics": ["amount"], "by": "kind", "period": "last_month"}
    body = {"template": "metrics_summary", "params": params}
    added(ports, kind=ScheduleKind.REPORT, body=body, formats=("pdf",), timezone="Pacific/Kiritimati", cron="0 0 1 4 *")
    ports.clock.now = NOON.replace(month=5, day=15)  # the window was on 31 March in UTC, which is 1 April there
    enqueue_recurring(ports)
    run_all(ports)
    [job] = ports.jobs.jobs.values()
    assert job.parameters["timezone"] == "Pacific/Kiritimati"
    assert job.result.download_name == "metrics_summary_2026-04-01.pdf"
    told = ports.objects.objects[job.result.object_key].body.decode()
    assert "2026-03-01 to 2026-03-31" in told


def test_a_report_that_names_a_zone_keeps_it(ports):
    params = {"dataset": "sales", "metrics": ["amount"], "by": "kind", "period": "all", "timezone": "Asia/Tokyo"}
    added(ports, kind=ScheduleKind.REPORT, body={"template": "metrics_summary", "params": params}, formats=("pdf",))
    ticked(ports)
    [job] = ports.jobs.jobs.values()
    assert job.parameters["timezone"] == "Asia/Tokyo"
