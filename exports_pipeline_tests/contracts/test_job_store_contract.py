"""What every ledger of export jobs keeps, the one in memory and the one in Postgres."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import uuid4

import pytest

from exports_pipeline.adapters.job_store import PostgresJobStore
from exports_pipeline.core.errors import Fault, LostClaim, WarehouseBusy
from exports_pipeline.core.export_job import Progress
from exports_pipeline.core.filters import Filters
from exports_pipeline.core.formats import Compression, Format, FormatOptions
from exports_pipeline.core.ledger import Page, SeenJob
from exports_pipeline.core.lifecycle import Status
from exports_pipeline.core.recipient import Channel, Recipient
from exports_pipeline.core.refusals import IdempotencyKeyReused, UnknownExportJob, WrongStatus
from exports_pipeline_tests.builders import entry, new_job, requester, stored_file
from exports_pipeline_tests.fakes.clock import NOON
from exports_pipeline_tests.fakes.ledger import InMemoryLedger

LATER = NOON + timedelta(hours=1)


@pytest.fixture(params=["memory", "postgres"])
def store(request):
    if request.param == "memory":
        return InMemoryLedger()
    return PostgresJobStore(request.getfixturevalue("engine"))


def add(store, name="ann", **changes):
    new = new_job(name, **changes)
    return store.add(new, entry(new))


def start(store, name="ann", **changes):
    job = add(store, name, **changes)
    return store.claim(job.id, 1, run_id="run-1", now=NOON)


def test_a_job_comes_back_as_it_was_written(store):
    new = new_job(
        requester=replace(requester("ann", "UNMASK", "EXPORT_ALL"), owner_key="7"),
        format=Format.JSONL,
        filters=Filters(
            start_date=date(2026, 1, 1),
            end_date=date(2026, 1, 31),
            account_ids=("1",),
            tag_ids=("a",),
            columns=("day",),
        ),
        options=FormatOptions(timezone="Europe/Prague", compression=Compression.GZIP, delimiter=";"),
        recipients=(Recipient(channel=Channel.TELEGRAM, address="5"),),
        tag_summary=("finance",),
    )
    job = store.add(new, entry(new))
    assert store.get(job.id) == job
    assert (job.status, job.attempt, job.tries) == (Status.PENDING, 1, 1)
    for name in ("requester", "format", "filters", "options", "recipients", "tag_summary", "created_at"):
        assert getattr(job, name) == getattr(new, name)


def test_an_unknown_job_is_nothing(store):
    assert store.get(uuid4()) is None


def test_the_same_key_and_digest_give_the_first_job_again(store):
    first = add(store, idempotency_key="k", request_digest="d")
    assert add(store, idempotency_key="k", request_digest="d").id == first.id
    assert len(store.page(None, Page())) == 1


def test_the_same_key_with_another_digest_is_refused(store):
    add(store, idempotency_key="k", request_digest="d")
    with pytest.raises(IdempotencyKeyReused):
        add(store, idempotency_key="k", request_digest="e")


def test_two_users_may_use_the_same_key(store):
    assert (
        add(store, "ann", idempotency_key="k", request_digest="d").id
        != add(store, "bob", idempotency_key="k", request_digest="e").id
    )


def test_pages_are_newest_first_and_continue_where_they_ended(store):
    jobs = [add(store, minutes=minutes) for minutes in (0, 1, 1, 2)]
    first = store.page(jobs[0].requester.user_id, Page(limit=2))
    rest = store.page(jobs[0].requester.user_id, Page(limit=9, before=(first[-1].created_at, first[-1].id)))
    seen = [*first, *rest]
    assert {job.id for job in seen} == {job.id for job in jobs}
    assert [job.created_at for job in seen] == sorted((job.created_at for job in jobs), reverse=True)


def test_pages_show_one_user_and_what_the_filters_ask_for(store):
    mine = start(store, "ann", minutes=5)
    add(store, "bob")
    add(store, "ann", dataset="other", minutes=1)
    user = mine.requester.user_id
    assert len(store.page(None, Page())) == 3
    assert len(store.page(user, Page())) == 2
    assert [job.id for job in store.page(user, Page(status=Status.RUNNING))] == [mine.id]
    assert [job.dataset for job in store.page(user, Page(dataset="other"))] == ["other"]
    assert [job.id for job in store.page(user, Page(created_since=mine.created_at))] == [mine.id]
    assert mine.id not in [job.id for job in store.page(user, Page(created_until=mine.created_at))]


def test_reserving_takes_no_more_than_the_free_slots(store):
    start(store, "ann")
    for minutes in range(3):
        add(store, "bob", minutes=minutes - 10)
    assert len(store.reserve(slots=3, now=LATER)) == 2
    assert store.reserve(slots=3, now=LATER) == []


def test_the_user_with_the_fewest_running_jobs_comes_first(store):
    start(store, "ann", minutes=-60)
    for minutes in range(5):
        add(store, "ann", minutes=minutes - 30)
    bob = add(store, "bob", minutes=-1)
    assert [job.id for job in store.reserve(slots=2, now=LATER)] == [bob.id]


def test_users_take_turns(store):
    for minutes in range(5):
        add(store, "ann", minutes=minutes - 30)
    for minutes in range(5):
        add(store, "bob", minutes=minutes - 20)
    reserved = store.reserve(slots=4, now=LATER)
    assert sorted(job.requester.owner_key for job in reserved) == ["ann", "ann", "bob", "bob"]


def test_a_job_that_is_not_due_waits(store):
    job = start(store)
    store.requeue(job.id, 1, WarehouseBusy(), due_at=LATER, forgive=False)
    assert store.reserve(slots=2, now=LATER - timedelta(seconds=1)) == []
    assert [each.id for each in store.reserve(slots=2, now=LATER)] == [job.id]


def test_a_released_job_can_be_reserved_again(store):
    job = add(store)
    store.reserve(slots=1, now=NOON)
    store.release(job.id, 1, due_at=NOON)
    assert [each.id for each in store.reserve(slots=1, now=NOON)] == [job.id]


def test_an_attempt_is_claimed_once(store):
    job = add(store)
    claimed = store.claim(job.id, 1, run_id="r", now=NOON)
    assert (claimed.status, claimed.run_id, claimed.started_at) == (Status.RUNNING, "r", NOON)
    assert store.claim(job.id, 1, run_id="other", now=NOON) is None
    assert store.claim(job.id, 1, run_id="r", now=LATER) == claimed


def test_an_attempt_that_is_not_the_current_one_cannot_be_claimed(store):
    job = add(store)
    assert store.claim(job.id, 2, run_id="r", now=NOON) is None
    assert store.claim(uuid4(), 1, run_id="r", now=NOON) is None


def test_a_heartbeat_shows_progress(store):
    job = start(store)
    store.beat(job.id, 1, Progress(rows=5, total_rows=10, bytes=99), now=LATER)
    seen = store.get(job.id)
    assert (seen.progress.percent, seen.progress.bytes, seen.heartbeat_at) == (50.0, 99, LATER)


def test_completing_stores_the_result_and_its_deliveries(store):
    job = start(store)
    done = store.complete(
        job.id,
        1,
        stored_file(),
        now=LATER,
        expires_at=LATER + timedelta(days=1),
        recipients=[Recipient(channel=Channel.TELEGRAM, address="5")],
    )
    assert store.get(job.id) == done
    assert (done.status, done.result, done.completed_at) == (Status.COMPLETED, stored_file(), LATER)
    assert done.progress.percent == 100.0


def test_a_completion_whose_answer_was_lost_may_be_reported_again(store):
    job = start(store)
    words = {"now": LATER, "expires_at": LATER, "recipients": [Recipient(channel=Channel.TELEGRAM, address="5")]}
    done = store.complete(job.id, 1, stored_file(), **words)
    assert store.complete(job.id, 1, stored_file(), **words) == done
    with pytest.raises(LostClaim):
        store.complete(job.id, 1, stored_file(object_key="exports/a/b/1/other.csv"), **words)


def test_a_late_report_from_an_old_attempt_changes_nothing(store):
    job = start(store)
    store.requeue(job.id, 1, WarehouseBusy(), due_at=NOON, forgive=False)
    store.claim(job.id, 2, run_id="run-2", now=NOON)
    before = store.get(job.id)
    with pytest.raises(LostClaim):
        store.beat(job.id, 1, Progress(rows=1), now=LATER)
    with pytest.raises(LostClaim):
        store.complete(job.id, 1, stored_file(), now=LATER, expires_at=LATER, recipients=[])
    assert store.fail(job.id, 1, WarehouseBusy(), now=LATER) is False
    assert store.requeue(job.id, 1, WarehouseBusy(), due_at=LATER, forgive=False) is False
    store.launched(job.id, 1, "stale")
    store.release(job.id, 1, due_at=LATER)
    assert store.get(job.id) == before


def test_a_requeued_job_is_the_next_attempt_and_says_why(store):
    job = start(store)
    assert store.requeue(job.id, 1, WarehouseBusy(), due_at=LATER, forgive=False)
    seen = store.get(job.id)
    assert (seen.status, seen.attempt, seen.tries, seen.due_at) == (Status.PENDING, 2, 2, LATER)
    assert (seen.error.code, seen.error.fault) == ("warehouse_busy", Fault.SERVICE)
    assert seen.dispatched_at is None


def test_a_forgiven_attempt_does_not_count(store):
    job = add(store)
    store.reserve(slots=1, now=NOON)
    assert store.requeue(job.id, 1, WarehouseBusy(), due_at=NOON, forgive=True)
    seen = store.get(job.id)
    assert (seen.attempt, seen.tries) == (2, 1)


def test_a_failed_job_says_why(store):
    job = start(store)
    assert store.fail(job.id, 1, WarehouseBusy("locked"), now=LATER)
    seen = store.get(job.id)
    assert (seen.status, seen.error.sentence, seen.completed_at) == (Status.FAILED, "locked", LATER)


@pytest.mark.parametrize("begin", [add, start])
def test_pending_and_running_jobs_can_be_cancelled_once(store, begin):
    job = begin(store)
    assert store.cancel(job.id, now=LATER, audit=entry(job, "export.cancelled")).status is Status.CANCELLED
    with pytest.raises(WrongStatus):
        store.cancel(job.id, now=LATER, audit=entry(job, "export.cancelled"))
    with pytest.raises(LostClaim):
        store.beat(job.id, 1, Progress(), now=LATER)


def test_a_job_nobody_knows_can_be_neither_cancelled_nor_retried(store):
    job = new_job()
    with pytest.raises(UnknownExportJob):
        store.cancel(job.id, now=NOON, audit=entry(job))
    with pytest.raises(UnknownExportJob):
        store.retry(job.id, now=NOON, audit=entry(job))


def test_a_retry_begins_a_new_attempt_with_a_clean_slate(store):
    job = start(store)
    store.fail(job.id, 1, WarehouseBusy(), now=NOON)
    again = store.retry(job.id, now=LATER, audit=entry(job, "export.retried"))
    assert (again.status, again.attempt, again.tries, again.error) == (Status.PENDING, 2, 1, None)
    assert (again.started_at, again.completed_at) == (None, None)
    with pytest.raises(WrongStatus):
        store.retry(job.id, now=LATER, audit=entry(job, "export.retried"))


def test_silent_jobs_are_those_without_a_recent_heartbeat(store):
    silent, lively = start(store), start(store)
    store.beat(lively.id, 1, Progress(), now=LATER)
    assert [job.id for job in store.silent(since=LATER)] == [silent.id]


def test_jobs_that_were_dispatched_but_never_claimed_are_found(store):
    lost, waiting = add(store), add(store, minutes=1)
    store.reserve(slots=1, now=NOON)
    assert [job.id for job in store.never_began(since=LATER, slots=9)] == [lost.id]
    assert store.never_began(since=NOON, slots=9) == []
    assert waiting.dispatched_at is None


def test_a_pending_job_knows_its_place(store):
    start(store, "ann", minutes=-30)
    own = [add(store, "ann", minutes=minutes) for minutes in (1, 2)]
    bob = add(store, "bob", minutes=5)
    seen = store.look([job.id for job in (bob, *own)], slots=2)
    places = [seen[job.id].place.position for job in (bob, *own)]
    assert places == [1, 2, 3]


def test_a_job_that_is_not_pending_has_no_place(store):
    job = start(store)
    assert store.look([job.id, uuid4()], slots=2) == {job.id: SeenJob(job=job, place=None)}


def test_jobs_are_found_by_their_ids(store):
    job = add(store)
    assert list(store.live_keys([job.id, uuid4()])) == [job.id]
