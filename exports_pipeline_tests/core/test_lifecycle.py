"""What follows what in the life of a job and of a delivery."""

from datetime import timedelta
from uuid import UUID

import pytest

from exports_pipeline.core.delivery import MAX_TRIES, Delivery, DeliveryState, next_try
from exports_pipeline.core.errors import (
    DeliveryRefused,
    DeliveryUnavailable,
    ExportError,
    Fault,
    QueryFailed,
    WarehouseBusy,
)
from exports_pipeline.core.export_job import Progress
from exports_pipeline.core.lifecycle import GiveUp, Requeue, Status, after_failure
from exports_pipeline.core.recipient import Channel, Recipient
from exports_pipeline.core.refusals import UnknownColumn
from exports_pipeline_tests.fakes.clock import NOON


def test_a_retryable_error_waits_longer_each_time():
    waits = [after_failure(attempt, WarehouseBusy(), NOON, max_attempts=99) for attempt in (1, 2, 3, 20)]
    assert [wait.due_at - NOON for wait in waits] == [timedelta(seconds=seconds) for seconds in (1, 2, 4, 60)]


def test_the_last_attempt_is_given_up():
    assert after_failure(3, WarehouseBusy(), NOON) == GiveUp()
    assert isinstance(after_failure(2, WarehouseBusy(), NOON), Requeue)


@pytest.mark.parametrize("error", [QueryFailed(), UnknownColumn()])
def test_an_error_that_stays_is_given_up_at_once(error):
    assert after_failure(1, error, NOON) == GiveUp()


def test_statuses_know_what_they_allow():
    assert {status for status in Status if status.may_be_cancelled} == {Status.PENDING, Status.RUNNING}
    assert {status for status in Status if status.may_be_retried} == {Status.FAILED, Status.CANCELLED}
    assert {status for status in Status if status.is_final} == {Status.COMPLETED, Status.FAILED, Status.CANCELLED}


def a_delivery(tries, number=1):
    ann = Recipient(channel=Channel.TELEGRAM, address="42")
    row = {"state": DeliveryState.SENDING, "tries": tries, "next_try_at": None, "created_at": NOON}
    return Delivery(id=UUID(int=number), recipient=ann, **row)


@pytest.mark.parametrize(("tries", "wait_s"), [(1, 5), (2, 15), (7, 3600)])
def test_a_delivery_is_tried_again_later_and_later_give_or_take_a_quarter(tries, wait_s):
    waits = {(next_try(a_delivery(tries, number), DeliveryUnavailable(), NOON) - NOON) for number in range(1000)}
    assert 0.75 * wait_s <= min(waits).total_seconds() < 0.8 * wait_s
    assert 1.2 * wait_s < max(waits).total_seconds() <= 1.25 * wait_s
    assert len(waits) > 900


def test_a_channel_that_asks_for_a_longer_pause_gets_it():
    busy = DeliveryUnavailable(retry_after_s=600)
    assert next_try(a_delivery(1), busy, NOON) == NOON + timedelta(seconds=600)


def test_a_delivery_is_given_up_when_refused_or_tried_too_often():
    assert next_try(a_delivery(1), DeliveryRefused(), NOON) is None
    assert next_try(a_delivery(MAX_TRIES), DeliveryUnavailable(), NOON) is None


@pytest.mark.parametrize(
    ("progress", "percent"),
    [
        (Progress(), 0.0),
        (Progress(rows=1, total_rows=3), 33.3),
        (Progress(rows=9, total_rows=3), 100.0),
        (Progress(rows=0, total_rows=0), 100.0),
    ],
)
def test_progress_stays_between_nothing_and_all(progress, percent):
    assert progress.percent == percent


def every_error(of=ExportError):
    return {of}.union(*(every_error(each) for each in of.__subclasses__()))


def test_every_error_has_a_code_of_its_own_and_a_sentence():
    errors = [each for each in every_error() if each.__module__ == "exports_pipeline.core.errors"]
    assert len({each.code for each in errors}) == len(errors)
    for each in errors:
        assert each().sentence.endswith(".")
        assert each.fault in Fault
