"""Events as they are sent: one, several, line by line, packed; good ones are kept whatever the others are."""

import gzip
import json
import threading
from decimal import Decimal

import pytest

from exports_pipeline.core.errors import LedgerUnavailable
from exports_pipeline_tests.event_rows import sent

EVENTS = "/api/analytics/events"
NDJSON = {"Content-Type": "application/x-ndjson"}
JSON = {"Content-Type": "application/json"}
MIB = 1 << 20


def taken(answer):
    """The four counts of an answer, and the refusals."""
    assert answer.status_code == 200, answer.text
    body = answer.json()
    counts = [body[name] for name in ("accepted", "duplicates", "replaced", "rejected_count")]
    return counts, [(each["index"], each["pointer"], each["code"]) for each in body["rejected"]]


def stored(ports, tenant="ann"):
    return {event_id: event for (owner, event_id), (event, _) in ports.events.events.items() if owner == tenant}


def refusal(answer):
    problem = answer.json()
    return answer.status_code, problem["code"]


def test_one_event_is_taken(ann, ports):
    assert taken(ann.post(EVENTS, json=sent(value=12.5))) == ([1, 0, 0, 0], [])
    event = stored(ports)["1"]
    assert (event.event_type, event.category, event.label, event.campaign, event.customer) == (
        *("call", "outbound", "interested"),
        *("spring", "c-1"),
    )
    assert (event.value, event.occurred_at.isoformat()) == (Decimal("12.5"), "2026-03-01T11:59:00+00:00")
    assert json.loads(event.metadata) == {"segment": "retail"}


def test_what_is_absent_is_empty(ann, ports):
    bare = {"id": "1", "event_type": "call", "occurred_at": "2026-03-01T13:00:00+01:00"}
    nothing = dict.fromkeys(("category", "label", "value", "campaign", "customer", "metadata"))
    assert taken(ann.post(EVENTS, json=[bare, {**bare, **nothing, "id": "2"}])) == ([2, 0, 0, 0], [])
    first, second = stored(ports).values()
    assert (first.category, first.value, first.metadata) == ("", None, "{}")
    assert (second.category, second.value, second.metadata) == ("", None, "{}")


def test_the_tenant_is_whoever_the_token_names(ann, bob, ports):
    ann.post(EVENTS, json=sent(label="ann's"))
    assert taken(bob.post(EVENTS, json=sent(label="bob's"))) == ([1, 0, 0, 0], [])
    assert (stored(ports)["1"].label, stored(ports, "bob")["1"].label) == ("ann's", "bob's")


def test_an_id_that_is_there_is_a_duplicate_or_replaced_as_asked(ann, ports):
    first, second = sent(label="first"), sent(label="second")
    assert taken(ann.post(EVENTS, json=[first, second])) == ([1, 1, 0, 0], [])
    assert taken(ann.post(f"{EVENTS}?on_duplicate=keep", json=second)) == ([0, 1, 0, 0], [])
    assert stored(ports)["1"].label == "first"
    assert taken(ann.post(f"{EVENTS}?on_duplicate=replace", json=[second, sent("2")])) == ([1, 0, 1, 0], [])
    assert stored(ports)["1"].label == "second"
    assert refusal(ann.post(f"{EVENTS}?on_duplicate=forget", json=second)) == (422, "invalid_request")


@pytest.mark.parametrize("media_type", ["application/x-ndjson", "application/jsonl; charset=utf-8"])
def test_lines_are_taken_one_by_one(ann, ports, media_type):
    one, other = json.dumps(sent("1")), json.dumps(sent("3"))
    lines = [one, "", '{"id": "2"', "nothing", "[]", "  ", f" {other}\r", "1e5", f"{one},{other}", "[" * 9_999]
    answer = ann.post(EVENTS, content="\n".join(lines), headers={"Content-Type": media_type})
    counts, refusals = taken(answer)
    assert counts == [2, 0, 0, 6]
    assert [place for place, *_ in refusals] == [2, 3, 4, 7, 8, 9]
    codes = ["malformed_json"] * 2 + ["not_an_object"] * 2 + ["malformed_json"] * 2
    assert [(pointer, code) for _, pointer, code in refusals] == [("", code) for code in codes]
    assert list(stored(ports)) == ["1", "3"]


