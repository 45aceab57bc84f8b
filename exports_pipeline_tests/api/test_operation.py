"""What operators look at: health, metrics, logs, request ids, documentation."""

import asyncio
import io
import json
import logging
import re
import time

import pytest
import structlog

from exports_api.app import create_app
from exports_api.readiness import look_at_parts
from exports_pipeline.adapters.logs import configure_logging, without_secrets
from exports_pipeline.core.errors import ObjectStoreMisconfigured, RunsUnavailable
from exports_pipeline_tests.api_client import EXPORTS, ApiClient, token_of
from exports_pipeline_tests.fakes.ports import fake_ports


@pytest.fixture
def log(monkeypatch):
    """What is logged as configured for a server, one dictionary per line."""
    stderr = io.StringIO()
    monkeypatch.setattr("sys.stderr", stderr)
    root = logging.getLogger()
    before = (root.handlers[:], root.level)
    configure_logging("INFO")
    yield lambda: [json.loads(line) for line in stderr.getvalue().splitlines()]
    structlog.reset_defaults()
    root.handlers[:], level = before
    root.setLevel(level)


def test_the_process_is_alive_whatever_else_is_down(ann, ports):
    ports.jobs.is_away = True
    assert ann.get("/healthz", anonymous=True).json() == {"status": "alive"}


def test_the_service_is_ready_when_every_part_answers(ann):
    answer = ann.get("/readyz", anonymous=True)
    assert (answer.status_code, answer.json()["ready"]) == (200, True)
    assert list(answer.json()["parts"]) == ["database", "object_store", "dagster"]
    assert all(part["ok"] and part["milliseconds"] >= 0 for part in answer.json()["parts"].values())


def test_each_part_that_is_down_is_named_with_a_sentence(ann, ports):
    ports.jobs.is_away = True
    ports.objects.error = ObjectStoreMisconfigured()
    ports.runs.error = RunsUnavailable()
    answer = ann.get("/readyz", anonymous=True)
    parts = answer.json()["parts"]
    assert (answer.status_code, answer.json()["ready"]) == (503, False)
    assert [part["ok"] for part in parts.values()] == [False, False, False]
    assert "bucket" in parts["object_store"]["sentence"]


def test_a_part_that_hangs_does_not_hang_the_answer(ports):
    class Hanging(type(ports.runs)):
        def ping(self):
            time.sleep(0.5)

    parts = asyncio.run(look_at_parts(fake_ports(runs=Hanging()), timeout_s=0.1))
    assert parts["dagster"].milliseconds < 450
    assert (parts["dagster"].ok, parts["database"].ok) == (False, True)
    assert "No answer within" in parts["dagster"].sentence


def test_metrics_count_requests_by_route_and_exports_by_format(ann):
    ann.export()
    ann.export(format="parquet")
    ann.export(format="docx")
    for path in ("/a", "/b"):
        ann.get(path)
    text = ann.get("/metrics", anonymous=True).text
    assert f'exports_http_requests_total{{method="POST",route="{EXPORTS}",status="202"}} 2.0' in text
    assert f'exports_http_requests_total{{method="POST",route="{EXPORTS}",status="422"}} 1.0' in text
    assert 'exports_http_requests_total{method="GET",route="unmatched",status="404"} 2.0' in text
    assert f'exports_http_request_seconds_count{{method="POST",route="{EXPORTS}"}} 3.0' in text
    assert 'exports_requested_total{format="csv"} 1.0' in text
    assert 'exports_requested_total{format="parquet"} 1.0' in text


def test_a_request_id_is_kept_or_made(ann):
    assert ann.get("/healthz", headers={"X-Request-Id": "order-66.a_b"}).headers["x-request-id"] == "order-66.a_b"
    for strange in ("", "a b", "x" * 65, "<script>"):
        made = ann.get("/nope", headers={"X-Request-Id": strange}).headers["x-request-id"]
        assert re.fullmatch(r"[0-9a-f]{32}", made)


