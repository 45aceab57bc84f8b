"""A row becomes a file, the file an object."""

import csv
import hashlib
import io
from dataclasses import replace
from datetime import timedelta

import pytest

from exports_pipeline.core.errors import (
    InternalError,
    LedgerUnavailable,
    LostClaim,
    ObjectStoreUnavailable,
    RowCountChanged,
    WarehouseBusy,
)
from exports_pipeline.core.export_job import ExportRequest
from exports_pipeline.core.filters import Filters
from exports_pipeline.core.lifecycle import Status
from exports_pipeline.core.manifest import manifest_key
from exports_pipeline.core.recipient import Channel, Recipient
from exports_pipeline.core.refusals import TooManyRowsForFormat, UnknownAccount
from exports_pipeline.usecases.cancel_export import cancel_export
from exports_pipeline.usecases.request_export import request_export
from exports_pipeline.usecases.run_export import run_export
from exports_pipeline_tests.builders import requester
from exports_pipeline_tests.fakes.ports import fake_ports

ANN = requester("ann")


@pytest.fixture
def ports():
    return fake_ports()


def requested(ports, *, recipients=(), **changes):
    request = ExportRequest(**{"dataset": "sales", "format": "csv", **changes})
    return request_export(request, ANN, ports=ports, recipients=recipients).job


def run(ports, job, attempt=1, **more):
    return run_export(job.id, attempt, run_id="run", ports=ports, **more)


def test_a_completed_job_has_an_object_that_is_counted_and_hashed(ports):
    job = requested(ports)
    outcome = run(ports, job)
    done = ports.jobs.get(job.id)
    key, manifest = ports.objects.objects
    body = ports.objects.objects[key].body
    rows = list(csv.DictReader(io.StringIO(body.decode())))
    assert done.status is Status.COMPLETED
    assert manifest == manifest_key(key)
    assert done.result == outcome.result
    assert (done.result.row_count, len(rows)) == (3, 3)
    assert {row["seller"] for row in rows} == {"ann"}
    assert (done.result.size_bytes, done.result.sha256) == (len(body), hashlib.sha256(body).hexdigest())
    assert key == f"exports/{ANN.user_id}/{job.id}/1/sales.csv"
    assert done.expires_at == ports.clock() + timedelta(hours=24)
    assert ports.objects.objects[key].content_type.startswith("text/csv")


def test_operators_see_a_preview_without_secrets(ports):
    outcome = run(ports, requested(ports))
    assert [row["card"] for row in outcome.preview] == ["***"] * 3


def test_an_attempt_that_is_taken_or_over_is_left_alone(ports):
    job = requested(ports)
    run(ports, job)
    before = dict(ports.objects.objects)
    assert run(ports, job) is None
    assert run(ports, job, attempt=2) is None
    assert ports.objects.objects == before


def test_no_rows_make_a_file_with_a_header_alone(ports):
    job = requested(ports, filters=Filters(account_ids=("1",), tag_ids=("food",)))
    ports.warehouse.rows_by_dataset["sales"] = [
        {**row, "kind": "toys"} if row["shop"] == 1 else row for row in ports.warehouse.rows_by_dataset["sales"]
    ]
    assert run(ports, job).result.row_count == 0


def test_a_retryable_failure_queues_the_next_attempt_and_publishes_nothing(ports):
    job = requested(ports)
    ports.warehouse.error = WarehouseBusy()
    with pytest.raises(WarehouseBusy):
        run(ports, job)
    seen = ports.jobs.get(job.id)
    assert (seen.status, seen.attempt, seen.error.code) == (Status.PENDING, 2, "warehouse_busy")
    assert seen.due_at > ports.clock()
    assert ports.objects.objects == {}


def test_the_third_failure_is_the_last(ports):
    job = requested(ports)
    ports.warehouse.error = WarehouseBusy()
    for attempt in (1, 2, 3):
        with pytest.raises(WarehouseBusy):
            run(ports, job, attempt)
    assert ports.jobs.get(job.id).status is Status.FAILED


def test_an_account_that_vanished_since_the_request_fails_the_job(ports):
    job = requested(ports, filters=Filters(account_ids=("2",)))
    ports.warehouse.rows_by_dataset["sales"] = []
    with pytest.raises(UnknownAccount):
        run(ports, job)
    assert ports.jobs.get(job.id).error.code == "unknown_account"


def test_a_lost_row_is_never_published(ports):
    job = requested(ports)
    ports.warehouse.lost_rows = 1
    with pytest.raises(RowCountChanged):
        run(ports, job)
    assert ports.objects.objects == {}
    assert ports.objects.uploads == {}
    assert ports.jobs.get(job.id).attempt == 2


def test_an_object_store_that_vanishes_fails_the_attempt(ports):
    job = requested(ports)
    ports.warehouse.before_write = lambda _tick: setattr(ports.objects, "error", ObjectStoreUnavailable())
    with pytest.raises(ObjectStoreUnavailable):
        run(ports, job)
    assert ports.jobs.get(job.id).error.code == "object_store_unavailable"


def test_what_nobody_foresaw_is_an_internal_error_with_its_cause(ports):
    job = requested(ports)
    ports.warehouse.error = ZeroDivisionError("boom")
    with pytest.raises(InternalError) as caught:
        run(ports, job)
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    assert "boom" not in ports.jobs.get(job.id).error.sentence