def test_good_events_are_kept_among_others(ann, ports):
    body = [sent("1"), 7, sent("2", value="12"), sent("3"), None, [sent("4")], sent("5", occurred_at="yesterday")]
    assert taken(ann.post(EVENTS, json=body)) == (
        [2, 0, 0, 5],
        [
            (1, "", "not_an_object"),
            (2, "/value", "wrong_type"),
            (4, "", "not_an_object"),
            (5, "", "not_an_object"),
            (6, "/occurred_at", "malformed_time"),
        ],
    )
    assert list(stored(ports)) == ["1", "3"]


def test_the_first_hundred_refusals_are_told_and_all_are_counted(ann):
    counts, refusals = taken(ann.post(EVENTS, json=[{}] * 150 + [sent()]))
    assert counts == [1, 0, 0, 150]
    assert refusals == [(place, "/id", "missing_field") for place in range(100)]


def test_nothing_is_taken_of_nothing(ann, ports):
    assert taken(ann.post(EVENTS, json=[])) == ([0, 0, 0, 0], [])
    assert taken(ann.post(EVENTS, content=b"\n \n", headers=NDJSON)) == ([0, 0, 0, 0], [])
    assert ports.events.batches == []


@pytest.mark.parametrize("headers", [JSON, NDJSON])
def test_packed_events_are_unpacked(ann, ports, headers):
    packed = gzip.compress(json.dumps(sent("1")).encode()) + gzip.compress(b" \n ")
    assert taken(ann.post(EVENTS, content=packed, headers=headers | {"Content-Encoding": "gzip"}))[0] == [1, 0, 0, 0]
    assert list(stored(ports)) == ["1"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "malformed_json"),
        (b"{", "malformed_json"),
        (b"[1,]", "malformed_json"),
        (b"[1", "malformed_json"),
        (b"[1 2]", "malformed_json"),
        (b"[1] 2", "malformed_json"),
        (b"{} {}", "malformed_json"),
        (b"[,]", "malformed_json"),
        (b'"text"', "malformed_json"),
        (b"[" * 100_000, "malformed_json"),
        (b'[{"id": "\xff"]', "malformed_json"),
    ],
)
def test_a_body_that_is_no_json_is_refused_as_a_whole(ann, body, code):
    assert refusal(ann.post(EVENTS, content=body, headers=JSON)) == (422, code)


@pytest.mark.parametrize(
    "spoil", [lambda body: body[:-9], lambda body: body + b"more", lambda _: b"no gzip", bytes.upper]
)
def test_a_body_that_gzip_did_not_make_is_refused_as_a_whole(ann, ports, spoil):
    packed = spoil(gzip.compress(json.dumps(sent()).encode()))
    answer = ann.post(EVENTS, content=packed, headers=JSON | {"Content-Encoding": "gzip"})
    assert refusal(answer) == (422, "malformed_json")
    assert stored(ports) == {}


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/csv"},
        {"Content-Type": "application/json; charset=latin-1"},
        JSON | {"Content-Encoding": "br"},
        JSON | {"Content-Encoding": "gzip, gzip"},
        {},
    ],
)
def test_other_kinds_of_bodies_are_refused(ann, headers):
    answer = ann.post(EVENTS, content=json.dumps(sent()), headers=headers)
    assert refusal(answer) == (415, "unsupported_media_type")
    assert "x-ndjson" in answer.json()["detail"]


def test_a_fault_at_the_end_of_an_array_keeps_nothing_of_it(ann, ports):
    body = json.dumps([sent("1"), sent("2")])
    for spoilt in (body[:-1], body[:-1] + ",]", body + "x", body[:-2] + "]"):
        assert refusal(ann.post(EVENTS, content=spoilt, headers=JSON)) == (422, "malformed_json")
    assert stored(ports) == {}
    spaced = body.replace(", {", " \n,\t {").replace("[", " [ ").replace("]", " ] \r\n")
    assert taken(ann.post(EVENTS, content=spaced, headers=JSON))[0] == [2, 0, 0, 0]


