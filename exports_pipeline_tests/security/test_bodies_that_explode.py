"""Bodies that are small on the wire and large in memory, or made to cost more than they say."""

import gzip
import json
import socket
import tracemalloc
import zlib
from contextlib import suppress
from urllib.parse import urlsplit

import httpx
import pytest

from exports_pipeline_tests.api_client import EXPORTS
from exports_pipeline_tests.api_server import served

START = '{"dataset_id": "bookings", "format": "csv", '
JSON = {"Content-Type": "application/json"}
MIB = 1 << 20
BODIES = {
    "brackets without end": START + '"options": {"a": ' + "[" * 500_000,
    "brackets that end": START + '"options": {"a": ' + "[" * 190 + "]" * 190 + "}}",
    "objects in objects": START + '"options": ' + '{"a":' * 190 + "1" + "}" * 190 + "}",
    "small lists": START + '"options": {"a": [' + "[]," * 340_000 + "[]]}}",
    "many options": START + '"options": {' + ", ".join(f'"k{i}": 1' for i in range(60_000)) + "}}",
    "many fields": START + ", ".join(f'"k{i}": 1' for i in range(60_000)) + "}",
    "a field with a long name": START + f'"{"k" * 900_000}": 1}}',
    "a long number": START + f'"account_ids": [{"9" * 900_000}]}}',
    "a number with a large exponent": START + '"account_ids": [1e999999999]}',
    "a long text": START + f'"tag_ids": ["{"x" * 900_000}"]}}',
    "many values": START + '"account_ids": [' + "1," * 400_000 + "1]}",
    "many wrong values": START + '"account_ids": [' + "null," * 9_000 + "null]}",
    "many columns": START + '"columns": [' + '"a",' * 200_000 + '"a"]}',
    "half a character": START + '"tag_ids": ["\\ud800"]}',
    "no utf-8": START + '"tag_ids": ["\udcff"]}',
}


@pytest.mark.parametrize("bomb", BODIES)
def test_a_bomb_is_refused_with_a_short_answer_and_little_memory(ann, bomb):
    body = BODIES[bomb].encode("utf-8", "surrogateescape")
    ann.export(format="none")  # what is made on first use is made
    tracemalloc.start()
    try:
        answer = ann.post(EXPORTS, content=body, headers=JSON)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert answer.status_code in {413, 422}
    assert len(answer.content) < 16_384
    assert peak < 128 * MIB


@pytest.mark.parametrize("name", ["gzip", "deflate", "br", "zstd", "identity, gzip", "GZIP", "x-gzip"])
def test_a_packed_body_is_never_unpacked(ann, name):
    body = START + '"tag_ids": ["' + "x" * 20_000_000 + '"]}'
    packed = zlib.compress(body.encode()) if name == "deflate" else gzip.compress(body.encode())
    answer = ann.post(EXPORTS, content=packed, headers=JSON | {"Content-Encoding": name})
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


EVENT = '{"id": "1", "event_type": "call", "occurred_at": "2026-03-01T11:00:00Z", "metadata": '
EVENT_BOMBS = {
    "spaces, packed": gzip.compress(b" " * 2_000_000_000, 1),
    "members of nothing, packed": gzip.compress(b"") * 200_000,
    "packed twice": gzip.compress(gzip.compress(b" " * 20_000_000)),
    "small objects": gzip.compress(b"[" + b"{}," * 1_700_000 + b"{}]"),
    "empty lines": gzip.compress(b"\n" * 2_000_000),
    "small lists in one event": gzip.compress((EVENT + "[" + "[]," * 1_600_000 + "[]]}").encode()),
    "brackets without end": gzip.compress((EVENT + "[" * 5_000_000).encode()),
    "a long number": gzip.compress((EVENT[:-12] + '"value": ' + "9" * 5_000_000 + "}").encode()),
    "a long fraction": gzip.compress((EVENT[:-12] + '"value": 0.' + "9" * 5_000_000 + "}").encode()),
    "numbers with large exponents": gzip.compress((EVENT + '{"a": [' + "1e308," * 800_000 + "1]}}").encode()),
}


@pytest.mark.parametrize("bomb", EVENT_BOMBS)
def test_a_bomb_of_events_is_unpacked_no_further_than_is_allowed(ann, bomb):
    media_type = "application/x-ndjson" if "lines" in bomb else "application/json"
    headers = {"Content-Type": media_type, "Content-Encoding": "gzip"}
    tracemalloc.start()
    try:
        answer = ann.post("/api/analytics/events", content=EVENT_BOMBS[bomb], headers=headers)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert answer.status_code in {200, 413, 422}
    assert answer.status_code != 200 or answer.json()["accepted"] == 0
    assert len(answer.content) < 32_768
    assert peak < 256 * MIB


def test_an_undeclared_packed_body_is_no_json(ann):
    answer = ann.post(EXPORTS, content=gzip.compress(json.dumps({"dataset_id": "bookings"}).encode()), headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed_json")


@pytest.mark.parametrize("place", ["query", "cursor", "prefix"])
def test_a_long_address_gets_a_short_answer(ann, place):
    long = "k" * 20_000
    path = {
        "query": f"{EXPORTS}?{long}=1",
        "cursor": f"{EXPORTS}?cursor={long}",
        "prefix": f"/api/analytics/datasets/bookings/values/tag?prefix={long}",
    }[place]
    answer = ann.get(path)
    assert answer.status_code == 422
    assert len(answer.content) < 2_048


@pytest.mark.parametrize(("who", "status"), [("ann", 413), ("a stranger", 401)])
def test_a_body_without_end_is_cut_off_by_the_real_server(app, ann, who, status):
    headers = JSON | (ann.headers if who == "ann" else {})
    sent = []

    def endless():
        while True:
            sent.append(64 * 1024)
            yield b" " * (64 * 1024)
            assert sum(sent) < 256 * MIB, "the server reads on and on"

    with served(app) as url, httpx.Client(base_url=url, timeout=20) as http:
        with suppress(httpx.TransportError):  # closed while we were still sending, maybe before we looked
            assert http.post(EXPORTS, content=endless(), headers=headers).status_code == status
        assert http.get("/healthz").status_code == 200


def test_a_body_with_two_lengths_is_no_second_request(app, ann):
    """Request smuggling: what a proxy takes for a body must not become a request here."""
    hidden = f"GET {EXPORTS} HTTP/1.1\r\nHost: x\r\n\r\n"
    head = (
        f"POST {EXPORTS} HTTP/1.1\r\nHost: x\r\nAuthorization: {ann.headers['Authorization']}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(hidden) + 5}\r\nTransfer-Encoding: chunked\r\n"
        f"Connection: close\r\n\r\n0\r\n\r\n{hidden}"
    )
    with served(app) as url:
        where = urlsplit(url)
        with socket.create_connection((where.hostname, where.port), timeout=10) as connection:
            connection.sendall(head.encode())
            answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    assert answer.startswith(b"HTTP/1.1 4")
    assert answer.count(b"HTTP/1.1 ") == 1
