"""Deliveries whose senders break, vanish or come late, and whose owners lose their rights meanwhile."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from exports_pipeline.adapters.message_templates import JinjaMessages
from exports_pipeline.adapters.vault import KeyVault
from exports_pipeline.core.delivery import DeliveryState
from exports_pipeline.core.destination import Destination
from exports_pipeline.core.errors import DeliveryRefused, DeliveryUnavailable
from exports_pipeline.core.export_job import ExportRequest
from exports_pipeline.core.ledger import AuditEntry
from exports_pipeline.core.recipient import Channel, Recipient
from exports_pipeline.usecases.deliver import deliver
from exports_pipeline.usecases.request_export import request_export
from exports_pipeline.usecases.run_export import run_export
from exports_pipeline_tests.builders import requester
from exports_pipeline_tests.fakes.ports import fake_ports
from exports_pipeline_tests.fakes.runs import FakeSender

ANN = requester("ann")
TO_42 = Recipient(channel=Channel.TELEGRAM, address="42")
TO_43 = Recipient(channel=Channel.TELEGRAM, address="43")


@pytest.fixture
def ports():
    return fake_ports()


def completed(ports, *recipients, who=ANN):
    ports.users.seen(who, at=ports.clock())
    job = request_export(ExportRequest(dataset="sales", format="csv"), who, ports=ports, recipients=recipients).job
    run_export(job.id, 1, run_id="run", ports=ports)
    return job


def only(ports):
    (delivery,) = ports.jobs.deliveries.values()
    return delivery


def test_a_sender_that_breaks_keeps_no_other_delivery_from_being_sent(ports):
    class BreaksAt42(FakeSender):
        def send(self, target, message):
            if target.address == "42":
                raise AttributeError
            return super().send(target, message)

    ports.senders["telegram"] = BreaksAt42()
    completed(ports, TO_42, TO_43)
    told = deliver(ports)
    assert (told.sent, told.postponed) == (1, 1)
    assert [type(error) for error in told.unforeseen] == [AttributeError]
    for _ in range(8):
        ports.clock.advance(6000)
        deliver(ports)
    states = {each.recipient.address: each.state for each in ports.jobs.deliveries.values()}
    assert states == {"42": DeliveryState.FAILED, "43": DeliveryState.SENT}


def test_a_delivery_that_kills_whoever_sends_it_is_given_up_in_the_end(ports):
    completed(ports, TO_42)
    for _ in range(32):
        assert ports.outbox.reserve(job_id=None, now=ports.clock(), lease=timedelta(minutes=2))
        ports.clock.advance(121)
    assert deliver(ports).failed == 1
    assert only(ports).last_error.startswith("Every try to send this came to no end")


def test_a_channel_that_asks_for_an_age_gets_a_day(ports):
    ports.senders["telegram"].error = DeliveryUnavailable(retry_after_s=1e300)
    completed(ports, TO_42)
    assert deliver(ports).postponed == 1
    assert only(ports).next_try_at == ports.clock() + timedelta(days=1)


def test_a_try_that_fails_after_its_lease_does_not_disturb_the_next_one(ports):
    class TooSlow(FakeSender):
        def send(self, target, message):
            ports.clock.advance(121)
            ports.outbox.reserve(job_id=None, now=ports.clock(), lease=timedelta(minutes=2))
            raise DeliveryUnavailable

    ports.senders["telegram"] = TooSlow()
    completed(ports, TO_42)
    deliver(ports)
    assert (only(ports).state, only(ports).tries) == (DeliveryState.SENDING, 2)


def test_a_file_that_another_try_has_begun_to_send_is_let_go(ports):
    class Stalls(FakeSender):
        def send(self, target, message):
            chunks = message.file.chunks()
            ports.clock.advance(121)
            ports.outbox.reserve(job_id=None, now=ports.clock(), lease=timedelta(minutes=2))
            for _ in chunks:
                ports.clock.advance(60)
            for _ in message.file.chunks():
                ports.clock.advance(60)
            return super().send(target, message)

    ports.senders["telegram"] = stalls = Stalls()
    ports.objects.chunks = lambda _key: iter([b"a", b"b", b"c"])
    completed(ports, TO_42)
    assert deliver(ports).postponed == 1
    assert (stalls.sent, only(ports).tries) == ([], 2)


def test_a_template_that_is_mended_within_the_day_loses_no_message(tmp_path):
    own = tmp_path / "result.j2"
    own.write_text("{% extends 'built-in/result.j2' %}{% block telegram %}{{ no_such_fact }}{% endblock %}")
    ports = fake_ports(messages=JinjaMessages(tmp_path))
    completed(ports, TO_42)
    for _ in range(20):
        assert deliver(ports).failed == 0
        ports.clock.advance(3600)
    assert "no_such_fact" in only(ports).last_error
    own.write_text("{% extends 'built-in/result.j2' %}{% block telegram %}{{ title }}{% endblock %}")
    ports.clock.advance(3600)
    assert deliver(ports).sent == 1


def saved(ports):
    place = Destination(
        id=uuid4(),
        user_id=ANN.user_id,
        name="Room",
        channel=Channel.TELEGRAM,
        address="42",
        secret_names=("token",),
        created_at=ports.clock(),
        updated_at=ports.clock(),
    )
    noted = AuditEntry(at=ports.clock(), actor=ANN.user_id, action="destination.saved")
    ports.destinations.add(place, ports.vault.seal(b'{"token": "x"}'), noted)
    return Recipient(channel=Channel.TELEGRAM, destination_id=place.id)


def test_what_waits_for_a_key_that_is_gone_is_sent_when_it_is_back(ports):
    completed(ports, saved(ports))
    assert deliver(replace(ports, vault=KeyVault("new"))).postponed == 1
    assert "EXPORTS_DESTINATION_SECRET" in only(ports).last_error
    ports.clock.advance(10)
    assert deliver(replace(ports, vault=KeyVault("new, a-secret-of-the-tests"))).sent == 1


def test_what_waits_for_a_destination_that_is_deleted_fails_and_says_so(ports):
    recipient = saved(ports)
    completed(ports, recipient)
    noted = AuditEntry(at=ports.clock(), actor=ANN.user_id, action="destination.deleted")
    ports.destinations.delete(recipient.destination_id, noted)
    assert deliver(ports).failed == 1
    assert only(ports).last_error == "The destination was deleted."


def test_operators_hear_where_no_other_channel_reaches_the_owner(ports):
    operators = Recipient(channel=Channel.EMAIL, address="ops@example.com")
    ports = replace(ports, operators=operators)
    completed(ports, TO_42)
    ports.senders["telegram"].error = DeliveryRefused("No such chat.")
    for _ in range(2):
        deliver(ports)
    assert [address for address, _ in ports.senders["email"].sent] == ["ops@example.com"]


def test_no_file_leaves_for_an_owner_who_was_kept_out_meanwhile(ports):
    completed(ports, TO_42)
    ports.users.set_active(ANN.user_id, is_active=False, at=ports.clock())
    assert deliver(ports).failed == 1
    assert ports.senders["telegram"].sent == []
    assert "may no longer share" in only(ports).last_error


def test_no_file_leaves_for_an_owner_who_lost_the_right_it_was_made_with(ports):
    completed(ports, TO_42, who=requester("ann", "UNMASK"))
    ports.users.seen(ANN, at=ports.clock())
    assert deliver(ports).failed == 1
    assert ports.senders["telegram"].sent == []


def test_a_message_whose_link_was_revoked_is_not_sent(ports):
    completed(ports, TO_42)
    ports.senders["telegram"].error = DeliveryUnavailable()
    deliver(ports)
    ports.senders["telegram"].error = None
    noted = AuditEntry(at=ports.clock(), actor=ANN.user_id, action="link.revoked")
    assert ports.links.revoke(only(ports).id, noted)
    ports.clock.advance(60)
    assert deliver(ports).failed == 1
    assert ports.senders["telegram"].sent == []