def test_more_than_ten_thousand_events_are_refused_and_so_many_are_not(ann):
    assert refusal(ann.post(EVENTS, json=[None] * 10_001)) == (413, "too_many_events")
    assert refusal(ann.post(EVENTS, content="{}\n" * 10_001, headers=NDJSON)) == (413, "too_many_events")
    assert taken(ann.post(EVENTS, content="{}\n\n" * 10_000, headers=NDJSON))[0] == [0, 0, 0, 10_000]


def test_more_than_five_mebibytes_are_refused_packed_or_not(ann):
    most = json.dumps(sent()).encode().ljust(5 * MIB)
    assert taken(ann.post(EVENTS, content=most, headers=JSON))[0] == [1, 0, 0, 0]
    assert refusal(ann.post(EVENTS, content=most + b" ", headers=JSON)) == (413, "body_too_large")
    gzipped = JSON | {"Content-Encoding": "gzip"}
    assert taken(ann.post(EVENTS, content=gzip.compress(most), headers=gzipped))[0] == [0, 1, 0, 0]
    assert refusal(ann.post(EVENTS, content=gzip.compress(most + b" "), headers=gzipped)) == (413, "body_too_large")
    several = gzip.compress(most) + gzip.compress(b" ")
    assert refusal(ann.post(EVENTS, content=several, headers=gzipped)) == (413, "body_too_large")


def test_numbers_are_kept_as_they_are_written(ann, ports):
    texts = ["0.1", "12345678901234567890.123456789012345678", "-0.000000000000000001", "1e3", "7", "1.10"]
    lines = [json.dumps(sent(text, value=0)).replace('"value": 0', f'"value": {text}') for text in texts]
    assert taken(ann.post(EVENTS, content="\n".join(lines), headers=NDJSON))[0] == [6, 0, 0, 0]
    assert {text: event.value for text, event in stored(ports).items()} == {text: Decimal(text) for text in texts}
    assert str(stored(ports)["1.10"].value) == "1.10"


def test_numbers_that_no_column_holds_are_refused(ann):
    texts = [
        "NaN",
        "Infinity",
        "-Infinity",
        "1e20",
        "1e-19",
        "1" * 5_000,
        "1e99999999999999999999",
        "1e308",
        "true",
        '"1"',
    ]
    body = ",".join(json.dumps(sent(value=0)).replace('"value": 0', f'"value": {text}') for text in texts)
    counts, refusals = taken(ann.post(EVENTS, content=f"[{body}]", headers=JSON))
    assert counts == [0, 0, 0, len(texts)]
    assert {pointer for _, pointer, _ in refusals} == {"/value"}
    assert [code for *_, code in refusals] == ["not_finite"] * 3 + ["number_too_long"] * 5 + ["wrong_type"] * 2


def test_bytes_that_are_no_utf_8_spoil_their_event_alone(ann, ports):
    lines = [json.dumps(sent("1")).encode(), json.dumps(sent("2", label="@")).encode().replace(b"@", b"\xff")]
    assert taken(ann.post(EVENTS, content=b"\n".join(lines), headers=NDJSON)) == (
        [1, 0, 0, 1],
        [(1, "/label", "malformed_text")],
    )


def test_a_token_is_needed_before_anything_is_read(ann):
    answer = ann.call("POST", EVENTS, content=b"x" * (6 * MIB), headers=JSON, anonymous=True)
    assert answer.status_code == 401


def test_when_the_database_is_away_the_sender_is_told_to_come_again(ann, ports):
    def away(*_, **__):
        raise LedgerUnavailable

    ports.events.add = away
    answer = ann.post(EVENTS, json=sent())
    assert refusal(answer) == (503, "ledger_unavailable")
    assert answer.headers["retry-after"] == "5"


def test_events_are_stored_beside_the_loop_that_answers(ann, ports):
    threads, add = [], ports.events.add

    def noted(*words, **more):
        threads.append(threading.current_thread())
        return add(*words, **more)

    ports.events.add = noted
    ann.post(EVENTS, json=sent())
    assert threads != [threading.main_thread()]
