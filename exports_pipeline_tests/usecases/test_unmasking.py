"""UNMASK takes effect where a reason is given, for the one request, and is written down first."""

from dataclasses import replace
from datetime import timedelta

import pytest

from exports_pipeline.core.errors import LedgerUnavailable
from exports_pipeline.core.export_job import ExportRequest
from exports_pipeline.core.lifecycle import Status
from exports_pipeline.core.recipient import Channel, Recipient
from exports_pipeline.core.requester import Permission
from exports_pipeline.usecases.check_sharing import check_sharing
from exports_pipeline.usecases.estimate_export import estimate_export
from exports_pipeline.usecases.read_datasets import read_dataset
from exports_pipeline.usecases.request_export import request_export
from exports_pipeline.usecases.request_rendition import request_rendition
from exports_pipeline.usecases.run_export import run_export
from exports_pipeline_tests.builders import requester
from exports_pipeline_tests.fakes.clock import NOON
from exports_pipeline_tests.fakes.ports import fake_ports
from exports_pipeline_tests.ticking import added, run_all, ticked

ANN = requester("ann", "UNMASK")
WHY = "Ticket 4712"


@pytest.fixture
def ports():
    ports = fake_ports(unmask_needs_reason=True)
    return replace(ports, limits=replace(ports.limits, schedule_spread=timedelta(0)))


def requested(ports, who=ANN, **changes):
    return request_export(ExportRequest(**{"dataset": "sales", "format": "jsonl"} | changes), who, ports=ports).job


def made(ports, who=ANN, **changes):
    return ran(ports, requested(ports, who, **changes))


def ran(ports, job):
    run_export(job.id, 1, run_id="run", ports=ports)
    return ports.jobs.get(job.id)


def shows_cards(ports, job):
    return b"4111" in ports.objects.objects[ports.jobs.get(job.id).result.object_key].body


def lifted(ports):
    return [each.details for each in ports.audit.audit if each.action == "redaction.lifted"]


def test_without_a_reason_whoever_may_unmask_gets_what_everybody_gets(ports):
    job = made(ports)
    assert (shows_cards(ports, job), job.result.redactions, lifted(ports)) == (
        False, {"card": "mask", "pin": "drop"}, []
    )  # fmt: skip


def test_without_the_permission_a_reason_lifts_nothing(ports):
    job = made(ports, requester("ann"), unmask_reason=WHY)
    assert (shows_cards(ports, job), job.unmask_reason, lifted(ports)) == (False, None, [])


def test_with_both_columns_are_shown_and_the_log_says_which_and_why(ports):
    job = made(ports, unmask_reason=WHY)
    assert shows_cards(ports, job)
    assert lifted(ports) == [{"dataset": "sales", "columns": ["card", "pin"], "reason": WHY}]
    [asked] = [each for each in ports.audit.audit if each.action == "export.requested"]
    assert asked.details["unmasked"]


def test_a_deployment_may_ask_for_no_reason_and_still_notes_it():
    ports = fake_ports(unmask_needs_reason=False)
    assert shows_cards(ports, made(ports))
    assert lifted(ports) == [{"dataset": "sales", "columns": ["card", "pin"], "reason": None}]


def test_what_cannot_be_noted_is_not_shown(ports):
    class Deaf:
        def record(self, _entry):
            raise LedgerUnavailable

    job = requested(ports, unmask_reason=WHY)
    with pytest.raises(LedgerUnavailable):
        run_export(job.id, 1, run_id="run", ports=replace(ports, audit=Deaf()))
    assert ports.jobs.get(job.id).status is not Status.COMPLETED
    assert not any(b"4111" in each.body for each in ports.objects.objects.values())


def test_a_request_without_a_reason_takes_the_permission_from_nobody(ports):
    made(ports)
    assert Permission.UNMASK in ports.users.requester(ANN.user_id).permissions
    earlier = made(ports, unmask_reason=WHY)
    requested(ports)
    check_sharing(earlier, ports=ports)


def test_an_estimate_shows_cards_with_a_reason_only_and_notes_it(ports):
    def told(reason):
        request = ExportRequest(dataset="sales", format="csv", unmask_reason=reason)
        return {row["card"] for row in estimate_export(request, ANN, ports=ports).preview}

    assert (told(None), lifted(ports)) == ({"***"}, [])
    assert told(WHY) == {"4111"}
    assert [each["reason"] for each in lifted(ports)] == [WHY]


def test_a_dataset_is_described_as_a_request_without_a_reason_would_show_it(ports):
    shown = {each.name: each.redaction for each in read_dataset("sales", ANN, ports=ports).columns}
    assert (shown["card"], shown["amount"], "pin" in shown) == ("mask", "", False)


def test_a_reason_makes_another_request_of_an_identical_one(ports):
    def asked(reason):
        request = ExportRequest(dataset="sales", format="csv", unmask_reason=reason)
        return request_export(request, ANN, ports=ports, share=True).job.id

    assert len({asked(None), asked(WHY), asked("Another one"), asked(WHY)}) == 3


def test_a_rendition_of_an_unmasked_result_is_noted_with_its_reason(ports):
    job = made(ports, options={"keep_result": True}, unmask_reason=WHY)
    again = ran(ports, request_rendition(job.id, "csv", {}, ANN, ports=ports).job)
    assert (again.unmask_reason, again.result.lifted) == (WHY, ("card", "pin"))
    assert [each["reason"] for each in lifted(ports)] == [WHY, WHY]


def test_a_schedule_unmasks_while_its_owner_may_and_for_nobody_else(ports):
    bob = requester("bob", "UNMASK")
    ports.users.seen(bob, at=NOON)
    person = Recipient(channel=Channel.TELEGRAM, address=str(bob.user_id))
    body = {"dataset_id": "sales", "unmask_reason": WHY}
    added(
        ports,
        ANN,
        body=body,
        per_recipient=True,
        recipients=(Recipient(channel=Channel.TELEGRAM, address="42"), person),
    )
    ticked(ports)
    run_all(ports)
    told = {job.requester.owner_key: (job.unmask_reason, job.result.lifted) for job in ports.jobs.jobs.values()}
    assert told == {"ann": (WHY, ("card", "pin")), "bob": (None, ())}
    ports.users.seen(requester("ann"), at=NOON)
    ticked(ports)
    run_all(ports)
    assert len(lifted(ports)) == 1
