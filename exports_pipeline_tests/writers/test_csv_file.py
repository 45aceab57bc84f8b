"""CSV files, read back with the standard library."""

import csv
import gzip
import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exports_pipeline.core.formats import DELIMITERS
from exports_pipeline_tests.tables import everything, exported

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
NAMES = st.lists(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=8),
    min_size=1,
    max_size=4,
    unique_by=lambda name: name.casefold(),
)
SLOW_FIXTURE = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def read(body, delimiter=","):
    text = body.decode("utf-8")
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))


@st.composite
def text_tables(draw):
    names = draw(NAMES)
    rows = draw(st.lists(st.tuples(*(st.none() | TEXT for _ in names)), max_size=6))
    return names, rows


@SLOW_FIXTURE
@given(table=text_tables(), delimiter=st.sampled_from(DELIMITERS))
def test_any_text_under_any_name_is_read_back_by_the_standard_library(tables, table, delimiter):
    names, rows = table
    arrow = pa.table([pa.array([row[place] for row in rows], pa.string()) for place in range(len(names))], names)
    body, count = exported(
        tables.warehouse, everything(tables.of_arrow(arrow)), delimiter=delimiter, formula_guard=False
    )
    assert count == len(rows)
    assert read(body, delimiter) == [names, *([cell or "" for cell in row] for row in rows)]


@SLOW_FIXTURE
@given(
    rows=st.lists(
        st.tuples(
            st.decimals(-(10**27), 10**27, places=10, allow_nan=False),
            st.integers(-(2**127) + 1, 2**127 - 1),
            st.floats(allow_nan=True),
            st.datetimes(),
            st.dates(),
            st.booleans(),
            st.binary(max_size=5),
        ),
        min_size=1,
        max_size=5,
    )
)
def test_numbers_times_and_bytes_keep_their_exact_values(tables, rows):
    decimals, integers, floats, times, days, truths, blobs = zip(*rows, strict=True)
    arrow = pa.table(
        {
            "decimal": pa.array(decimals, pa.decimal128(38, 10)),
            "huge": pa.array([str(number) for number in integers]),
            "double": pa.array(floats, pa.float64()),
            "time": pa.array(times, pa.timestamp("us")),
            "day": pa.array(days, pa.date32()),
            "truth": pa.array(truths),
            "bytes": pa.array(blobs, pa.binary()),
        }
    )
    tables.run("CREATE OR REPLACE TABLE things AS SELECT * REPLACE (huge::HUGEINT AS huge) FROM given", given=arrow)
    body, _ = exported(tables.warehouse, everything(tables.described("things")))
    for cells, row in zip(read(body)[1:], rows, strict=True):
        assert Decimal(cells[0]) == row[0]
        assert int(cells[1]) == row[1]
        assert repr(float(cells[2])) == repr(row[2])
        assert datetime.fromisoformat(cells[3]) == row[3]
        assert date.fromisoformat(cells[4]) == row[4]
        assert cells[5] == str(row[5]).lower()
        assert bytes.fromhex(cells[6]) == row[6]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])  # noqa: RUF001 - meant
def test_text_that_a_spreadsheet_would_calculate_gets_an_apostrophe(tables, start):
    arrow = pa.table({f"{start}head": [f"{start}1+1"], "plain": [f"a{start}"]})
    dataset = tables.of_arrow(arrow)
    assert read(exported(tables.warehouse, everything(dataset))[0]) == [
        [f"'{start}head", "plain"],
        [f"'{start}1+1", f"a{start}"],
    ]
    unguarded = exported(tables.warehouse, everything(dataset), formula_guard=False)[0]
    assert read(unguarded) == [[f"{start}head", "plain"], [f"{start}1+1", f"a{start}"]]


def test_numbers_and_enumerations_are_told_apart_by_the_formula_guard(tables):
    dataset = tables.dataset("SELECT -1 AS i, -1.5::DECIMAL(9,1) AS d, '-inf'::DOUBLE AS f, '-x'::ENUM('-x') AS e")
    assert read(exported(tables.warehouse, everything(dataset))[0])[1] == ["-1", "-1.5", "-inf", "'-x"]


def test_lines_end_with_crlf_and_null_differs_from_empty_text(tables):
    dataset = tables.dataset("SELECT NULL::VARCHAR AS a, '' AS b, 'x' AS c")
    assert exported(tables.warehouse, everything(dataset))[0] == b'a,b,c\r\n,"",x\r\n'


def test_a_null_in_a_file_of_one_column_is_no_empty_line(tables):
    dataset = tables.dataset("SELECT unnest([1, NULL, 3]) AS a")
    assert exported(tables.warehouse, everything(dataset))[0] == b'a\r\n1\r\n""\r\n3\r\n'


def test_no_rows_give_a_header(tables):
    dataset = tables.dataset("SELECT 1 AS a, 'x' AS b WHERE false")
    assert exported(tables.warehouse, everything(dataset)) == (b"a,b\r\n", 0)


