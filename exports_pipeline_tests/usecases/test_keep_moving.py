"""Dispatching, sweeping and everything that keeps exports moving."""

from dataclasses import replace
from datetime import timedelta

import pytest

from exports_pipeline.core.delivery import DeliveryState
from exports_pipeline.core.errors import DeliveryRefused, DeliveryUnavailable, LedgerUnavailable, RunsUnavailable
from exports_pipeline.core.export_job import ExportRequest, Progress
from exports_pipeline.core.lifecycle import Status
from exports_pipeline.core.limits import Limits
from exports_pipeline.core.manifest import manifest_key
from exports_pipeline.core.recipient import Channel, Recipient
from exports_pipeline.core.refusals import WrongStatus
from exports_pipeline.usecases.cancel_export import cancel_export
from exports_pipeline.usecases.deliver import deliver
from exports_pipeline.usecases.dispatch_exports import dispatch
from exports_pipeline.usecases.expire import expire
from exports_pipeline.usecases.reconcile import reconcile, settle_ended_run
from exports_pipeline.usecases.request_export import request_export
from exports_pipeline.usecases.retry_export import retry_export
from exports_pipeline.usecases.run_export import run_export
from exports_pipeline_tests.builders import requester
from exports_pipeline_tests.fakes.outbox import InMemoryOutbox
from exports_pipeline_tests.fakes.ports import fake_ports
from exports_pipeline_tests.fakes.runs import FakeSender

ANN = requester("ann")


class ForgetfulOutbox(InMemoryOutbox):
    """An outbox whose database is away when the first delivery is settled."""

    is_away = True

    def sent(self, delivery, *, receipt, now):
        if self.is_away:
            self.is_away = False
            raise LedgerUnavailable
        super().sent(delivery, receipt=receipt, now=now)


@pytest.fixture
def ports():
    return fake_ports()


def requested(ports, recipients=()):
    request = ExportRequest(dataset="sales", format="csv")
    return request_export(request, ANN, ports=ports, recipients=recipients).job


def completed(ports, recipients=()):
    job = requested(ports, recipients)
    run_export(job.id, 1, run_id="run", ports=ports)
    return ports.jobs.get(job.id)


def test_dispatch_fills_the_free_slots_and_no_more(ports):
    jobs = [requested(ports) for _ in range(3)]
    assert dispatch(ports) == 2
    assert dispatch(ports) == 0
    assert len(ports.runs.launched) == 2
    assert all(ports.jobs.get(job_id).run_id for job_id, _ in ports.runs.launched)
    assert len(jobs) == 3


def test_a_launch_that_fails_keeps_the_job_for_later(ports):
    job = requested(ports)
    ports.runs.error = RunsUnavailable()
    with pytest.raises(RunsUnavailable):
        dispatch(ports)
    seen = ports.jobs.get(job.id)
    assert (seen.status, seen.attempt, seen.dispatched_at) == (Status.PENDING, 1, None)
    ports.runs.error = None
    assert dispatch(ports) == 0
    ports.clock.advance(2)
    assert dispatch(ports) == 1


def test_a_vanished_worker_costs_an_attempt(ports):
    job = requested(ports)
    ports.jobs.claim(job.id, 1, run_id="run", now=ports.clock())
    assert reconcile(ports) == 0
    ports.clock.advance(16)
    assert reconcile(ports) == 1
    seen = ports.jobs.get(job.id)
    assert (seen.status, seen.attempt, seen.error.code) == (Status.PENDING, 2, "worker_lost")
    assert reconcile(ports) == 0


def test_whoever_speaks_up_at_a_second_look_is_alive(ports):
    job = requested(ports)
    ports.jobs.claim(job.id, 1, run_id="run", now=ports.clock())
    ports.clock.advance(60)  # the database was away, or the machine asleep

    def speak_up(seconds):
        ports.clock.advance(seconds)
        ports.jobs.beat(job.id, 1, Progress(), now=ports.clock() - timedelta(seconds=50))  # by a clock that is behind

    assert reconcile(replace(ports, pause=speak_up)) == 0
    assert ports.jobs.get(job.id).status is Status.RUNNING


def test_a_launch_that_never_began_costs_nothing(ports):
    job = requested(ports)
    dispatch(ports)
    run_id = ports.jobs.get(job.id).run_id
    ports.clock.advance(21)
    assert reconcile(ports) == 1
    assert ports.runs.given_up == [run_id]
    seen = ports.jobs.get(job.id)
    assert (seen.attempt, seen.tries) == (2, 1)
    assert dispatch(ports) == 1


def test_a_run_that_failed_by_itself_settles_its_attempt_once(ports):
    job = requested(ports)
    ports.jobs.claim(job.id, 1, run_id="run", now=ports.clock())
    assert settle_ended_run(job.id, 1, run_id="run", is_cancelled=False, ports=ports)
    assert ports.jobs.get(job.id).attempt == 2
    assert not settle_ended_run(job.id, 1, run_id="run", is_cancelled=False, ports=ports)


def test_a_run_that_failed_before_it_began_is_launched_again(ports):
    job = requested(ports)
    dispatch(ports)
    run_id = ports.jobs.get(job.id).run_id
    assert not settle_ended_run(job.id, 1, run_id="an earlier one", is_cancelled=False, ports=ports)
    assert settle_ended_run(job.id, 1, run_id=run_id, is_cancelled=False, ports=ports)
    assert ports.jobs.get(job.id).tries == 1


