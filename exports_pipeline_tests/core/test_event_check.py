"""What is an event, and what is wrong with what is none."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from exports_pipeline.core.event import EventFault
from exports_pipeline.core.event_check import check_event, events_window
from exports_pipeline_tests.event_rows import sent
from exports_pipeline_tests.fakes.clock import NOON

WINDOW = events_window(NOON, months=24, ahead=timedelta(hours=1))
SMILE = "😀"


def fault(**changes):
    """Pointer and code of what is wrong."""
    with pytest.raises(EventFault) as raised:
        check_event(sent(**changes), WINDOW)
    assert raised.value.reason
    return raised.value.pointer, raised.value.code


def deep(levels):
    return {"a": deep(levels - 1)} if levels else {}


@pytest.mark.parametrize("name", ["id", "event_type", "category", "label", "campaign", "customer"])
def test_every_text_is_a_text_of_bounded_length(name):
    most = {"event_type": 100, "category": 200, "label": 200}.get(name, 128)
    assert getattr(check_event(sent(**{name: SMILE * most}), WINDOW), name) == SMILE * most
    assert fault(**{name: "a" * (most + 1)}) == (f"/{name}", "too_long")
    assert fault(**{name: 7}) == (f"/{name}", "wrong_type")
    assert fault(**{name: ["a"]}) == (f"/{name}", "wrong_type")
    assert fault(**{name: True}) == (f"/{name}", "wrong_type")
    assert fault(**{name: "a\x00"}) == (f"/{name}", "nul_character")
    assert fault(**{name: "\ud800"}) == (f"/{name}", "malformed_text")
    assert getattr(check_event(sent(**{name: "a\tb\n\u2028\x01\x7f"}), WINDOW), name) == "a\tb\n\u2028\x01\x7f"


@pytest.mark.parametrize("name", ["id", "event_type", "occurred_at"])
def test_what_an_event_is_known_by_must_be_there(name):
    whole = sent()
    del whole[name]
    with pytest.raises(EventFault, match="needed") as raised:
        check_event(whole, WINDOW)
    assert (raised.value.pointer, raised.value.code) == (f"/{name}", "missing_field")
    assert fault(**{name: None}) == (f"/{name}", "missing_field")
    assert fault(**{name: ""})[0] == f"/{name}"


def test_a_field_that_there_is_not_is_named():
    assert fault(kustomer="c") == ("/kustomer", "unknown_field")
    assert fault(**{"a/b~c": 1}) == ("/a~1b~0c", "unknown_field")
    assert len(fault(**{"k" * 9_000: 1})[0]) == 100
    assert fault(**{"\ud800": 1}) == ("/?", "unknown_field")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("2026-03-01T12:00:00", "naive_time"),
        ("2026-03-01", "naive_time"),
        ("2026-02-30T12:00:00Z", "malformed_time"),
        ("2026-03-01T24:00:00Z", "malformed_time"),
        ("2026-03-01T11:59:60Z", "malformed_time"),
        ("12:00", "malformed_time"),
        ("now", "malformed_time"),
        ("", "malformed_time"),
        ("0000-01-01T00:00:00Z", "malformed_time"),
        ("٢٠٢٦-03-01T12:00:00Z", "malformed_time"),
        ("2026-03-01T13:00:00.000001Z", "in_the_future"),
        ("9999-12-31T23:59:59-23:59", "in_the_future"),
        ("2024-02-29T23:59:59.999999Z", "beyond_retention"),
        ("2024-03-01T00:30:00+01:00", "beyond_retention"),
        ("0001-01-01T00:00:00+23:59", "beyond_retention"),
        (1772366400, "wrong_type"),
        ({}, "wrong_type"),
    ],
)
def test_a_time_is_an_instant_that_is_kept_and_has_come(text, code):
    assert fault(occurred_at=text) == ("/occurred_at", code)


def test_the_first_and_the_last_moment_are_taken():
    for text, instant in (
        ("2024-03-01T00:00:00Z", datetime(2024, 3, 1, tzinfo=UTC)),
        ("2026-03-01T14:00:00+01:00", NOON + timedelta(hours=1)),
        ("2026-03-01T12:00:00.123456789Z", NOON + timedelta(microseconds=123456)),
    ):
        event = check_event(sent(occurred_at=text), WINDOW)
        assert (event.occurred_at, event.occurred_at.tzinfo) == (instant, UTC)


@pytest.mark.parametrize(
    "value", [0, -7, 10**20 - 1, Decimal("0.000000000000000001"), Decimal("1E+19"), Decimal("-0.0")]
)
def test_a_value_is_exact(value):
    kept = check_event(sent(value=value), WINDOW).value
    assert (kept, type(kept)) == (value, Decimal)


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (float("nan"), "not_finite"),
        (float("-inf"), "not_finite"),
        (10**20, "number_too_long"),
        (-(10**20), "number_too_long"),
        (Decimal("1E+20"), "number_too_long"),
        (Decimal("0E+999999"), "number_too_long"),
        (Decimal("0.0000000000000000001"), "number_too_long"),
        (Decimal("1." + "0" * 19), "number_too_long"),
        ("12.5", "wrong_type"),
        (True, "wrong_type"),
        ([1], "wrong_type"),
    ],
)
def test_a_value_that_no_column_holds_is_refused(value, code):
    assert fault(value=value) == ("/value", code)


def test_metadata_come_back_as_they_were_sent():
    given = {"a": [1, -2.5, 'x\ty"\\é😀', None, True, {}], "": {"b": False}, "big": 10**300, "é": "\u2028\x7f"}
    read = json.loads(json.dumps(given), parse_float=Decimal)
    assert json.loads(check_event(sent(metadata=read), WINDOW).metadata) == given
    exact = check_event(sent(metadata={"a": Decimal("0.12345678901234567890123")}), WINDOW)
    assert exact.metadata == '{"a":0.12345678901234567890123}'


@pytest.mark.parametrize(
    ("metadata", "pointer", "code"),
    [
        ([], "", "wrong_type"),
        ("{}", "", "wrong_type"),
        (0, "", "wrong_type"),
        ({"a": "x" * 4_089}, "", "too_large"),
        ({"a": "é" * 2_045}, "", "too_large"),
        ({str(place): 0 for place in range(1_000)}, "", "too_large"),
        (deep(5), "/a/a/a/a/a", "too_deep"),
        ({"a": [0, [[[[]]]]]}, "/a/1/0/0/0", "too_deep"),
        ({"a": [0] * 5_000}, "/a", "too_large"),
        ({"a": {"b/c": [1, "\x00"]}}, "/a/b~1c/1", "nul_character"),
        ({"a\x00": 1}, "/a\x00", "nul_character"),
        ({"a": "\udfff"}, "/a", "malformed_text"),
        ({"\udfff": 1}, "/?", "malformed_text"),
        ({"a": float("inf")}, "/a", "not_finite"),
        ({"a": Decimal("1E+309")}, "/a", "number_too_long"),
        ({"a": Decimal("1E-309")}, "/a", "number_too_long"),
        ({"a": 10**309}, "/a", "number_too_long"),
    ],
)
def test_metadata_that_cannot_be_kept_are_refused(metadata, pointer, code):
    assert fault(metadata=metadata) == (f"/metadata{pointer}", code)


def test_metadata_may_be_as_large_and_as_deep_as_said():
    assert len(check_event(sent(metadata={"a": "x" * 4_088}), WINDOW).metadata) == 4_096
    assert check_event(sent(metadata=deep(4)), WINDOW).metadata == '{"a":{"a":{"a":{"a":{}}}}}'
