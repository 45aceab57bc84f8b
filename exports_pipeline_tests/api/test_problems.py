"""Every error is told as a problem, with the right status."""

import asyncio
import importlib
import pkgutil
from dataclasses import replace

import pytest

import exports_api
from exports_api.app import create_app
from exports_api.problems import ANSWERS
from exports_pipeline.core.errors import (
    ExportError,
    LedgerUnavailable,
    RunsUnavailable,
    WarehouseBusy,
    WarehouseUnavailable,
)
from exports_pipeline.core.ledger import QueueLimits
from exports_pipeline.core.refusals import UnknownColumn
from exports_pipeline_tests.api_client import DATASETS, EXPORTS, ApiClient
from exports_pipeline_tests.fakes.ports import fake_ports

MIB = 1 << 20


def subclasses(kind):
    return {kind}.union(*(subclasses(each) for each in kind.__subclasses__()))


def test_every_error_of_the_core_and_of_the_api_has_a_status_of_its_own():
    for module in pkgutil.walk_packages(exports_api.__path__, "exports_api."):
        if module.name != "exports_api.main":  # the one module that builds on import
            importlib.import_module(module.name)
    ours = {
        kind
        for kind in subclasses(ExportError)
        if kind.__module__.startswith(("exports_pipeline.core.", "exports_api."))
    }
    assert ours - set(ANSWERS) == set()
    assert set(ANSWERS) - ours == set()


def test_every_error_has_a_code_and_a_sentence_of_its_own():
    codes = [kind.code for kind in ANSWERS if kind.__name__ != "MissingToken"]  # told as an invalid token
    assert len(codes) == len(set(codes))
    assert all(kind.__doc__ for kind in ANSWERS)


@pytest.mark.parametrize("kind", ANSWERS, ids=lambda kind: kind.__name__)
def test_every_problem_is_explained_at_its_type(ann, kind):
    answer = ann.get(f"/problems/{kind.code}", anonymous=True)
    assert answer.status_code == 200
    assert answer.json()["status"] == ANSWERS[kind].status


def test_an_error_unknown_to_the_table_is_answered_like_its_parent(ports, settings):
    class StrangeColumn(UnknownColumn):
        """It is strange."""

        code = "strange_column"

    class Strange(type(ports.warehouse)):
        def time_range(self, selection):
            raise StrangeColumn

    ann = ApiClient(create_app(fake_ports(warehouse=Strange()), settings))
    answer = ann.get(f"{DATASETS}/sales")
    assert (answer.status_code, answer.json()["code"]) == (422, "strange_column")


def test_an_unknown_path_is_404(ann):
    assert ann.get("/api/analytics/nothing").json()["code"] == "not_found"
    assert ann.get("/nothing").status_code == 404
    assert ann.get(EXPORTS + "/", anonymous=True).status_code == 404


def test_a_wrong_method_is_405_and_names_the_right_ones(ann):
    answer = ann.call("DELETE", EXPORTS)
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")
    answer = ann.get(f"{EXPORTS}/3f2f7a9e-0000-4000-8000-000000000000/cancel")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert ann.call("BREW", "/healthz").status_code == 405


def test_malformed_json_is_422_with_the_place_of_the_mistake(ann):
    for body in (b"", b"{", b'{"dataset_id": "sales",}', b'{"a": "\\ud800"}', b"\xff\xfe", b"[" * 5000):
        answer = ann.post(EXPORTS, content=body, headers={"Content-Type": "application/json"})
        assert (answer.status_code, answer.json()["code"]) == (422, "malformed_json"), body[:20]
    assert "line 1 column" in answer.json()["detail"]


@pytest.mark.parametrize("body", [b"null", b"[]", b"3", b'"text"', b"true"])
def test_json_that_is_no_object_is_422(ann, body):
    answer = ann.post(EXPORTS, content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "body")


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {},
        {"Content-Type": "application/json; charset=utf-16"},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
    ],
)
def test_a_body_that_is_not_plain_json_is_415(ann, headers):
    assert ann.post(EXPORTS, content=b"{}", headers=headers).status_code == 415


@pytest.mark.parametrize(
    "kind", ["application/json", "Application/JSON; charset=UTF-8", 'application/json;charset="utf-8"']
)
def test_the_media_type_may_be_spelt_as_http_allows(ann, kind):
    body = b'{"dataset_id": "sales", "format": "csv"}'
    assert ann.post(EXPORTS, content=body, headers={"Content-Type": kind}).status_code == 202


def test_a_body_of_one_mebibyte_is_read_and_one_byte_more_is_413(ann):
    body = b'{"dataset_id": "sales", "format": "csv"}'
    headers = {"Content-Type": "application/json"}
    assert ann.post(EXPORTS, content=body.ljust(MIB), headers=headers).status_code == 202
    assert ann.post(EXPORTS, content=body.ljust(MIB + 1), headers=headers).status_code == 413


def test_an_announced_large_body_is_refused_before_it_is_read(app, ann):
    headers = [*ann.headers.items(), ("content-type", "application/json"), ("content-length", str(1 << 40))]
    assert send_raw(app, headers, chunk=b" " * 100) == (413, 0)


