"""JSON files, read back with the standard library; numbers as decimals."""

import json
from datetime import datetime
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exports_pipeline.core.formats import Format
from exports_pipeline_tests.tables import everything, exported

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
SLOW_FIXTURE = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
JSON_FORMATS = pytest.mark.parametrize("file_format", [Format.JSON, Format.JSONL])


def refuse(constant):
    raise AssertionError(f"{constant} is no JSON")


def loads(text):
    return json.loads(text, parse_float=Decimal, parse_constant=refuse)


def read(body, file_format):
    text = body.decode("utf-8")
    if file_format is Format.JSON:
        return loads(text)
    assert not text or text.endswith("\n")
    return [loads(line) for line in text.removesuffix("\n").split("\n")] if text else []


@JSON_FORMATS
@SLOW_FIXTURE
@given(
    names=st.lists(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=8),
        min_size=2,
        max_size=2,
        unique_by=lambda name: name.casefold(),
    ),
    rows=st.lists(st.tuples(st.none() | TEXT, st.none() | st.lists(st.none() | TEXT, max_size=3)), max_size=5),
)
def test_any_text_under_any_name_is_read_back(tables, file_format, names, rows):
    columns = [
        pa.array([row[0] for row in rows], pa.string()),
        pa.array([row[1] for row in rows], pa.list_(pa.string())),
    ]
    dataset = tables.of_arrow(pa.table(columns, names))
    body, count = exported(tables.warehouse, everything(dataset), file_format)
    assert count == len(rows)
    assert read(body, file_format) == [dict(zip(names, row, strict=True)) for row in rows]


@SLOW_FIXTURE
@given(
    rows=st.lists(
        st.tuples(
            st.decimals(-(10**27), 10**27, places=10, allow_nan=False),
            st.integers(-(2**127) + 1, 2**127 - 1),
            st.none() | st.floats(),
            st.datetimes(),
        ),
        min_size=1,
        max_size=5,
    )
)
def test_numbers_and_times_keep_their_exact_values_also_inside(tables, rows):
    decimals, integers, floats, times = zip(*rows, strict=True)
    arrow = pa.table(
        {
            "decimal": pa.array(decimals, pa.decimal128(38, 10)),
            "huge": pa.array([str(number) for number in integers]),
            "double": pa.array(floats, pa.float64()),
            "time": pa.array(times, pa.timestamp("us")),
        }
    )
    inside = "{'d': \"decimal\", 'h': huge::HUGEINT, 'f': [double], 't': MAP {'k': time}} AS inside"
    tables.run(
        f"CREATE OR REPLACE TABLE things AS SELECT * REPLACE (huge::HUGEINT AS huge), {inside} FROM given", given=arrow
    )
    body, _ = exported(tables.warehouse, everything(tables.described("things")), Format.JSONL)
    for found, row in zip(read(body, Format.JSONL), rows, strict=True):
        double = Decimal(repr(row[2])) if row[2] is not None and Decimal(row[2]).is_finite() else None
        assert found["decimal"] == found["inside"]["d"] == row[0]
        assert found["huge"] == found["inside"]["h"] == row[1]
        assert found["double"] == double
        assert found["inside"]["f"] == [double]
        assert datetime.fromisoformat(found["time"]) == row[3]
        assert found["inside"]["t"] == {"k": found["time"]}
        assert "T" in found["time"]


@JSON_FORMATS
def test_no_rows_give_a_valid_file(tables, file_format):
    dataset = tables.dataset("SELECT 1 AS a WHERE false")
    body, rows = exported(tables.warehouse, everything(dataset), file_format)
    assert rows == 0
    assert read(body, file_format) == []


@JSON_FORMATS
def test_many_batches_stay_one_document(tables, file_format):
    dataset = tables.dataset("SELECT i AS a FROM range(100000) r(i)")
    body, rows = exported(tables.warehouse, everything(dataset), file_format)
    assert rows == 100000
    assert read(body, file_format) == [{"a": number} for number in range(100000)]