def test_a_byte_order_mark_comes_before_everything(tables):
    dataset = tables.dataset("SELECT 'é' AS a")
    assert exported(tables.warehouse, everything(dataset), bom=True)[0] == b"\xef\xbb\xbfa\r\n\xc3\xa9\r\n"


def test_a_decimal_comma_is_for_numbers_with_a_point(tables):
    dataset = tables.dataset("SELECT 1.50::DECIMAL(9,2) AS d, 0.1::DOUBLE AS f, 7 AS i, 'a.b' AS s, [1.5] AS l")
    body, _ = exported(tables.warehouse, everything(dataset), decimal_comma=True, delimiter=";")
    assert read(body, ";")[1] == ["1,50", "0,1", "7", "a.b", "[1.5]"]


def test_instants_are_written_in_the_zone_of_the_request_with_their_offset(tables):
    dataset = tables.dataset("SELECT TIMESTAMPTZ '2020-03-29 00:59:59.5+00' + to_hours(i) AS at FROM range(2) r(i)")
    body, _ = exported(tables.warehouse, everything(dataset), timezone="Europe/Prague")
    cells = [row[0] for row in read(body)[1:]]
    assert cells == ["2020-03-29 01:59:59.5+01:00", "2020-03-29 03:59:59.5+02:00"]
    body, _ = exported(tables.warehouse, everything(dataset), timezone="America/St_Johns")
    assert [row[0][-6:] for row in read(body)[1:]] == ["-02:30", "-02:30"]


@SLOW_FIXTURE
@given(
    instant=st.datetimes(timezones=st.just(UTC)).filter(lambda instant: 1 < instant.year < 9999),
    zone=st.sampled_from(["UTC", "Europe/Prague", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"]),
)
def test_an_instant_in_any_zone_is_the_same_instant(tables, instant, zone):
    dataset = tables.of_arrow(pa.table({"at": pa.array([instant], pa.timestamp("us", "UTC"))}))
    [_, [cell]] = read(exported(tables.warehouse, everything(dataset), timezone=zone)[0])
    assert datetime.fromisoformat(cell) == instant


def test_nested_values_are_json_with_the_rules_of_json(tables):
    dataset = tables.dataset(
        "SELECT {'x': 'nan'::DOUBLE, 'y, z': [TIMESTAMPTZ '2020-07-01 00:00:00+00', NULL]} AS s, "
        "MAP {'k': '\\xAA'::BLOB} AS m"
    )
    [_, [structure, mapping]] = read(exported(tables.warehouse, everything(dataset), timezone="Europe/Prague")[0])
    assert json.loads(structure) == {"x": None, "y, z": ["2020-07-01T02:00:00+02:00", None]}
    assert json.loads(mapping) == {"k": "AA"}


def test_packed_files_hold_the_same_bytes(tables):
    dataset = tables.dataset("SELECT i AS a, 'text ' || i AS b FROM range(50000) r(i)")
    plain, _ = exported(tables.warehouse, everything(dataset), bom=True)
    packed, _ = exported(tables.warehouse, everything(dataset), bom=True, compression="gzip")
    assert gzip.decompress(packed) == plain
    packed, _ = exported(tables.warehouse, everything(dataset), bom=True, compression="zstd")
    with pa.CompressedInputStream(pa.BufferReader(packed), "zstd") as stream:
        assert stream.read() == plain


def test_the_same_selection_gives_the_same_bytes_in_the_order_of_the_warehouse(tables):
    dataset = tables.dataset("SELECT i AS a FROM range(300000) r(i)")
    first, _ = exported(tables.warehouse, everything(dataset))
    assert first == exported(tables.warehouse, everything(dataset))[0]
    assert [int(row[0]) for row in read(first)[1:]] == list(range(300000))


def test_strings_that_break_software_come_through(tables, shared_data):
    naughty = json.loads((shared_data / "naughty_strings/blns.json").read_text(encoding="utf-8"))
    dataset = tables.of_arrow(pa.table({"n": range(len(naughty)), "text": naughty}))
    body, _ = exported(tables.warehouse, everything(dataset), formula_guard=False)
    assert [row[1] for row in read(body)[1:]] == naughty


def test_the_corner_cases_of_csv_come_through(tables, shared_data):
    for expected in sorted((shared_data / "csv_spectrum/json").glob("*.json")):
        rows = json.loads(expected.read_text(encoding="utf-8"))
        rows = rows if isinstance(rows, list) else [rows]
        dataset = tables.of_arrow(pa.Table.from_pylist(rows))
        body, _ = exported(tables.warehouse, everything(dataset), formula_guard=False)
        assert list(csv.DictReader(io.StringIO(body.decode(), newline=""), strict=True)) == rows


def test_years_before_christ_and_endless_times_are_written_as_duckdb_does(tables):
    dataset = tables.dataset(
        "SELECT DATE '0044-03-15 (BC)' AS d, 'infinity'::TIMESTAMP AS t, '-infinity'::TIMESTAMPTZ AS z, "
        "INTERVAL 1 DAY AS i"
    )
    assert read(exported(tables.warehouse, everything(dataset))[0])[1] == [
        "0044-03-15 (BC)",
        "infinity",
        "-infinity",
        "1 day",
    ]
