"""What runs tell the log of their process."""

import io
import json
import logging

import dagster as dg
import pytest
import structlog

from exports_pipeline.adapters.export_runs import run_config
from exports_pipeline.adapters.logs import configure_logging
from exports_pipeline.core.errors import LostClaim, QueryFailed
from exports_pipeline.core.export_job import ExportRequest
from exports_pipeline.core.recipient import Channel, Recipient
from exports_pipeline.defs.export import dataset_export
from exports_pipeline.defs.run_log import ids_bound
from exports_pipeline.usecases.request_export import request_export
from exports_pipeline_tests.builders import requester
from exports_pipeline_tests.fakes.ports import fake_ports


@pytest.fixture
def instance():
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


@pytest.fixture
def log(monkeypatch, instance):
    """What is logged as configured for a worker, one dictionary per line."""
    stderr = io.StringIO()
    monkeypatch.setattr("sys.stderr", stderr)
    root = logging.getLogger()
    before = (root.handlers[:], root.level)
    configure_logging("INFO")
    yield lambda: [json.loads(line) for line in stderr.getvalue().splitlines()]
    structlog.reset_defaults()
    root.handlers[:], level = before
    root.setLevel(level)


def run(ports, instance, **more):
    job = request_export(ExportRequest(dataset="sales", format="csv"), requester("ann"), ports=ports, **more).job
    result = dataset_export.execute_in_process(
        run_config=run_config(job), resources={"ports": ports}, instance=instance, raise_on_error=False
    )
    return {"job_id": str(job.id), "attempt": 1, "run_id": result.run_id}


def ids(line):
    return {name: line.get(name) for name in ("job_id", "attempt", "run_id")}


def test_every_line_of_an_attempt_names_its_job_attempt_and_run(log, instance):
    made = run(fake_ports(), instance, recipients=[Recipient(channel=Channel.TELEGRAM, address="7")])
    lines = log()
    assert [line["event"] for line in lines] == ["export_completed", "deliveries_tried"]
    assert [ids(line) for line in lines] == [made, made]
    assert (lines[0]["rows"], lines[1]["sent"]) == (3, 1)


def test_a_failed_attempt_is_told_with_its_code_and_without_a_console_of_dagster(log, instance):
    ports = fake_ports()
    ports.warehouse.error = QueryFailed()
    made = run(ports, instance)
    lines = log()
    assert lines[0]["event"] == "attempt_failed"
    assert (lines[0]["code"], lines[0]["retryable"], ids(lines[0])) == ("query_failed", False, made)
    assert {line["level"] for line in lines[1:]} == {"error"}  # Dagster's own words, without the trace
    assert all("Traceback" not in line["event"] and "\n" not in line["event"] for line in lines)


def test_an_attempt_that_was_cancelled_is_no_failure(log):
    with pytest.raises(LostClaim), ids_bound(job_id="j", attempt=2, run_id="r"):
        raise LostClaim
    (line,) = log()
    assert (line["event"], line["level"], ids(line)) == (
        "attempt_abandoned",
        "info",
        {"job_id": "j", "attempt": 2, "run_id": "r"},
    )