def test_a_chunked_large_body_is_refused_while_it_is_read(app, ann):
    headers = [*ann.headers.items(), ("content-type", "application/json"), ("transfer-encoding", "chunked")]
    assert send_raw(app, headers, chunk=b" " * (MIB // 4)) == (413, 5)


@pytest.mark.parametrize("length", ["-1", "ten", "1e3", "", "\u0661"])
def test_a_content_length_that_is_no_number_is_400(app, ann, length):
    headers = [*ann.headers.items(), ("content-type", "application/json"), ("content-length", length)]
    assert send_raw(app, headers, chunk=b"{}") == (400, 0)


def test_a_stranger_is_refused_before_the_body_is_read(app):
    assert send_raw(app, [("content-type", "application/json")], chunk=b" " * MIB) == (401, 0)


def test_a_ledger_that_is_away_is_503_and_worth_another_try(ann, ports):
    ports.jobs.is_away = True
    for answer in (ann.export(), ann.get(EXPORTS), ann.get(f"{EXPORTS}/3f2f7a9e-0000-4000-8000-000000000000")):
        assert (answer.status_code, answer.json()["code"]) == (503, LedgerUnavailable.code)
        assert int(answer.headers["retry-after"]) > 0


@pytest.mark.parametrize("kind", [WarehouseBusy, WarehouseUnavailable])
def test_a_warehouse_that_is_away_is_503_where_it_is_needed_and_no_hindrance_to_a_request(ports, settings, kind):
    class Away(type(ports.warehouse)):
        def time_range(self, selection):
            raise kind

    warehouse = Away()
    warehouse.error = kind()
    ann = ApiClient(create_app(fake_ports(warehouse=warehouse), settings, dispatch_soon=lambda: None))
    assert ann.get(f"{DATASETS}/sales").status_code == 503
    assert ann.export(account_ids=[1]).status_code == 202


def test_dagster_away_does_not_hinder_a_request(ports, settings):
    ports.runs.error = RunsUnavailable()
    ann = ApiClient(create_app(ports, settings))
    job_id = ann.export().json()["job_id"]
    assert ann.get(f"{EXPORTS}/{job_id}").json()["status"] == "pending"


def test_what_nobody_foresaw_is_500_with_a_request_id_and_no_internals(ports, settings):
    class Broken(type(ports.jobs)):
        def page(self, user_id, page):
            msg = "SELECT secret FROM internals"
            raise ZeroDivisionError(msg)

    answer = ApiClient(create_app(fake_ports(jobs=Broken()), settings)).get(EXPORTS)
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert "internals" not in answer.text
    assert "ZeroDivision" not in answer.text


def send_raw(app, headers, *, chunk):
    """Send an endless body, and return the status and how many chunks of it were asked for."""
    asked, statuses = [], []

    async def receive():
        asked.append(len(chunk))
        return {"type": "http.request", "body": chunk, "more_body": True}

    async def send(message):
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    scope = {
        "type": "http",
        "method": "POST",
        "path": EXPORTS,
        "raw_path": EXPORTS.encode(),
        "query_string": b"",
        "root_path": "",
        "scheme": "http",
        "http_version": "1.1",
        "server": ("api.test", 80),
        "client": ("127.0.0.1", 1),
        "headers": [(name.lower().encode(), value.encode("utf-8")) for name, value in headers],
    }
    asyncio.run(app(scope, receive, send))
    return statuses[0], len(asked)


def test_a_full_queue_is_told_with_the_limit_that_was_met_and_when_to_come_again(settings):
    limits = replace(fake_ports().limits, queue=QueueLimits(per_user=1, total=9))
    ann = ApiClient(create_app(fake_ports(limits=limits), settings, dispatch_soon=lambda: None))
    assert ann.export().status_code == 202
    answer = ann.export()
    assert (answer.status_code, answer.headers["content-type"]) == (429, "application/problem+json")
    assert (answer.json()["code"], answer.json()["status"]) == ("queue_full", 429)
    assert answer.headers["ratelimit-policy"] == '"queue-per-user";q=1'
    assert answer.headers["ratelimit"] == f'"queue-per-user";r=0;t={answer.headers["retry-after"]}'


@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        ({"options": {"bom": 1}}, "#/options/bom"),
        ({"account_ids": ["1", []]}, "#/account_ids/1"),
        ({"a/b~c d": 1}, "#/a~1b~0c%20d"),
        ({"recipients": [{"channel": "pigeon", "address": "x"}]}, "#/recipients/0/channel"),
    ],
)
def test_a_field_at_fault_is_pointed_at_in_the_body(ann, given, pointer):
    assert [each["pointer"] for each in ann.export(**given).json()["errors"]] == [pointer]


def test_a_body_that_is_no_json_is_pointed_at_as_a_whole(ann):
    headers = {"Content-Type": "application/json"}
    assert ann.post(EXPORTS, content=b"{", headers=headers).json()["errors"][0]["pointer"] == "#"


def test_what_stands_in_the_query_or_in_a_header_has_no_pointer(ann):
    in_query = ann.get(f"{EXPORTS}?limit=0").json()["errors"]
    body = {"dataset_id": "sales", "format": "csv"}
    in_header = ann.post(EXPORTS, json=body, headers={"Idempotency-Key": "a b"}).json()["errors"]
    assert [each["field"] for each in (*in_query, *in_header)] == ["limit", "Idempotency-Key"]
    assert "pointer" not in {*in_query[0], *in_header[0]}
