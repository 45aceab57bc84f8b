"""The clock of a worker is set forward or back in the middle of an export."""

import asyncio
import time
from datetime import timedelta

import pytest

from exports_api.auth import SharedSecretVerifier
from exports_pipeline.core.errors import LostClaim
from exports_pipeline.core.export_job import ExportRequest
from exports_pipeline.core.lifecycle import Status
from exports_pipeline.core.refusals import InvalidToken
from exports_pipeline.usecases.cancel_export import cancel_export
from exports_pipeline.usecases.reconcile import reconcile
from exports_pipeline.usecases.request_export import request_export
from exports_pipeline.usecases.run_export import run_export
from exports_pipeline_tests.api_client import SECRET, token_of
from exports_pipeline_tests.builders import requester
from exports_pipeline_tests.fakes.ports import fake_ports

ANN = requester("ann")
HOUR_S, DAY_S = 3_600, 86_400


@pytest.fixture
def ports():
    return fake_ports()


def requested(ports):
    return request_export(ExportRequest(dataset="sales", format="csv"), ANN, ports=ports).job


def run(ports, job, attempt=1):
    return run_export(job.id, attempt, run_id="run", ports=ports)


@pytest.mark.parametrize("seconds", [-HOUR_S, -DAY_S, HOUR_S, DAY_S])
def test_an_export_ends_well_and_its_file_is_kept_as_long_as_promised(ports, seconds):
    job = requested(ports)
    ports.warehouse.before_write = lambda _tick: ports.clock.advance(seconds)
    run(ports, job)
    seen = ports.jobs.get(job.id)
    assert (seen.status, seen.result.row_count) == (Status.COMPLETED, 3)
    assert seen.expires_at == ports.clock() + timedelta(hours=24)
    assert not seen.is_expired(ports.clock())


def test_a_clock_set_back_does_not_keep_an_export_from_being_cancelled(ports):
    job = requested(ports)

    def cancelled(tick):
        ports.clock.advance(-HOUR_S)
        cancel_export(job.id, ANN, ports=ports)
        tick(0.5)
        pytest.fail("the export went on")

    ports.warehouse.before_write = cancelled
    with pytest.raises(LostClaim):
        run(ports, job)
    assert ports.objects.objects == ports.objects.uploads == {}


def test_a_clock_set_back_does_not_stop_the_heartbeat(ports):
    job = requested(ports)

    def beats(tick):
        for seconds in (-HOUR_S, 1, 1):
            ports.clock.advance(seconds)
            tick(0.5)
            seen.append(ports.jobs.get(job.id).heartbeat_at == ports.clock())

    seen = []
    ports.warehouse.before_write = beats
    run(ports, job)
    assert seen == [True, True, True]


def test_a_clock_set_forward_costs_an_attempt_and_never_gives_two_files(ports):
    job = requested(ports)

    def jumped(tick):
        ports.clock.advance(DAY_S)
        assert reconcile(ports) == 1
        tick(0.5)
        pytest.fail("the old attempt went on")

    ports.warehouse.before_write = jumped
    with pytest.raises(LostClaim):
        run(ports, job)
    seen = ports.jobs.get(job.id)
    assert (seen.status, seen.attempt, seen.error.code) == (Status.PENDING, 2, "worker_lost")
    assert ports.objects.objects == {}
    ports.warehouse.before_write = lambda _tick: None
    run(ports, job, attempt=2)
    assert len(ports.objects.objects) == 2


def test_a_remembered_token_follows_the_clock_wherever_it_goes():
    moment = [time.time()]
    verifier, token = SharedSecretVerifier(SECRET, now=lambda: moment[0]), token_of()
    assert asyncio.run(verifier.claims(token))
    moment[0] += DAY_S
    with pytest.raises(InvalidToken):
        asyncio.run(verifier.claims(token))
    moment[0] -= DAY_S
    assert asyncio.run(verifier.claims(token))