def test_a_request_is_one_line_of_the_log_without_its_query(log, ports, settings):
    ann = ApiClient(create_app(ports, settings, dispatch_soon=lambda: None))
    answer = ann.get(f"{EXPORTS}?status=failed", headers={"X-Request-Id": "abc"})
    (line,) = log()
    assert {name: line[name] for name in ("event", "method", "path", "status", "request_id", "level")} == {
        "event": "request_answered",
        "method": "GET",
        "path": EXPORTS,
        "status": 200,
        "request_id": "abc",
        "level": "info",
    }
    assert answer.headers["x-request-id"] == "abc"


def test_a_client_that_polls_fills_no_log(log, ports, settings, completed):
    ann = ApiClient(create_app(ports, settings, dispatch_soon=lambda: None))
    assert ann.get(f"{EXPORTS}/{completed}").status_code == 200
    assert ann.get(f"{EXPORTS}/3f2f7a9e-0000-4000-8000-000000000000").status_code == 404
    assert [line["status"] for line in log()][-2:] == [202, 404]


def test_the_line_of_a_request_names_the_job_it_made(log, ports, settings):
    ann = ApiClient(create_app(ports, settings, dispatch_soon=lambda: None))
    job_id = ann.export().json()["job_id"]
    ann.get(EXPORTS)
    requested, listed = log()
    assert (requested["job_id"], "job_id" in listed) == (job_id, False)


def test_what_nobody_foresaw_is_in_the_log_with_its_trace(log, ports, settings):
    class Broken(type(ports.jobs)):
        def look(self, job_ids, *, slots):
            msg = "no such luck"
            raise ZeroDivisionError(msg)

    ann = ApiClient(create_app(fake_ports(jobs=Broken()), settings))
    request_id = ann.get(f"{EXPORTS}/3f2f7a9e-0000-4000-8000-000000000000").json()["request_id"]
    failed, answered = log()
    assert (failed["event"], failed["request_id"], answered["status"]) == ("request_failed", request_id, 500)
    assert "no such luck" in failed["exception"]


def test_no_secret_comes_into_the_log(log, ports, settings, completed):
    ann = ApiClient(create_app(ports, settings, dispatch_soon=lambda: None))
    ann.get(f"{EXPORTS}/{completed}/download")
    ann.get(EXPORTS, headers={"Authorization": "Bearer stolen.token.here"})
    token = token_of()
    structlog.get_logger().info(
        "told",
        token="abc",
        database="postgresql://exports:hunter2@127.0.0.1/exports",
        url="https://s3.test/k?X-Amz-Credential=AKIA&X-Amz-Signature=feed&x=1",
        header=f"Bearer {token}",
        bot="https://api.telegram.org/bot123:ABC-def/sendMessage",
        key="whsec_MfKQ9r8GKYqrTwjU",
        answer="the token xoxb-17653672481 was refused",
        path="/d/gAAAAABnP0wcL1pCbXk0ZkQ",
        flow="POST /workflows?api-version=1&sig=n3v3rsay",
    )
    logging.getLogger("somebody").warning("got %s", token)
    logging.getLogger("httpx").info("GET https://api.telegram.org/bot123:ABC-def/sendMessage")
    lines = log()
    text = json.dumps(lines)
    secrets = ["hunter2", "feed", "AKIA", token, "ABC-def", "stolen", "objects.test", '"abc"']
    for secret in (*secrets, "MfKQ9r8GKYqrTwjU", "17653672481", "gAAAAABnP0wc", "n3v3rsay"):
        assert secret not in text
    assert [line["event"] for line in lines][-2:] == ["told", "got ***"]


def test_a_value_that_is_no_text_is_left_alone():
    assert without_secrets(None, "info", {"event": "counted", "rows": 3}) == {"event": "counted", "rows": 3}


def test_the_documentation_loads_nothing_from_elsewhere(ann):
    page = ann.get("/docs", anonymous=True)
    assert page.headers["content-type"].startswith("text/html")
    assert "/api/analytics/exports/{job_id}/download" in page.text
    stylesheet, *others = re.findall(r"""(?:src|href|url)\s*[=(]\s*["']?([^"'>)\s]+)""", page.text)
    assert re.fullmatch("/assets/[0-9a-f]{12}/docs.css", stylesheet)
    assert others == ["openapi.json"]
    assert not re.search("<style| style=|<script", page.text)