def test_every_kind_of_value_has_its_json(tables):
    dataset = tables.dataset(
        """SELECT 0.1::FLOAT AS f, true AS b, '\\xAA\\x00'::BLOB AS y, UUID '12345678-1234-1234-1234-123456789abc' AS u,
        {'x': 'inf'::DOUBLE, 'g': 0.1::FLOAT, 'n': NULL::STRUCT(q DOUBLE)} AS s, NULL::STRUCT(q DOUBLE) AS ns,
        [[1.5, 'nan'::DOUBLE], NULL] AS l, ['1', 'nan']::DOUBLE[2] AS a, MAP {1: 'nan'::DOUBLE} AS m,
        union_value(num := 'inf'::DOUBLE) AS un, (1, '-inf'::DOUBLE) AS tu, TIME '12:00:00' AS ti,
        1::BIGNUM AS bn, '0101'::BIT AS bits, '"q'::ENUM('"q') AS e, NULL AS nothing,
        TIMESTAMP_NS '2020-01-01 00:00:00.123456789' AS ns9, DATE '2020-02-29' AS d, '{"a":1}'::JSON::VARIANT AS v"""
    )
    [found] = read(exported(tables.warehouse, everything(dataset), Format.JSONL)[0], Format.JSONL)
    assert found == {
        "f": Decimal("0.1"),
        "b": True,
        "y": "AA00",
        "u": "12345678-1234-1234-1234-123456789abc",
        "s": {"x": None, "g": Decimal("0.1"), "n": None},
        "ns": None,
        "l": [[Decimal("1.5"), None], None],
        "a": [Decimal("1.0"), None],
        "m": {"1": None},
        "un": {"num": None},
        "tu": [1, None],
        "ti": "12:00:00",
        "bn": 1,
        "bits": "0101",
        "e": '"q',
        "nothing": None,
        "ns9": "2020-01-01T00:00:00.123456789",
        "d": "2020-02-29",
        "v": {"a": 1},
    }


def test_json_that_is_stored_keeps_its_numbers_and_its_texts_but_not_its_nan(tables):
    stored = (
        '{"a": NaN,\n "b": [-Infinity, 1.10], "c": "NaN, \\"Infinity\\"", "d": 12345678901234567890.12345678901234}'
    )
    tables.run("CREATE OR REPLACE TABLE things AS SELECT j::JSON AS j FROM given", given=pa.table({"j": [stored]}))
    [found] = read(exported(tables.warehouse, everything(tables.described("things")), Format.JSONL)[0], Format.JSONL)
    assert found["j"] == {
        "a": None,
        "b": [None, Decimal("1.10")],
        "c": 'NaN, "Infinity"',
        "d": Decimal("12345678901234567890.12345678901234"),
    }


def test_nanoseconds_and_endless_times_are_kept(tables):
    dataset = tables.dataset(
        """SELECT '2020-01-01 00:00:00.123456789+00'::TIMESTAMPTZ_NS AS z, TIMESTAMP_MS '2020-01-01 00:00:00.5' AS ms,
        'infinity'::TIMESTAMP AS t, '-infinity'::TIMESTAMPTZ AS tz, NULL::TIMESTAMPTZ AS n,
        '290000-01-01'::TIMESTAMP AS f"""
    )
    body, _ = exported(tables.warehouse, everything(dataset), Format.JSONL, timezone="Asia/Kathmandu")
    assert read(body, Format.JSONL) == [
        {
            "z": "2020-01-01T05:45:00.123456789+05:45",
            "ms": "2020-01-01T00:00:00.5",
            "t": "infinity",
            "tz": "-infinity",
            "n": None,
            "f": "290000-01-01T00:00:00",
        }
    ]


def test_instants_are_written_in_the_zone_of_the_request_also_inside(tables):
    dataset = tables.dataset(
        "SELECT TIMESTAMPTZ '2020-07-01 00:00:00+00' AS at, [TIMESTAMPTZ '2020-01-01 00:00:00+00'] AS l"
    )
    body, _ = exported(tables.warehouse, everything(dataset), Format.JSONL, timezone="Europe/Prague")
    assert read(body, Format.JSONL) == [{"at": "2020-07-01T02:00:00+02:00", "l": ["2020-01-01T01:00:00+01:00"]}]
