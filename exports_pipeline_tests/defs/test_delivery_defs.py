"""What sends deliveries in Dagster, over ports in memory."""

from dataclasses import replace
from datetime import timedelta

import dagster as dg
import pytest
from dagster._core.test_utils import create_run_for_test

from exports_pipeline.adapters.dagster_own_process import OWN_PROCESS_TAG
from exports_pipeline.adapters.export_runs import run_config, run_tags
from exports_pipeline.core.delivery import DeliveryState
from exports_pipeline.core.errors import DeliveryUnavailable
from exports_pipeline.core.export_job import ExportRequest
from exports_pipeline.core.recipient import Channel, Recipient
from exports_pipeline.defs.deliveries import due_deliveries, file_transfers
from exports_pipeline.defs.export import dataset_export
from exports_pipeline.defs.telegram import telegram_updates
from exports_pipeline.usecases.deliver import deliver_result
from exports_pipeline.usecases.request_export import request_export
from exports_pipeline.usecases.save_destination import Draft, save_destination
from exports_pipeline_tests.builders import requester, stored_file
from exports_pipeline_tests.fakes.ports import fake_ports
from exports_pipeline_tests.fakes.runs import FakeSender

ANN = requester("ann")
TO_42 = Recipient(channel=Channel.TELEGRAM, address="42")


@pytest.fixture
def ports():
    ports = fake_ports()
    ports.senders["sftp"] = FakeSender()
    return ports


@pytest.fixture
def instance():
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


def requested(ports, *recipients):
    request = ExportRequest(dataset="sales", format="csv")
    return request_export(request, ANN, ports=ports, recipients=recipients).job


def execute(job, ports, instance):
    given = {"run_config": run_config(job), "tags": run_tags(job), "resources": {"ports": ports}}
    return dataset_export.execute_in_process(**given, instance=instance, raise_on_error=False)


def bank(ports):
    """A saved destination that takes files."""
    place = {"username": "u", "host_key": "ssh-ed25519 AAAA"}
    draft = Draft(name="Bank", channel="sftp", address="h", options=place, secrets={"password": "p"})
    return Recipient(channel=Channel.SFTP, destination_id=save_destination(draft, ANN, ports=ports).id)


def test_the_sweep_sends_what_is_due(ports, instance):
    job = requested(ports, TO_42)
    ports.senders["telegram"].error = DeliveryUnavailable()
    execute(job, ports, instance)
    ports.senders["telegram"].error = None
    ports.clock.advance(60)
    (said,) = due_deliveries(dg.build_sensor_context(instance=instance), ports=ports)
    assert said.skip_message == "1 sent, 0 postponed, 0 failed"


def test_the_sweep_has_a_run_send_files_that_are_due_and_begins_no_second_one(ports, instance):
    job = requested(ports, bank(ports))
    ports.senders["sftp"].error = DeliveryUnavailable()
    execute(job, ports, instance)
    ports.clock.advance(60)
    context = dg.build_sensor_context(instance=instance)
    request, said = due_deliveries(context, ports=ports)
    assert OWN_PROCESS_TAG in request.tags
    assert said.skip_message == "0 sent, 0 postponed, 0 failed"
    create_run_for_test(instance, job_name="file_transfers", status=dg.DagsterRunStatus.STARTED)
    assert len(list(due_deliveries(context, ports=ports))) == 1
    ports.senders["sftp"].error = None
    assert file_transfers.execute_in_process(resources={"ports": ports}, instance=instance).success
    assert ports.outbox.of_job(job.id)[0].state is DeliveryState.SENT


def test_a_large_file_for_a_server_is_left_to_a_run_of_its_own(ports):
    job = requested(ports, bank(ports), TO_42)
    ports.jobs.claim(job.id, 1, run_id="run", now=ports.clock())
    times = {"now": ports.clock(), "expires_at": ports.clock() + timedelta(days=1)}
    large = replace(stored_file(), size_bytes=20_000_001)
    ports.jobs.complete(job.id, 1, large, recipients=job.recipients, **times)
    assert deliver_result(job.id, ports=ports).sent == 1
    assert ports.outbox.is_due([Channel.SFTP], now=ports.clock())


def test_a_transfer_keeps_its_lease_for_as_long_as_the_file_is_read(ports, instance):
    class SlowServer(FakeSender):
        def send(self, target, message):
            for _ in message.file.chunks():
                assert not ports.outbox.is_due([Channel.SFTP], now=ports.clock())
            return super().send(target, message)

    def slow_chunks(_key):
        for _ in range(20):
            ports.clock.advance(60)
            yield b"x"

    ports.senders["sftp"], ports.objects.chunks = SlowServer(), slow_chunks
    job = requested(ports, bank(ports))
    execute(job, ports, instance)
    assert ports.outbox.of_job(job.id)[0].state is DeliveryState.SENT


def test_the_bot_is_asked_where_there_is_one(ports):
    context = dg.build_sensor_context()
    assert telegram_updates(context, ports=ports).skip_message == "No bot is set up."
