"""Workbooks against the CSV of the same rows, read back with independent readers."""

import csv
import io
import json
import shutil
import subprocess
from datetime import date, datetime, time
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exports_pipeline.core.formats import Format
from exports_pipeline_tests.tables import everything, exported
from exports_pipeline_tests.workbooks import with_calamine, with_openpyxl

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    ["=1+1", "-2", "@x", "_x0041_x0042_", "_x000D_", " a ", "a\n", "a\r\nb", "<&>", "\x00", "\ufffe", "", "ａ", "＝1"]  # noqa: RUF001 - meant
)
SLOW_FIXTURE = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
SCHEMA = pa.schema(
    {
        "text": pa.string(),
        "account_id": pa.int64(),
        "whole": pa.int64(),
        "decimal": pa.decimal128(38, 10),
        "double": pa.float64(),
        "truth": pa.bool_(),
        "day": pa.date32(),
        "at": pa.timestamp("ms"),
        "list": pa.list_(pa.int64()),
        "bytes": pa.binary(),
    }
)


def csv_rows(body):
    return list(csv.reader(io.StringIO(body.decode(), newline=""), strict=True))


def as_csv(cell, number_text):
    """What CSV has where a workbook has this cell."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, Decimal):
        return number_text if Decimal(number_text) == cell else f"{cell}, no longer {number_text}"
    if isinstance(cell, date):
        # calamine gives an instant at midnight as a date
        instant = cell if isinstance(cell, datetime) else datetime.combine(cell, time.min)
        found = datetime.fromisoformat(number_text)
        return number_text if found == instant else f"{cell}, no longer {number_text}"
    return str(cell)


def same_as_csv(sheet, rows):
    return [
        [as_csv(cell, text) for cell, text in zip(cells, texts, strict=True)]
        for cells, texts in zip(sheet, rows, strict=True)
    ]


def padded(sheet, width):
    """Rows of one length: openpyxl leaves out empty cells at the end."""
    return [[*row, *[None] * (width - len(row))] for row in sheet]


@SLOW_FIXTURE
@given(
    rows=st.lists(
        st.fixed_dictionaries(
            {
                "text": st.none() | TEXT,
                "account_id": st.none() | st.integers(-(2**63), 2**63 - 1),
                "whole": st.none() | st.integers(-(2**63), 2**63 - 1) | st.integers(-9, 9),
                "decimal": st.none() | st.decimals(-(10**27), 10**27, places=10, allow_nan=False),
                "double": st.none() | st.floats(),
                "truth": st.none() | st.booleans(),
                "day": st.none() | st.dates(),
                "at": st.none() | st.datetimes().map(lambda at: at.replace(microsecond=at.microsecond // 1000 * 1000)),
                "list": st.none() | st.lists(st.none() | st.integers(-9, 9), max_size=3),
                "bytes": st.none() | st.binary(max_size=5),
            }
        ),
        max_size=6,
    ),
    guard=st.booleans(),
)
def test_any_row_is_what_the_csv_of_it_says(tables, rows, guard):
    dataset = tables.of_arrow(pa.Table.from_pylist(rows, SCHEMA))
    body, count = exported(tables.warehouse, everything(dataset), Format.XLSX, formula_guard=guard)
    expected = csv_rows(exported(tables.warehouse, everything(dataset), formula_guard=guard)[0])
    assert count == len(rows)
    for read in (with_openpyxl, with_calamine):
        [sheet] = read(body)
        found = padded(sheet, len(SCHEMA))
        for place, field in enumerate(SCHEMA):
            if field.name == "day":
                found = [[*row[:place], day_text(row[place]), *row[place + 1 :]] for row in found]
        while len(found) < len(expected):
            found.append([None] * len(SCHEMA))  # a row that is empty to its end
        assert same_as_csv(found, expected) == expected


def day_text(cell):
    return str(cell)[:10] if hasattr(cell, "year") else cell


def test_an_instant_at_midnight_is_read_as_such(tables):
    dataset = tables.dataset("SELECT TIMESTAMP '2000-01-01 00:00:00' AS at")
    body, _ = exported(tables.warehouse, everything(dataset), Format.XLSX)
    [[_, [cell]]] = with_openpyxl(body)
    assert cell == datetime(2000, 1, 1)  # noqa: DTZ001 - workbooks have no zones


def test_strings_that_break_software_come_through(tables, shared_data):
    naughty = json.loads((shared_data / "naughty_strings/blns.json").read_text(encoding="utf-8"))
    dataset = tables.of_arrow(pa.table({"n": range(len(naughty)), "text": naughty}))
    body, _ = exported(tables.warehouse, everything(dataset), Format.XLSX, formula_guard=False)
    assert [row[1] for row in with_calamine(body)[0][1:]] == naughty


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice is not installed (make tools)")
def test_libreoffice_reads_what_the_csv_says(tables, tmp_path):
    dataset = tables.dataset(
        """SELECT 900 + i AS account_id, 'Žluť, <b> & "' || i AS text, (i * 1234.5)::DECIMAL(18,2) AS decimal,
        i / 8 AS double, i % 2 = 0 AS truth, 9007199254740993 AS huge, CASE WHEN i % 3 > 0 THEN i END AS gaps,
        '=1+' || i AS formula, [i] AS list, '日本' || chr(10) || 'b' AS lines FROM range(50) r(i)"""
    )
    body, _ = exported(tables.warehouse, everything(dataset), Format.XLSX)
    (tmp_path / "book.xlsx").write_bytes(body)
    as_they_are = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false,false,false,1"
    command = ["soffice", f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", as_they_are]
    subprocess.run([*command, "--outdir", str(tmp_path), "book.xlsx"], cwd=tmp_path, check=True, capture_output=True)
    [converted] = tmp_path.glob("*.csv")
    found = csv_rows(converted.read_bytes())
    expected = csv_rows(exported(tables.warehouse, everything(dataset))[0])
    numbers = {"decimal", "double", "gaps"}
    assert found[0] == expected[0]
    for cells, texts in zip(found[1:], expected[1:], strict=True):
        for name, cell, text in zip(expected[0], cells, texts, strict=True):
            if name in numbers and text:
                assert Decimal(cell) == Decimal(text)
            else:
                assert cell.casefold() == text.casefold()


def cells(tables, query, **options):
    """The cells of the one row of a query, as openpyxl reads them."""
    body, _ = exported(tables.warehouse, everything(tables.dataset(query)), Format.XLSX, **options)
    return with_openpyxl(body)[0][1]


def test_ids_and_numbers_that_excel_would_round_are_text(tables):
    assert cells(
        tables,
        """SELECT 7 AS id, 12 AS user_id, 999999999999999 AS a, 1000000000000000 AS b, -9007199254740993 AS c,
        123456789012345.00::DECIMAL(38,10) AS d, 123456789012345.60::DECIMAL(38,10) AS e, 0.5::DECIMAL(38,30) AS f,
        170141183460469231731687303715884105727::HUGEINT AS g, 5::HUGEINT AS h""",
    ) == [
        "7", "12", Decimal(999999999999999), "1000000000000000", "-9007199254740993",
        Decimal(123456789012345), "123456789012345.6000000000", Decimal("0.5"),
        "170141183460469231731687303715884105727", Decimal(5),
    ]  # fmt: skip


def test_what_a_number_cell_cannot_say_is_text_as_in_csv(tables):
    assert cells(
        tables,
        """SELECT 'nan'::DOUBLE AS a, '-inf'::DOUBLE AS b, DATE '1900-02-28' AS c, DATE '0044-03-15 (BC)' AS d,
        'infinity'::TIMESTAMP AS e, TIMESTAMP '0001-01-01 00:00:00' AS f, TIME '24:00:00' AS g,
        TIMESTAMP_NS '2020-01-01 00:00:00.000000001' AS h, INTERVAL 1 DAY AS i, '0101'::BIT AS j,
        TIMESTAMPTZ '1800-01-01 00:00:00+00' AS k""",
    ) == [
        "nan", "-inf", "1900-02-28", "0044-03-15 (BC)", "infinity", "0001-01-01 00:00:00", "24:00:00",
        "2020-01-01 00:00:00.000000001", "1 day", "0101", "1800-01-01 00:00:00+00:00",
    ]  # fmt: skip


def test_times_are_times_and_instants_stand_in_the_zone_of_the_request(tables):
    assert cells(
        tables,
        """SELECT TIMESTAMPTZ '2020-03-29 01:30:00+00' AS a, TIMESTAMP '2020-03-29 01:30:00.25' AS b,
        TIME '23:59:59' AS c, DATE '1900-03-01' AS d, TIMESTAMP_S '9999-12-31 00:00:00' AS e""",
        timezone="Europe/Prague",
    ) == [
        datetime.fromisoformat("2020-03-29 03:30:00"),
        datetime.fromisoformat("2020-03-29 01:30:00.250"),
        time(23, 59, 59),
        datetime.fromisoformat("1900-03-01"),
        datetime.fromisoformat("9999-12-31"),
    ]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])  # noqa: RUF001 - meant
def test_text_is_never_a_formula_and_the_guard_puts_an_apostrophe_before_it(tables, start):
    dataset = tables.of_arrow(pa.table({f"{start}head": [f"{start}1+1"], "plain": [f"a{start}"]}))
    guarded, _ = exported(tables.warehouse, everything(dataset), Format.XLSX)
    plain, _ = exported(tables.warehouse, everything(dataset), Format.XLSX, formula_guard=False)
    for read in (with_openpyxl, with_calamine):
        assert read(guarded) == [[[f"'{start}head", "plain"], [f"'{start}1+1", f"a{start}"]]]
        assert read(plain) == [[[f"{start}head", "plain"], [f"{start}1+1", f"a{start}"]]]
