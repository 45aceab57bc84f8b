"""Hostile callers of the real stack: no answer, run or tag tells a secret.

What they leave in logs, tables and process arguments is searched by `test_what_remains.py`, which comes after.
"""

import json
from uuid import uuid4

import httpx
import pytest

from exports_pipeline_tests.journey.running_stack import EXPORTS, wait_until
from exports_pipeline_tests.telegram_bot_api import TOKEN

pytestmark = pytest.mark.slow

RUNS = """{ runsOrError { ... on Runs { results { runId runConfigYaml tags { key value } } } } }"""
OUR_TAGS = {f"exports/{each}" for each in ("job_id", "attempt", "user", "dataset", "format", "page")}


@pytest.fixture(scope="module")
def secrets(stack):
    """Everything that must be told to nobody, by name."""
    found = {path.name: path.read_text().strip() for path in (stack.home / "secrets").iterdir()}
    assert len(found) >= 4
    return found | {"aws": stack.variables["AWS_SECRET_ACCESS_KEY"], "telegram": TOKEN, "token": "eyJhbGciOi"}


def told_in(text, secrets):
    return [name for name, secret in secrets.items() if secret in text]


def answers(stack, caller):
    """What callers get who do everything wrong."""
    http, nobody = caller.http, httpx.Client(base_url=stack.api_url, timeout=60)
    token = http.headers["Authorization"]
    json_type = {"Content-Type": "application/json"}
    with nobody:
        for headers in ({}, {"Authorization": token[:-4] + "AAAA"}, {"Authorization": f"{token}.{token}"}):
            for path in (EXPORTS, f"{EXPORTS}/{uuid4()}", "/api/analytics/datasets"):
                yield nobody.get(path, headers=headers)
        for path in ("/healthz", "/readyz", "/metrics", "/docs", "/openapi.json", "/problems/internal_error", "/nope"):
            yield nobody.get(path)
    for body in (b"{", b"[" * 1_000, b"\xff", b"{}", json.dumps({"dataset_id": token, "format": token}).encode()):
        yield http.post(EXPORTS, content=body, headers=json_type)
    yield http.post(EXPORTS, content=b" " * (2 << 20), headers=json_type)
    yield http.post(EXPORTS, content=b"{}", headers=json_type | {"Content-Encoding": "gzip"})
    for path in ("/%00", "/..%2f..%2fetc%2fpasswd", f"/{'x' * 4_000}", "?cursor=rubbish", "?limit=-1", "?status='--"):
        yield http.get(EXPORTS + path)
    for value in ("' OR 1=1 --", "1; ATTACH 'x'", "../../secrets/jwt_secret"):
        yield caller.request("fct_transactions", account_ids=[value])
        yield caller.request(value)


def test_no_answer_to_a_hostile_request_tells_a_secret_or_is_500(stack, demo, secrets):
    found = list(answers(stack, demo))
    assert len(found) > 30
    assert [(each.request.url, each.status_code) for each in found if each.status_code >= 500] == []
    known = secrets | {"trace": "Traceback", "driver": "psycopg", "file": str(stack.home)}
    texts = [(str(each.request.url), each.text + str(each.headers)) for each in found]
    assert {url: told for url, text in texts if (told := told_in(text, known))} == {}


def test_a_failed_export_tells_its_owner_no_secret(demo, secrets):
    job = demo.settled(demo.export("broken_rows"))
    assert job["error"]["code"] == "query_failed"
    assert told_in(json.dumps(job), secrets) == []


def test_a_run_knows_its_attempt_and_no_more(stack, demo, secrets):
    job_id = demo.completed(demo.export("fct_transactions", account_ids=["demo-checking"]))["job_id"]
    wait_until(lambda: stack.run_of(job_id))
    runs = stack.graphql(RUNS)["runsOrError"]["results"]
    text = json.dumps(runs)
    assert job_id in text
    assert told_in(text, secrets | {"filter": "demo-checking", "link": "X-Amz"}) == []
    tags = stack.run_of(job_id)["tags"]  # runs of schedules, which others may have left here, have more
    assert {tag["key"] for tag in tags if tag["key"].startswith("exports/")} == OUR_TAGS
