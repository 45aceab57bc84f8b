"""What every ledger counts of a user's quotas, in memory and in Postgres."""

from datetime import timedelta

import pytest

from exports_pipeline.adapters.job_store import PostgresJobStore
from exports_pipeline.core.ledger import QueueLimits
from exports_pipeline.core.quota import Figure, Quota, QuotaExceeded, Usage, Used
from exports_pipeline_tests.builders import entry, new_job, requester, stored_file
from exports_pipeline_tests.fakes.clock import NOON
from exports_pipeline_tests.fakes.ledger import InMemoryLedger

ANN = requester("ann").user_id
ROOMY = QueueLimits(per_user=100, total=100)


@pytest.fixture(params=["memory", "postgres"])
def store(request):
    return InMemoryLedger() if request.param == "memory" else PostgresJobStore(request.getfixturevalue("engine"))


def at(hours):
    return NOON + timedelta(hours=hours)


def requested(store, hours=0.0, quota=None, **changes):
    new = new_job("ann", minutes=60 * hours, **changes)
    return store.add(new, entry(new), limits=ROOMY, quota=quota)


def completed(store, hours, *, rows, size):
    job = requested(store, hours)
    store.claim(job.id, 1, run_id="run", now=at(hours))
    file = stored_file(row_count=rows, size_bytes=size)
    store.complete(job.id, 1, file, now=at(hours + 1), expires_at=at(hours + 30), recipients=[])


def test_who_has_done_nothing_has_used_nothing(store):
    completed(store, 0, rows=1, size=1)
    assert store.usage(requester("bob").user_id, Quota(jobs=1), now=at(2)) == Usage()


def test_jobs_count_from_their_request_and_rows_and_bytes_from_their_end(store):
    completed(store, 0, rows=10, size=100)
    completed(store, 5, rows=20, size=200)
    requested(store, 7)
    assert store.usage(ANN, Quota(), now=at(8)) == Usage(
        jobs=Used(amount=3, first_at=at(0)),
        rows=Used(amount=30, first_at=at(1)),
        bytes=Used(amount=300, first_at=at(1)),
        waiting=1,
    )
    later = store.usage(ANN, Quota(), now=at(24))
    assert (later.jobs.amount, later.rows.amount) == (2, 30)
    later = store.usage(ANN, Quota(), now=at(25))
    assert (later.rows.amount, later.bytes.amount, later.resets_at(Figure.ROWS)) == (20, 200, at(30))


def test_a_limit_that_is_met_says_which_use_must_pass_for_room(store):
    for hours, rows in ((0, 10), (2, 50), (4, 10), (6, 10)):
        completed(store, hours, rows=rows, size=rows)
    used = store.usage(ANN, Quota(jobs=3, rows=30, bytes=80), now=at(8))
    assert used.resets_at(Figure.JOBS) == at(2 + 24)
    assert used.resets_at(Figure.ROWS) == at(3 + 24)
    assert used.resets_at(Figure.BYTES) == at(1 + 24)
    used = store.usage(ANN, Quota(rows=81), now=at(8))
    assert used.rows.met_at is None


def test_the_job_that_crosses_a_limit_is_completed_and_the_next_one_refused(store):
    quota = Quota(rows=15)
    completed(store, 0, rows=10, size=1)
    job = requested(store, 2, quota)
    store.claim(job.id, 1, run_id="run", now=at(2))
    file = stored_file(row_count=1_000)
    store.complete(job.id, 1, file, now=at(3), expires_at=at(30), recipients=[])
    with pytest.raises(QuotaExceeded) as refused:
        requested(store, 4, quota)
    told = refused.value
    assert (told.policy, told.limit, told.left) == ("rows-per-day", 15, 0)
    assert told.retry_after_s == 23 * 3600
    assert "1,010" in told.sentence
    assert "2026-03-02 15:00:00 UTC" in told.sentence
    requested(store, 27.001, quota)


def test_as_many_jobs_as_one_may_and_no_more(store):
    quota = Quota(jobs=2)
    for _ in range(2):
        requested(store, 0, quota)
    with pytest.raises(QuotaExceeded, match="2 jobs a day"):
        requested(store, 1, quota)
    bob = new_job("bob")
    store.add(bob, entry(bob), limits=ROOMY, quota=quota)
    requested(store, 24, quota)


def test_a_repeated_request_is_no_second_one(store):
    quota, key = Quota(jobs=1), {"idempotency_key": "k", "request_digest": "d"}
    first = requested(store, 0, quota, **key)
    assert requested(store, 1, quota, **key).id == first.id
    alike = {"request_digest": "same", "is_shared": True}
    shared = requested(store, 30, quota, **alike)
    assert requested(store, 31, quota, **alike).id == shared.id


def test_nothing_is_written_of_a_job_that_was_refused(store):
    with pytest.raises(QuotaExceeded):
        requested(store, 0, Quota(jobs=0))
    assert store.usage(ANN, Quota(jobs=0), now=at(1)).jobs.amount == 0
    assert Usage().resets_at(Figure.JOBS) is None
