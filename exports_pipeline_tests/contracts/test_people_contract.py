"""What every store of users, destinations and links keeps, those in memory and those in Postgres."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest

from exports_pipeline.adapters.destination_store import PostgresDestinationStore
from exports_pipeline.adapters.job_store import PostgresJobStore
from exports_pipeline.adapters.link_store import PostgresLinkStore
from exports_pipeline.adapters.outbox import PostgresOutbox
from exports_pipeline.adapters.user_store import PostgresUserStore
from exports_pipeline.core.delivery import DeliveryState, Kind, Notice
from exports_pipeline.core.destination import Destination
from exports_pipeline.core.errors import DeliveryRefused
from exports_pipeline.core.ledger import AuditEntry
from exports_pipeline.core.recipient import Channel, Recipient
from exports_pipeline.core.refusals import NameTaken
from exports_pipeline_tests.builders import entry, new_job, requester, stored_file
from exports_pipeline_tests.fakes.clock import NOON
from exports_pipeline_tests.fakes.destinations import InMemoryDestinations, InMemoryLinks
from exports_pipeline_tests.fakes.ledger import InMemoryLedger
from exports_pipeline_tests.fakes.outbox import InMemoryOutbox

ANN = replace(requester("ann", "UNMASK"), email="ann@example.com")
LATER = NOON + timedelta(hours=1)
TO_ANN = Recipient(channel=Channel.EMAIL, address="ann@example.com")


@pytest.fixture(params=["memory", "postgres"])
def kept(request):
    if request.param == "memory":
        jobs = InMemoryLedger()
        rooms = {"users": jobs.users, "destinations": InMemoryDestinations(jobs.audit)}
        return SimpleNamespace(jobs=jobs, links=InMemoryLinks(jobs.audit), outbox=InMemoryOutbox(jobs), **rooms)
    engine = request.getfixturevalue("engine")
    rooms = {"users": PostgresUserStore(engine), "destinations": PostgresDestinationStore(engine)}
    links, outbox = PostgresLinkStore(engine), PostgresOutbox(engine)
    return SimpleNamespace(jobs=PostgresJobStore(engine), links=links, outbox=outbox, **rooms)


def noted(action):
    return AuditEntry(at=LATER, actor=ANN.user_id, action=action)


def a_destination(**changes):
    place = Destination(
        id=uuid4(),
        user_id=ANN.user_id,
        name="Bank",
        channel=Channel.SFTP,
        address="sftp.example.com",
        options={"port": 22},
        secret_names=("password",),
        created_at=NOON,
        updated_at=NOON,
    )
    return replace(place, **changes)


def saved(kept, **changes):
    place = a_destination(**changes)
    kept.users.seen(ANN, at=NOON)
    kept.destinations.add(place, b"sealed", noted("destination.saved"))
    return place


def delivered(kept, recipient=TO_ANN):
    new = new_job(requester=ANN, recipients=(recipient,))
    job = kept.jobs.add(new, entry(new))
    kept.jobs.claim(job.id, 1, run_id="run", now=NOON)
    times = {"now": NOON, "expires_at": NOON + timedelta(days=1)}
    kept.jobs.complete(job.id, 1, stored_file(), recipients=job.recipients, **times)
    return job, kept.outbox.of_job(job.id)[0]


def test_a_user_has_the_rights_of_their_last_token(kept):
    assert kept.users.requester(ANN.user_id) is None
    kept.users.seen(requester("ann"), at=NOON)
    kept.users.seen(ANN, at=LATER)
    assert kept.users.requester(ANN.user_id) == ANN


def test_a_user_who_was_kept_out_has_no_rights_until_let_in_again(kept):
    kept.users.seen(ANN, at=NOON)
    assert kept.users.set_active(ANN.user_id, is_active=False, at=NOON)
    kept.users.seen(ANN, at=LATER)
    assert (kept.users.requester(ANN.user_id), kept.users.is_active(ANN.user_id)) == (None, False)
    assert kept.users.set_active(ANN.user_id, is_active=True, at=LATER)
    assert (kept.users.requester(ANN.user_id), kept.users.is_active(ANN.user_id)) == (ANN, True)
    assert not kept.users.set_active(uuid4(), is_active=False, at=NOON)


def test_an_invitation_links_one_chat_once_and_in_time(kept):
    kept.users.seen(ANN, at=NOON)
    kept.users.invite(ANN.user_id, "old", expires_at=LATER)
    kept.users.invite(ANN.user_id, "new", expires_at=LATER)
    assert kept.users.accept("old", "42", now=NOON) is None
    assert kept.users.accept("new", "42", now=LATER) is None
    assert kept.users.accept("new", "42", now=NOON) == ANN.user_id
    assert kept.users.accept("new", "43", now=NOON) is None
    assert kept.users.telegram_chat(ANN.user_id) == "42"


def test_a_chat_is_unlinked_by_its_user_or_by_itself(kept):
    kept.users.seen(ANN, at=NOON)
    for unlink in (lambda: kept.users.unlink(ANN.user_id), lambda: kept.users.unlink_chat("42")):
        kept.users.invite(ANN.user_id, "code", expires_at=LATER)
        kept.users.accept("code", "42", now=NOON)
        unlink()
        assert kept.users.telegram_chat(ANN.user_id) is None
    assert not kept.users.unlink(ANN.user_id)
    assert kept.users.unlink_chat("42") == []


def test_a_chat_that_is_forgotten_says_whose_it_was(kept):
    kept.users.seen(ANN, at=NOON)
    kept.users.invite(ANN.user_id, "code", expires_at=LATER)
    kept.users.accept("code", "42", now=NOON)
    assert kept.users.unlink_chat("42") == [ANN.user_id]


def test_a_destination_comes_back_as_it_was_saved(kept):
    place = saved(kept)
    assert kept.destinations.find(place.id) == place
    assert kept.destinations.sealed(place.id) == b"sealed"
    assert kept.destinations.of_user(ANN.user_id) == [place]
    assert kept.destinations.of_user(uuid4()) == []


def test_a_name_is_taken_once_per_user(kept):
    saved(kept)
    other = saved(kept, name="Other")
    with pytest.raises(NameTaken):
        saved(kept)
    with pytest.raises(NameTaken):
        kept.destinations.change(replace(other, name="Bank"), None, noted("destination.changed"))
    assert kept.destinations.find(other.id).name == "Other"


def test_a_destination_is_changed_and_forgotten_with_its_secrets(kept):
    place = saved(kept)
    changed = replace(place, address="other.example.com", secret_names=(), updated_at=LATER)
    kept.destinations.change(changed, None, noted("destination.changed"))
    assert (kept.destinations.find(place.id), kept.destinations.sealed(place.id)) == (changed, None)
    kept.destinations.delete(place.id, noted("destination.deleted"))
    assert kept.destinations.find(place.id) is None
    assert kept.destinations.sealed(place.id) is None


def test_a_delivery_to_a_destination_names_it(kept):
    _, delivery = delivered(kept, Recipient(channel=Channel.SFTP, destination_id=uuid4()))
    assert delivery.recipient.destination_id is not None
    assert delivery.recipient.address == ""
    assert kept.outbox.reserve(job_id=None, now=LATER, lease=timedelta(minutes=1))[0].recipient == delivery.recipient


def test_a_notice_is_written_once_per_occasion_and_recipient(kept):
    kept.users.seen(ANN, at=NOON)
    notice = Notice(kind=Kind.JOB_FAILED, occasion="a", user_id=ANN.user_id, about={"title": "Sales"})
    ops = Recipient(channel=Channel.SLACK, address="C1")
    added = [kept.outbox.add(notice, to, now=NOON) for to in (TO_ANN, TO_ANN, ops)]
    assert added == [True, False, True]
    assert kept.outbox.add(replace(notice, occasion="b"), TO_ANN, now=NOON)
    due = kept.outbox.reserve(job_id=None, now=LATER, lease=timedelta(minutes=1))
    assert sorted(each.recipient.channel for each in due) == ["email", "email", "slack"]
    assert {(each.kind, each.user_id, each.about["title"]) for each in due} == {("job_failed", ANN.user_id, "Sales")}


def test_only_a_failed_delivery_is_sent_again_with_its_tries_forgotten(kept):
    _, delivery = delivered(kept)
    assert kept.outbox.again(delivery.id, now=NOON, audit=noted("delivery.retried")) is None
    (held,) = kept.outbox.reserve(job_id=None, now=NOON, lease=timedelta(minutes=1))
    kept.outbox.failed(held, DeliveryRefused("no"), now=NOON)
    again = kept.outbox.again(delivery.id, now=LATER, audit=noted("delivery.retried"))
    assert (again.state, again.tries, again.next_try_at) == (DeliveryState.PENDING, 0, LATER)
    assert kept.outbox.again(uuid4(), now=LATER, audit=noted("delivery.retried")) is None


def test_a_delivery_has_one_link_whose_end_moves_until_it_is_closed(kept):
    job, delivery = delivered(kept)
    first = kept.links.make(delivery.id, job.id, now=NOON, expires_at=LATER)
    second = kept.links.make(delivery.id, job.id, now=NOON, expires_at=LATER + timedelta(hours=1))
    assert (second.id, second.expires_at) == (first.id, LATER + timedelta(hours=1))
    assert kept.links.revoke(delivery.id, noted("link.revoked"))
    assert not kept.links.revoke(delivery.id, noted("link.revoked"))
    third = kept.links.make(delivery.id, job.id, now=NOON, expires_at=LATER + timedelta(hours=2))
    assert (third.expires_at, third.revoked_at) == (second.expires_at, LATER)
    assert kept.links.of_job(job.id) == [third]


def test_openings_are_counted(kept):
    job, delivery = delivered(kept)
    link = kept.links.make(delivery.id, job.id, now=NOON, expires_at=LATER)
    for _ in range(2):
        kept.links.opened(link.id, noted("link.opened"))
    found = kept.links.find(link.id)
    assert (found.opened, found.last_opened_at) == (2, LATER)
    assert kept.links.find(uuid4()) is None


def test_what_an_earlier_try_says_late_changes_nothing_unless_it_arrived(kept):
    delivered(kept)
    (first,) = kept.outbox.reserve(job_id=None, now=NOON, lease=timedelta(minutes=1))
    (second,) = kept.outbox.reserve(job_id=None, now=LATER, lease=timedelta(minutes=1))
    assert (first.tries, second.tries) == (1, 2)
    assert not kept.outbox.renew(first, until=LATER + timedelta(days=1))
    kept.outbox.postponed(first, DeliveryRefused("late"), next_try_at=NOON)
    kept.outbox.failed(first, DeliveryRefused("late"), now=LATER)
    (now_kept,) = kept.outbox.of_job(first.job_id)
    assert (now_kept.state, now_kept.last_error) == (DeliveryState.SENDING, None)
    assert kept.outbox.renew(second, until=LATER + timedelta(minutes=2))
    kept.outbox.sent(first, receipt="it had arrived", now=LATER)
    kept.outbox.postponed(second, DeliveryRefused("twice"), next_try_at=NOON)
    (now_kept,) = kept.outbox.of_job(first.job_id)
    assert (now_kept.state, now_kept.receipt) == (DeliveryState.SENT, "it had arrived")


def test_sweeps_at_the_same_time_never_get_the_same_delivery(engine):
    store, recipients = PostgresJobStore(engine), [replace(TO_ANN, address=f"{n}@example.com") for n in range(40)]
    new = new_job(requester=ANN, recipients=tuple(recipients))
    job = store.add(new, entry(new))
    store.claim(job.id, 1, run_id="run", now=NOON)
    times = {"now": NOON, "expires_at": NOON + timedelta(days=1)}
    store.complete(job.id, 1, stored_file(), recipients=job.recipients, **times)

    def sweep(_place):
        outbox, got = PostgresOutbox(engine), []
        while held := outbox.reserve(job_id=None, now=NOON, lease=timedelta(minutes=1), limit=1):
            got.extend(held)
        return got

    with ThreadPoolExecutor(4) as pool:
        got = [each.id for sweep_got in pool.map(sweep, range(4)) for each in sweep_got]
    assert len(got) == len(set(got)) == 40
