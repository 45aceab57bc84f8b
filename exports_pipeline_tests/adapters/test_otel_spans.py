"""Spans as a collector sees them, from the request to the delivery."""

import gzip
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode
from structlog.testing import capture_logs

from exports_api.app import create_app
from exports_pipeline.adapters.export_runs import TRACE_TAG, run_tags
from exports_pipeline.adapters.job_store import PostgresJobStore
from exports_pipeline.adapters.otel_spans import OtelSpans, sending_to
from exports_pipeline.adapters.telemetry import make_spans
from exports_pipeline.core.errors import QueryFailed
from exports_pipeline.core.spans import NoSpans
from exports_pipeline.settings import Settings
from exports_pipeline.usecases.deliver import deliver
from exports_pipeline.usecases.dispatch_exports import dispatch
from exports_pipeline_tests.api_client import EXPORTS, SECRET, ApiClient, run
from exports_pipeline_tests.builders import entry, new_job
from exports_pipeline_tests.fakes.ports import fake_ports

TRACE = "0af7651916cd43dd8448eb211c80319c"
CALLER = f"00-{TRACE}-b7ad6b7169203331-01"


@pytest.fixture
def exporter():
    return InMemorySpanExporter()


@pytest.fixture
def ports(exporter):
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    yield fake_ports(spans=OtelSpans(provider))
    provider.shutdown()


@pytest.fixture
def ann(ports, tmp_path):
    return ApiClient(create_app(ports, Settings(home=tmp_path, jwt_secret=SECRET), dispatch_soon=lambda: None))


@pytest.fixture
def seen(exporter):
    """Finished spans by name."""
    return lambda: {span.name: span for span in exporter.get_finished_spans()}


def test_one_trace_leads_from_the_request_to_the_delivery(ann, ports, seen):
    recipient = {"channel": "telegram", "address": "7"}
    body = {"dataset_id": "sales", "format": "csv", "recipients": [recipient]}
    job_id = ann.post(EXPORTS, json=body, headers={"traceparent": CALLER}).json()["job_id"]
    dispatch(ports)
    run(ports, job_id)
    deliver(ports)
    spans = seen()
    assert list(spans) == ["request", "dispatch", "count", "write", "upload", "commit", "attempt", "delivery"]
    assert {f"{span.context.trace_id:032x}" for span in spans.values()} == {TRACE}
    parents = {name: span.parent.span_id for name, span in spans.items()}
    request, attempt = spans["request"].context.span_id, spans["attempt"].context.span_id
    assert {parents[name] for name in ("dispatch", "attempt", "delivery")} == {request}
    assert {parents[name] for name in ("count", "write", "upload", "commit")} == {attempt}


def test_spans_tell_ids_and_figures(ann, ports, seen):
    answer = ann.export()
    run(ports, answer.json()["job_id"])
    spans = seen()
    assert spans["request"].attributes["exports.request_id"] == answer.headers["x-request-id"]
    assert (spans["request"].attributes["exports.method"], spans["request"].attributes["exports.status"]) == (
        "POST",
        202,
    )
    attempt = spans["attempt"].attributes
    assert attempt["exports.job_id"] == answer.json()["job_id"]
    assert (attempt["exports.attempt"], attempt["exports.dataset"], attempt["exports.format"]) == (1, "sales", "csv")
    assert spans["write"].attributes["exports.rows"] == 3


def test_of_a_failure_the_code_is_told_and_nothing_else(ann, ports, seen):
    job_id = ann.export().json()["job_id"]
    ports.warehouse.error = QueryFailed("Could not convert 'a value of a row'")
    with pytest.raises(QueryFailed):
        run(ports, job_id)
    attempt = seen()["attempt"]
    assert (attempt.status.status_code, attempt.status.description) == (StatusCode.ERROR, "query_failed")
    assert attempt.events == ()


def test_whoever_looks_whether_we_are_alive_is_not_traced(ann, seen):
    for path in ("/healthz", "/readyz", "/metrics"):
        ann.get(path)
    assert seen() == {}


def test_the_ledger_and_the_run_keep_the_trace(engine):
    store = PostgresJobStore(engine)
    new = new_job(traceparent=CALLER)
    job = store.add(new, entry(new))
    assert store.get(job.id).traceparent == CALLER
    assert run_tags(job)[TRACE_TAG] == CALLER


def test_without_traces_the_ledger_and_the_run_say_nothing_of_them(engine):
    store = PostgresJobStore(engine)
    new = new_job()
    job = store.add(new, entry(new))
    assert store.get(job.id).traceparent is None
    assert TRACE_TAG not in run_tags(job)


def test_nothing_is_traced_unless_a_collector_is_named():
    assert isinstance(make_spans(Settings()), NoSpans)


def test_without_the_extra_nothing_breaks(monkeypatch):
    monkeypatch.setitem(sys.modules, "exports_pipeline.adapters.otel_spans", None)
    with capture_logs() as log:
        spans = make_spans(Settings(otlp_endpoint="http://127.0.0.1:1"))
    assert isinstance(spans, NoSpans)
    assert [line["event"] for line in log] == ["telemetry_not_installed"]
    with spans.span("attempt", attempt=1) as tell:
        tell("rows", 3)


def test_spans_reach_a_collector():
    received = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.append((self.path, gzip.decompress(body) if self.headers["Content-Encoding"] == "gzip" else body))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Collector) as server:
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        spans = sending_to(f"http://127.0.0.1:{server.server_port}/")
        with spans.span("attempt", attempt=1):
            pass
        spans.close()
        server.shutdown()
        thread.join()
    ((path, body),) = received
    assert path == "/v1/traces"
    assert b"attempt" in body
