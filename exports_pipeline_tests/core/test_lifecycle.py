"""What follows what in the life of a job and of a delivery."""

from datetime import timedelta
from uuid import UUID

import pytest

from exports_pipeline.core.delivery import MAX_TRIES, Delivery, DeliveryState, completed_message, next_try
from exports_pipeline.core.errors import (
    DeliveryRefused,
    DeliveryUnavailable,
    ExportError,
    Fault,
    QueryFailed,
    WarehouseBusy,
)
from exports_pipeline.core.export_job import ExportJob, Progress
from exports_pipeline.core.lifecycle import GiveUp, Requeue, Status, after_failure
from exports_pipeline.core.recipient import Channel, Recipient
from exports_pipeline.core.refusals import UnknownColumn
from exports_pipeline_tests.builders import new_job, stored_file
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


def test_a_delivery_is_tried_again_later_and_later():
    waits = [next_try(tries, DeliveryUnavailable(), NOON) - NOON for tries in (1, 2, 7)]
    assert waits == [timedelta(seconds=5), timedelta(seconds=15), timedelta(hours=1)]


def test_a_delivery_is_given_up_when_refused_or_tried_too_often():
    assert next_try(1, DeliveryRefused(), NOON) is None
    assert next_try(MAX_TRIES, DeliveryUnavailable(), NOON) is None


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


@pytest.mark.parametrize(
    ("size", "words"),
    [(0, "0 bytes"), (999, "999 bytes"), (1500, "1.5 kB"), (2_000_000, "2.0 MB"), (3 * 10**15, "3000.0 TB")],
)
def test_a_message_says_rows_and_size_in_words(size, words):
    html = message_about(done_job(size), "https://s3/x?a=1&b=2").html
    assert f"1,234 rows, {words}, CSV" in html


def test_a_message_escapes_what_it_quotes():
    html = message_about(done_job(1), 'https://s3/"><script>?a=1&b=2').html
    assert "<b>R&amp;D &lt;i&gt;</b>" in html
    assert "<script>" not in html
    assert "&amp;b=2" in html


def message_about(job, url):
    ann = Recipient(channel=Channel.TELEGRAM, address="42")
    delivery = Delivery(
        id=UUID(int=1), job_id=job.id, recipient=ann, state=DeliveryState.SENDING, tries=1, next_try_at=None
    )
    return completed_message(delivery, job, url, now=job.created_at)


def done_job(size_bytes):
    new = new_job(dataset_title="R&D <i>")
    return ExportJob(
        id=new.id,
        status=Status.COMPLETED,
        attempt=1,
        requester=new.requester,
        dataset=new.dataset,
        dataset_id=new.dataset_id,
        dataset_title=new.dataset_title,
        format=new.format,
        filters=new.filters,
        options=new.options,
        created_at=NOON,
        due_at=NOON,
        result=stored_file(row_count=1234, size_bytes=size_bytes),
    )
