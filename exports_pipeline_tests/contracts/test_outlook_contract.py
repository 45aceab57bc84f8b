"""What every ledger answers for an identical request in flight, and foretells of one more job."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from exports_pipeline.adapters.job_store import PostgresJobStore
from exports_pipeline.core.catalog import user_id
from exports_pipeline.core.formats import Format
from exports_pipeline.core.ledger import Outlook, Page, QueueLimits
from exports_pipeline.core.rendition import Rendition
from exports_pipeline_tests.builders import entry, new_job, stored_file
from exports_pipeline_tests.fakes.clock import NOON
from exports_pipeline_tests.fakes.ledger import InMemoryLedger

LATER = NOON + timedelta(hours=1)


@pytest.fixture(params=["memory", "postgres"])
def store(request):
    if request.param == "memory":
        return InMemoryLedger()
    return PostgresJobStore(request.getfixturevalue("engine"))


def add(store, name="ann", *, limits=None, **changes):
    new = new_job(name, **{"request_digest": "d", **changes})
    return store.add(new, entry(new), limits=limits)


def complete(store, job, *, seconds, rows, ended_at=LATER):
    store.claim(job.id, 1, run_id="run", now=ended_at - timedelta(seconds=seconds))
    result = stored_file(row_count=rows, object_key=str(job.id))
    store.complete(job.id, 1, result, now=ended_at, expires_at=LATER, recipients=())


def test_a_rendition_comes_back_as_it_was_written(store):
    rendition = Rendition(of=uuid4(), snapshot="w@1", catalog_version=None, made_at=NOON)
    job = add(store, rendition=rendition)
    assert store.get(job.id).rendition == rendition
    assert store.get(add(store).id).rendition is None


def test_a_shared_job_is_an_identical_one_that_has_not_ended(store):
    first = add(store)
    assert add(store, is_shared=True).id == first.id
    store.reserve(slots=1, now=LATER)
    assert add(store, is_shared=True).id == first.id
    store.claim(first.id, 1, run_id="run", now=LATER)
    assert add(store, is_shared=True).id == first.id
    complete(store, replace(first), seconds=1, rows=1)
    second = add(store, is_shared=True)
    assert second.id != first.id
    store.cancel(second.id, now=LATER, audit=entry(second))
    assert add(store, is_shared=True).id not in {first.id, second.id}


def test_only_ones_own_identical_jobs_without_a_key_are_shared(store):
    others = {
        add(store, "bob").id,
        add(store, request_digest="e").id,
        add(store, idempotency_key="k").id,
    }
    assert add(store, is_shared=True).id not in others
    assert len(store.page(None, Page())) == 4


def test_a_full_queue_refuses_no_request_that_shares(store):
    one = QueueLimits(per_user=1, total=1)
    first = add(store, limits=one)
    assert add(store, limits=one, is_shared=True).id == first.id


def test_who_does_not_ask_to_share_gets_a_job_of_their_own(store):
    assert add(store).id != add(store).id


def test_a_ledger_without_history_foretells_nothing(store):
    assert store.outlook(user_id("ann"), Format.CSV, slots=2) == Outlook(wait_s=0.0, jobs=0)


def test_the_line_goes_through_the_jobs_of_the_format_alone(store):
    for rows, seconds in ((1_000, 3), (2_000, 4), (5_000, 7)):
        complete(store, add(store), seconds=seconds, rows=rows)
    complete(store, add(store, format=Format.JSON), seconds=100, rows=10)
    told = store.outlook(user_id("ann"), Format.CSV, slots=2)
    assert told.jobs == 3
    assert (told.mean_s, told.mean_rows) == (pytest.approx(14 / 3), pytest.approx(8_000 / 3))
    assert (told.fixed_s, told.row_s) == (pytest.approx(2), pytest.approx(0.001))
    assert told.seconds_for(10_000) == pytest.approx(12)


def test_jobs_of_one_size_give_their_mean(store):
    for seconds in (2, 4):
        complete(store, add(store), seconds=seconds, rows=100)
    told = store.outlook(user_id("ann"), Format.CSV, slots=2)
    assert (told.row_s, told.seconds_for(50), told.seconds_for(200)) == (0.0, 3.0, 6.0)


def test_one_waits_for_those_that_have_no_later_turn(store):
    complete(store, add(store), seconds=10, rows=1)
    for name in ("ann", "ann", "bob", "bob", "bob"):
        add(store, name)
    store.reserve(slots=2, now=LATER)  # one of each; ann has one waiting, bob two

    def wait_s(name, slots=2):
        return store.outlook(user_id(name), Format.CSV, slots=slots).wait_s

    assert wait_s("cecil") == pytest.approx(10 * 1 / 2)  # its first turn comes before the second of the others
    assert wait_s("ann") == pytest.approx(10 * (1 + 2 + 1) / 2)
    assert wait_s("bob") == pytest.approx(10 * (2 + 1 + 1) / 2)
    assert wait_s("cecil", slots=3) == 0.0
