"""How long an attempt may run, and its file be kept."""

from datetime import timedelta

import pytest

from exports_pipeline.core.export_job import ExportRequest
from exports_pipeline.core.lifecycle import Status
from exports_pipeline.core.refusals import TimeLimitExceeded
from exports_pipeline.usecases.request_export import request_export
from exports_pipeline.usecases.request_report import request_report
from exports_pipeline.usecases.run_export import run_export
from exports_pipeline_tests.builders import requester
from exports_pipeline_tests.fakes.ports import fake_ports


@pytest.fixture
def ports():
    return fake_ports()


@pytest.fixture
def job(ports):
    return request_export(ExportRequest(dataset="sales", format="csv"), requester("ann"), ports=ports).job


def run(ports, job):
    return run_export(job.id, 1, run_id="run", ports=ports)


def test_an_attempt_that_runs_too_long_is_stopped_and_says_what_to_do(ports, job):
    def for_hours(tick):
        for _ in range(2 * 3600 + 1):
            ports.clock.advance(1)
            tick(0.5)

    ports.warehouse.before_write = for_hours
    with pytest.raises(TimeLimitExceeded):
        run(ports, job)
    seen = ports.jobs.get(job.id)
    assert (seen.status, seen.error.code) == (Status.FAILED, "time_limit_exceeded")
    assert "longer than one may (limit: 120 minutes); narrow the dates" in seen.error.sentence
    assert ports.objects.objects == ports.objects.uploads == {}


@pytest.mark.parametrize("jump", [timedelta(days=1), timedelta(days=-1)])
def test_a_clock_that_jumps_lets_no_time_pass(ports, job, jump):
    def jumped(tick):
        for _ in range(3):
            ports.clock.advance(jump.total_seconds())
            tick(0.5)

    ports.warehouse.before_write = jumped
    assert run(ports, job).result.row_count == 3


def test_the_file_of_a_report_is_kept_for_a_week(ports):
    params = {"dataset": "sales", "metrics": ["amount"]}
    job = request_report("metrics_summary", params, "pdf", requester("ann"), ports=ports).job
    run(ports, job)
    assert ports.jobs.get(job.id).expires_at == ports.clock() + timedelta(days=7)
