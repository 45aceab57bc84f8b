"""What every ledger keeps of its queue: limits, shares and places, in memory and in Postgres."""

from datetime import timedelta

import pytest

from exports_pipeline.adapters.job_store import PostgresJobStore
from exports_pipeline.core.errors import LostClaim
from exports_pipeline.core.ledger import QueueLimits
from exports_pipeline.core.lifecycle import Status
from exports_pipeline.core.refusals import QueueFull
from exports_pipeline_tests.builders import entry, new_job
from exports_pipeline_tests.fakes.clock import NOON
from exports_pipeline_tests.fakes.ledger import InMemoryLedger

LATER = NOON + timedelta(hours=1)
ROOMY = QueueLimits(per_user=100, total=100)


@pytest.fixture(params=["memory", "postgres"])
def store(request):
    if request.param == "memory":
        return InMemoryLedger()
    return PostgresJobStore(request.getfixturevalue("engine"))


def add(store, name="ann", *, limits=ROOMY, **changes):
    new = new_job(name, **changes)
    return store.add(new, entry(new), limits=limits)


def start(store, name="ann", **changes):
    job = add(store, name, **changes)
    return store.claim(job.id, 1, run_id=f"run of {job.id}", now=NOON)


def test_a_user_may_queue_as_many_as_the_limit_and_others_are_not_concerned(store):
    limits = QueueLimits(per_user=2, total=100)
    for _ in range(2):
        add(store, "ann", limits=limits)
    with pytest.raises(QueueFull) as refused:
        add(store, "ann", limits=limits)
    assert (refused.value.policy, refused.value.limit) == ("queue-per-user", 2)
    add(store, "bob", limits=limits)


def test_all_together_may_queue_as_many_as_the_limit(store):
    limits = QueueLimits(per_user=9, total=2)
    for name in ("ann", "bob"):
        add(store, name, limits=limits)
    with pytest.raises(QueueFull) as refused:
        add(store, "cecil", limits=limits)
    assert (refused.value.policy, refused.value.limit) == ("queue", 2)


def test_many_are_entered_at_once_each_by_its_id_as_long_as_there_is_room(store):
    add(store, "ann")
    jobs = [new_job(name) for name in ("ann", "ann", "bob")]
    add(store, "bob")
    batch = [(job, entry(job)) for job in jobs]
    there = store.add_all(batch, limits=QueueLimits(per_user=2, total=100))
    assert there == {jobs[0].id, jobs[2].id}
    assert store.get(jobs[1].id) is None
    assert store.get(jobs[0].id).requester == jobs[0].requester
    assert store.add_all(batch, limits=QueueLimits(per_user=1, total=100)) == there
    assert store.add_all(batch, limits=ROOMY) == {job.id for job in jobs}
    assert store.add_all(batch[:1], limits=QueueLimits(per_user=1, total=1)) == {jobs[0].id}


def test_a_batch_keeps_to_the_limit_of_all(store):
    add(store, "ann")
    add(store, "bob")
    jobs = [new_job(name) for name in ("ann", "bob")]
    there = store.add_all([(job, entry(job)) for job in jobs], limits=QueueLimits(per_user=9, total=3))
    assert there == {jobs[0].id}


def test_what_has_a_slot_waits_no_more(store):
    limits = QueueLimits(per_user=1, total=1)
    add(store, limits=limits)
    store.reserve(slots=1, now=LATER)
    add(store, limits=limits)


def test_a_repeated_request_gets_its_first_answer_from_a_full_queue(store):
    limits = QueueLimits(per_user=1, total=1)
    first = add(store, limits=limits, idempotency_key="k", request_digest="d")
    assert add(store, limits=limits, idempotency_key="k", request_digest="d").id == first.id


def test_no_user_has_more_slots_than_their_share(store):
    for minutes in range(3):
        add(store, "ann", minutes=minutes)
    bob = add(store, "bob", minutes=9)
    reserved = store.reserve(slots=4, now=LATER, per_user=1)
    assert {job.requester.owner_key for job in reserved} == {"ann", "bob"}
    assert len(reserved) == 2
    assert bob.id in {job.id for job in reserved}
    assert store.reserve(slots=4, now=LATER, per_user=1) == []


def test_a_large_job_goes_on_while_it_finds_a_place_among_the_large(store):
    job = start(store)
    assert store.admit_large(job.id, 1, large=1, now=NOON)
    now = store.get(job.id)
    assert (now.status, now.attempt, now.is_large) == (Status.RUNNING, 1, True)


def test_a_large_job_too_many_is_put_back_and_has_not_used_up_a_try(store):
    first, second = start(store, "ann"), start(store, "bob", minutes=1)
    store.admit_large(first.id, 1, large=1, now=NOON)
    assert not store.admit_large(second.id, 1, large=1, now=LATER)
    now = store.get(second.id)
    assert (now.status, now.attempt, now.tries, now.is_large) == (Status.PENDING, 2, 1, True)
    assert (now.run_id, now.dispatched_at, now.started_at, now.error) == (None, None, None, None)
    with pytest.raises(LostClaim):
        store.admit_large(second.id, 1, large=1, now=LATER)


def test_large_jobs_wait_for_their_share_while_small_ones_pass(store):
    first, second = start(store, "ann"), start(store, "ann", minutes=1)
    store.admit_large(first.id, 1, large=1, now=NOON)
    store.admit_large(second.id, 1, large=1, now=NOON)
    small = [add(store, "ann", minutes=minutes) for minutes in (5, 6)]
    assert [job.id for job in store.reserve(slots=3, now=LATER, large=1)] == [job.id for job in small]
    store.requeue(first.id, 1, LostClaim(), due_at=LATER + timedelta(days=1), forgive=False)
    assert [job.id for job in store.reserve(slots=3, now=LATER, large=1)] == [second.id]


def test_a_launch_that_waits_behind_working_slots_is_not_lost(store):
    start(store, "ann")
    lost = add(store, "bob")
    store.reserve(slots=2, now=NOON)
    assert store.never_began(since=LATER, slots=1) == []
    assert [job.id for job in store.never_began(since=LATER, slots=2)] == [lost.id]


def test_places_are_the_order_of_dispatch(store):
    start(store, "ann", minutes=-9)
    start(store, "ann", minutes=-8)
    start(store, "bob", minutes=-7)
    order = [(name, minutes) for minutes in range(12) for name in ("ann", "bob", "cecil")[: 1 + minutes % 3]]
    jobs = [add(store, name, minutes=minutes) for name, minutes in order]
    seen = store.look([job.id for job in jobs], slots=2)
    places = {job_id: each.place.position for job_id, each in seen.items()}
    assert sorted(places.values()) == list(range(1, len(jobs) + 1))
    for place in range(1, len(jobs) + 1):
        [job] = store.reserve(slots=3 + place, now=LATER + timedelta(seconds=place))
        assert places[job.id] == place