def test_a_run_cancelled_by_an_operator_cancels_the_job(ports):
    job = requested(ports)
    ports.jobs.claim(job.id, 1, run_id="run", now=ports.clock())
    assert settle_ended_run(job.id, 1, run_id="run", is_cancelled=True, ports=ports)
    assert ports.jobs.get(job.id).status is Status.CANCELLED
    assert not settle_ended_run(job.id, 1, run_id="run", is_cancelled=True, ports=ports)


def test_a_retry_runs_to_completion(ports):
    job = requested(ports)
    cancel_export(job.id, ANN, ports=ports)
    again = retry_export(job.id, ANN, ports=ports)
    assert dispatch(ports) == 1
    assert run_export(job.id, again.attempt, run_id="run", ports=ports).result.row_count == 3
    with pytest.raises(WrongStatus):
        retry_export(job.id, ANN, ports=ports)


TO_42 = [Recipient(channel=Channel.TELEGRAM, address="42")]


def test_a_delivery_is_sent_once(ports):
    job = completed(ports, TO_42)
    assert deliver(ports, job_id=job.id).sent == 1
    assert deliver(ports).sent == 0
    ((address, html),) = ports.senders["telegram"].sent
    assert address == "42"
    assert "3 rows" in html
    (delivery,) = ports.outbox.of_job(job.id)
    assert (delivery.state, delivery.receipt) == (DeliveryState.SENT, "receipt-1")


def test_a_channel_that_is_away_is_tried_again_later(ports):
    job = completed(ports, TO_42)
    ports.senders["telegram"].error = DeliveryUnavailable()
    assert deliver(ports).postponed == 1
    assert deliver(ports).postponed == 0
    ports.senders["telegram"].error = None
    ports.clock.advance(7)
    assert deliver(ports).sent == 1
    assert ports.outbox.of_job(job.id)[0].tries == 2
    assert ports.jobs.get(job.id).status is Status.COMPLETED


def test_what_was_acknowledged_is_noted_even_if_the_database_is_away_at_first(ports):
    job = completed(ports, TO_42)
    outbox = ForgetfulOutbox(ports.jobs)
    assert deliver(replace(ports, outbox=outbox)).sent == 1
    assert ports.outbox.of_job(job.id)[0].state is DeliveryState.SENT
    assert deliver(ports).sent == 0


def test_a_slow_channel_does_not_outlast_the_lease_of_the_deliveries_behind(ports):
    for _ in range(3):
        completed(ports, TO_42)
    others = []

    class SlowSender(FakeSender):
        def send(self, recipient, message):
            ports.clock.advance(90)
            others.append(len(ports.outbox.reserve(job_id=None, now=ports.clock(), lease=timedelta(0), limit=99)))
            return super().send(recipient, message)

    sender = SlowSender()
    deliver(replace(ports, senders={"telegram": sender}))
    assert others == [2, 1, 0]
    assert len(set(sender.sent)) == len(sender.sent) == 3


def test_a_refused_delivery_fails_with_its_reason(ports):
    job = completed(ports, TO_42)
    ports.senders["telegram"].error = DeliveryRefused("blocked")
    assert deliver(ports).failed == 1
    (delivery,) = ports.outbox.of_job(job.id)
    assert (delivery.state, delivery.last_error) == (DeliveryState.FAILED, "blocked")


def test_a_delivery_whose_sender_died_is_tried_again_when_its_lease_ends(ports):
    completed(ports, TO_42)
    ports.outbox.reserve(job_id=None, now=ports.clock(), lease=timedelta(minutes=2))
    assert deliver(ports).sent == 0
    ports.clock.advance(121)
    assert deliver(ports).sent == 1


def test_an_expired_file_is_not_announced(ports):
    job = completed(ports, TO_42)
    ports.clock.advance(25 * 3600)
    assert deliver(ports).failed == 1
    assert "expired" in ports.outbox.of_job(job.id)[0].last_error


def test_a_channel_that_is_not_set_up_any_more_waits_for_the_operator():
    ports = fake_ports(senders={})
    job = completed(ports, TO_42)
    assert deliver(ports, job_id=job.id).postponed == 1


def kept(job):
    return {job.result.object_key, manifest_key(job.result.object_key)}


def test_expired_files_are_deleted_and_fresh_ones_kept(ports):
    old = completed(ports)
    ports.clock.advance(23 * 3600)
    ports.objects.now = ports.clock.now
    fresh = completed(ports)
    ports.clock.advance(2 * 3600)
    assert expire(ports) == 2  # the file, and the manifest beside it
    assert set(ports.objects.objects) == kept(fresh)
    assert expire(ports) == 0
    assert ports.jobs.get(old.id).status is Status.COMPLETED


def test_files_that_no_job_names_are_deleted_once_they_are_old_enough(ports):
    job = completed(ports)
    orphans = [job.result.object_key.replace("/1/", "/7/"), "exports/odd", f"exports/{'0' * 8}/x/1/f"]
    for key in orphans:
        upload = ports.objects.upload(key, content_type="text/csv", download_name="f")
        upload.commit()
    assert expire(ports) == 0
    ports.clock.advance(16 * 60)
    assert expire(ports) == 3
    assert set(ports.objects.objects) == kept(job)


def test_uploads_that_nobody_finished_are_aborted_after_a_day(ports):
    ports.objects.upload("exports/u/j/1/f", content_type="text/csv", download_name="f")
    assert expire(ports) == 0
    ports.clock.advance(25 * 3600)
    assert expire(ports) == 1
    assert ports.objects.uploads == {}


def test_fewer_slots_launch_fewer_jobs():
    ports = fake_ports(limits=Limits(slots=1))
    requested(ports)
    requested(ports)
    assert dispatch(ports) == 1