def test_progress_is_told_while_rows_are_written(ports):
    job = requested(ports)

    def slowly(tick):
        ports.clock.advance(1)
        tick(0.34)
        seen.append(ports.jobs.get(job.id).progress)
        tick(0.9)  # within the same half second: not told
        seen.append(ports.jobs.get(job.id).progress)

    seen = []
    ports.warehouse.before_write = slowly
    run(ports, job)
    assert [(progress.rows, progress.total_rows) for progress in seen] == [(1, 3), (1, 3)]


def test_a_cancelled_job_stops_at_its_next_beat_and_leaves_no_object(ports):
    job = requested(ports)

    def cancelled(tick):
        cancel_export(job.id, ANN, ports=ports)
        ports.clock.advance(1)
        tick(0.5)

    ports.warehouse.before_write = cancelled
    with pytest.raises(LostClaim):
        run(ports, job)
    assert ports.jobs.get(job.id).status is Status.CANCELLED
    assert ports.objects.objects == ports.objects.uploads == {}


def test_a_job_whose_rows_are_still_being_counted_stops_as_well(ports):
    job = requested(ports)

    def cancelled():
        cancel_export(job.id, ANN, ports=ports)
        ports.clock.advance(1)

    ports.warehouse.before_count = cancelled
    ports.warehouse.before_write = lambda _tick: pytest.fail("the count went on")
    with pytest.raises(LostClaim):
        run(ports, job)


def test_a_job_cancelled_after_its_last_beat_is_still_not_published(ports):
    job = requested(ports)
    ports.warehouse.before_write = lambda _tick: cancel_export(job.id, ANN, ports=ports)
    with pytest.raises(LostClaim):
        run(ports, job)
    assert ports.objects.objects == ports.objects.uploads == {}


def test_a_job_lost_between_publishing_and_settling_takes_its_object_back(ports, monkeypatch):
    job = requested(ports)
    telegram_chat = ports.users.telegram_chat

    def cancelled_meanwhile(user_id):
        cancel_export(job.id, ANN, ports=ports)
        return telegram_chat(user_id)

    monkeypatch.setattr(ports.users, "telegram_chat", cancelled_meanwhile)
    with pytest.raises(LostClaim):
        run(ports, job)
    assert ports.objects.objects == {}


def test_an_operator_who_stops_the_run_cancels_the_job(ports):
    job = requested(ports)
    with pytest.raises(LostClaim):
        run(ports, job, is_stopped=lambda: True)
    assert ports.jobs.get(job.id).status is Status.CANCELLED
    assert ports.audit.audit[-1].action == "export.stopped_by_operator"


def test_dagster_is_not_asked_while_the_database_is_away(ports):
    job = requested(ports)

    def away(tick):
        ports.jobs.is_away = True
        ports.clock.advance(1)
        tick(0.5)
        ports.jobs.is_away = False

    def is_stopped():
        assert not ports.jobs.is_away, "Dagster would wait for its database, and the export with it"
        return False

    ports.warehouse.before_write = away
    run(ports, job, is_stopped=is_stopped)
    assert ports.jobs.get(job.id).status is Status.COMPLETED


def test_a_database_that_is_away_for_ten_seconds_stops_no_export(ports):
    job = requested(ports)

    def away(tick):
        ports.jobs.is_away = True
        ports.clock.advance(1)
        tick(0.5)
        comes_back_at.append(ports.clock.now + timedelta(seconds=10))

    comes_back_at = []
    pause = ports.clock.pause

    def pause_until_back(seconds):
        pause(seconds)
        ports.jobs.is_away = ports.clock.now < comes_back_at[0]

    patient = fake_ports(
        jobs=ports.jobs, users=ports.users, audit=ports.jobs, clock=ports.clock, pause=pause_until_back
    )
    patient.warehouse.before_write = away
    run(patient, job)
    assert ports.jobs.get(job.id).status is Status.COMPLETED


def test_a_database_that_stays_away_leaves_the_attempt_to_the_sweep(ports):
    job = requested(ports)
    ports.warehouse.before_write = lambda _tick: setattr(ports.jobs, "is_away", True)
    with pytest.raises(LedgerUnavailable):
        run(ports, job)
    ports.jobs.is_away = False
    assert ports.jobs.get(job.id).status is Status.RUNNING


def test_the_linked_chat_and_the_named_recipients_each_get_one_delivery(ports):
    ports.users.chats[ANN.user_id] = "42"
    named = [Recipient(channel=Channel.TELEGRAM, address=address) for address in ("42", "43")]
    job = requested(ports, recipients=named)
    run(ports, job)
    assert [each.recipient.address for each in ports.outbox.of_job(job.id)] == ["42", "43"]


def test_without_a_bot_a_linked_chat_gets_nothing():
    ports = fake_ports(senders={})
    ports.users.chats[ANN.user_id] = "42"
    job = requested(ports)
    run(ports, job)
    assert ports.outbox.of_job(job.id) == []


def test_a_pdf_whose_rows_grew_since_the_request_is_refused_once_and_leaves_nothing(ports):
    ports = replace(ports, limits=replace(ports.limits, pdf_rows=3))
    job = requested(ports, format="pdf")
    ports.warehouse.rows_by_dataset["sales"].append(dict(ports.warehouse.rows_by_dataset["sales"][0]))
    with pytest.raises(TooManyRowsForFormat):
        run(ports, job)
    failed = ports.jobs.get(job.id)
    assert (failed.status, failed.error.code) == (Status.FAILED, "too_many_rows_for_format")
    assert not ports.objects.objects
