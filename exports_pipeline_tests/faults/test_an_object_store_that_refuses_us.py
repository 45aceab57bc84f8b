"""An expired credential, a bucket that does not exist, a clock that the store does not believe."""

from datetime import UTC, datetime, timedelta

import pytest

from exports_pipeline.adapters.object_store import S3ObjectStore
from exports_pipeline.core.errors import BucketMissing, ClockSkewed, CredentialsExpired, ExportError
from exports_pipeline.core.export_job import ExportRequest
from exports_pipeline.core.lifecycle import Status
from exports_pipeline.usecases.request_export import request_export
from exports_pipeline.usecases.run_export import run_export
from exports_pipeline_tests.builders import requester
from exports_pipeline_tests.fakes.ports import fake_ports

ANN = requester("ann")


def requested(ports):
    return request_export(ExportRequest(dataset="sales", format="csv"), ANN, ports=ports).job


def failed(ports, job, kind, attempt=1):
    """The job after an attempt that must end with this error."""
    with pytest.raises(kind):
        run_export(job.id, attempt, run_id="run", ports=ports)
    return ports.jobs.get(job.id)


@pytest.mark.parametrize("status", [400, 403])
def test_an_expired_credential_is_named_and_the_export_goes_on_once_it_is_renewed(ports, gate, status):
    job = requested(ports)
    gate.refuse = lambda _method, _query: (status, "ExpiredToken")
    seen = failed(ports, job, CredentialsExpired)
    assert (seen.status, seen.attempt, seen.error.code) == (Status.PENDING, 2, "credentials_expired")
    assert "must renew them" in seen.error.sentence
    gate.refuse = lambda _method, _query: None
    assert run_export(job.id, 2, run_id="run", ports=ports).result.row_count == 1000


def test_a_credential_that_stays_expired_fails_the_export_with_that_reason(ports, gate):
    job = requested(ports)
    gate.refuse = lambda _method, _query: (400, "ExpiredToken")
    for attempt in (1, 2, 3):
        seen = failed(ports, job, CredentialsExpired, attempt)
    assert (seen.status, seen.error.code, seen.result) == (Status.FAILED, "credentials_expired", None)


def test_a_bucket_that_does_not_exist_is_named_with_the_command_that_makes_it(ports, gate):
    objects = S3ObjectStore(gate.client(), "nowhere")
    nowhere = fake_ports(catalog=ports.catalog, warehouse=ports.warehouse, objects=objects)
    seen = failed(nowhere, requested(nowhere), BucketMissing)
    assert seen.error.code == "bucket_missing"
    assert "exports setup-bucket" in seen.error.sentence
    with pytest.raises(BucketMissing):
        objects.ping()


@pytest.mark.parametrize("jump", [timedelta(hours=1), timedelta(hours=-1)], ids=["ahead", "behind"])
def test_a_clock_that_the_store_does_not_believe_is_named(ports, gate, jump):
    job = requested(ports)
    gate.now = lambda: datetime.now(UTC) + jump
    seen = failed(ports, job, ClockSkewed)
    assert (seen.status, seen.attempt, seen.error.code) == (Status.PENDING, 2, "clock_skewed")
    assert "the operator must set ours" in seen.error.sentence
    gate.now = lambda: datetime.now(UTC)
    assert run_export(job.id, 2, run_id="run", ports=ports).result.row_count == 1000


def test_none_of_these_sentences_names_a_key_or_an_address(ports, gate):
    for code in ("ExpiredToken", "InvalidAccessKeyId", "SignatureDoesNotMatch", "AccessDenied", "InvalidToken"):
        gate.refuse = lambda _method, _query, code=code: (403, code)
        with pytest.raises(ExportError) as caught:
            ports.objects.delete("exports/a")
        told = caught.value.sentence
        assert [part for part in ("AKIA", "http", "127.0.0.1", "exports/a") if part in told] == []
