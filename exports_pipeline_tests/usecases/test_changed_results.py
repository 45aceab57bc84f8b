"""Schedules whose results go out only where they differ from the last ones."""

from collections import Counter
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from exports_pipeline.core.difference import Difference, Total, summary_of
from exports_pipeline.core.ledger import AuditEntry
from exports_pipeline.core.refusals import UnknownColumn
from exports_pipeline.core.schedule import WindowState
from exports_pipeline.core.scheduled_window import BASELINES, Condition
from exports_pipeline.usecases.expire import expire
from exports_pipeline_tests.fakes.clock import NOON
from exports_pipeline_tests.fakes.ports import fake_ports
from exports_pipeline_tests.ticking import ANN, added, run_all, ticked, windows


@pytest.fixture
def ports():
    ports = fake_ports()
    return replace(ports, limits=replace(ports.limits, schedule_spread=timedelta(0)))


def test_what_has_changed_is_told_by_key_with_sums_before_and_after(ports):
    added(ports, condition=Condition.CHANGED, key=("day",))
    rows = ports.warehouse.rows_by_dataset["sales"]
    for change in (lambda: None, lambda: rows[0].update(amount="99.00"), lambda: rows.pop(1)):
        change()
        ticked(ports)
        run_all(ports)
    first, second, third = sorted(ports.jobs.jobs.values(), key=lambda job: job.created_at)
    assert first.result.difference is None
    told = [(each.result.difference["changed"], each.result.difference["removed"]) for each in (second, third)]
    assert told == [(1, 0), (0, 1)]
    assert (third.result.difference["rows_before"], third.result.difference["rows_after"]) == (3, 2)


def test_rows_are_compared_even_where_the_body_does_not_want_them_kept(ports):
    added(ports, condition=Condition.CHANGED, body={"dataset_id": "sales", "options": {"keep_result": False}})
    ticked(ports)
    [job] = ports.jobs.jobs.values()
    assert job.options.keep_result


def test_a_key_is_not_added_up():
    totals = tuple(Total(column=name, before="1", after="2") for name in ("id", "amount"))
    numbers = dict.fromkeys(("rows_before", "rows_after", "added", "removed", "changed"), 1)
    told = summary_of(Difference(key=("id",), columns=("id", "amount"), totals=totals, **numbers))
    assert [each["column"] for each in told["totals"]] == ["amount"]


def test_what_is_compared_outlives_the_file_and_goes_with_its_schedule(ports):
    schedule = added(ports, condition=Condition.CHANGED)
    for _ in range(4):
        ticked(ports, days=30)
        run_all(ports)
        expire(ports)
    ends = Counter(reason or state for state, reason in windows(ports, schedule))
    assert (ends[WindowState.RAN], ends["Nothing has changed."]) == (1, 3)
    assert len([key for key in ports.objects.objects if key.startswith(BASELINES)]) == 2
    ports.schedules.delete(schedule.id, AuditEntry(at=NOON, actor=ANN.user_id, action="schedule.deleted"))
    expire(ports)
    assert not [key for key in ports.objects.objects if key.startswith(BASELINES)]


def test_a_key_that_is_no_column_fails_the_job_and_says_so(ports):
    added(ports, condition=Condition.CHANGED, key=("nothing",))
    for _ in range(2):
        ticked(ports)
        run_all_that_may_fail(ports)
    last = max(ports.jobs.jobs.values(), key=lambda job: job.created_at)
    assert last.error.code == "unknown_column"


def run_all_that_may_fail(ports):
    with suppress(UnknownColumn):
        run_all(ports)
