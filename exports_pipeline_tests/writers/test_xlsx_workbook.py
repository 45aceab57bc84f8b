"""What stands around the rows of a workbook: sheets, styles, "About", and the limits of Excel."""

import hashlib
import io
import zipfile
from dataclasses import replace

import duckdb
import openpyxl
import pytest

from exports_api.cli.read_back import count_rows
from exports_pipeline.core.catalog import Column, Dataset
from exports_pipeline.core.formats import Format, FormatOptions
from exports_pipeline.core.redaction_policy import Sensitivity
from exports_pipeline.core.refusals import TooManyColumnsForFormat
from exports_pipeline.writers.copy_plan import Shown
from exports_pipeline.writers.xlsx_book import sheet_names
from exports_pipeline.writers.xlsx_file import xlsx_plan
from exports_pipeline.writers.zip_file import ZipWriter
from exports_pipeline_tests.builders import facts
from exports_pipeline_tests.tables import everything, exported
from exports_pipeline_tests.workbooks import about_of, with_calamine, with_openpyxl

MARK = "… [shortened]"


def book_of(body):
    return openpyxl.load_workbook(io.BytesIO(body))


def exported_book(tables, query, units=(), **options):
    dataset = tables.dataset(query)
    units = dict(units)
    columns = tuple(replace(column, unit=units.get(column.name, "")) for column in dataset.columns)
    return exported(tables.warehouse, everything(replace(dataset, columns=columns)), Format.XLSX, **options)[0]


def split_book(path, rows, *, sheet_rows):
    """A workbook of so many numbers, with small sheets."""
    dataset = replace(things(1), title="Things: all")
    plan = xlsx_plan(
        dataset.columns,
        (Shown(name="a", expression='"a"', type="BIGINT"),),
        FormatOptions(),
        facts(everything(dataset), rows=rows),
        sheet_rows=sheet_rows,
    )
    with duckdb.connect() as connection:
        query = f"SELECT {plan.from_cells} FROM (SELECT {plan.cells} FROM (SELECT i AS a FROM range({rows}) r(i)))"
        plan.build(iter(connection.sql(query).to_arrow_reader(plan.batch_rows)), path)
    return path.read_bytes()


def things(columns):
    return Dataset(
        name="things", relation="things", columns=tuple(Column(name=f"a{i}", type="BIGINT") for i in range(columns))
    )


@pytest.mark.parametrize(("rows", "sheets"), [(0, [0]), (1, [1]), (10, [10]), (11, [10, 1]), (4100, [2000, 2000, 100])])
def test_rows_beyond_a_sheet_go_on_in_the_next_and_none_is_cut(tmp_path, rows, sheets):
    body = split_book(tmp_path / "book.xlsx", rows, sheet_rows=2000 if rows > 100 else 10)
    for read in (with_openpyxl, with_calamine):
        found = read(body)
        assert [len(sheet) - 1 for sheet in found] == sheets
        assert [sheet[0] for sheet in found] == [["a"]] * len(sheets)
        assert [int(row[0]) for sheet in found for row in sheet[1:]] == list(range(rows))
    assert count_rows(tmp_path / "book.xlsx", "xlsx")[0] == rows
    names = book_of(body).sheetnames
    assert names == (
        ["Things  all", "About"]
        if len(sheets) == 1
        else [f"Things  all {i + 1}" for i in range(len(sheets))] + ["About"]
    )


def test_about_announces_the_sheets_and_their_rows(tmp_path):
    about = about_of(split_book(tmp_path / "book.xlsx", 25, sheet_rows=10))
    assert about["Sheets"].startswith("3,")
    assert (about["Sheet Things  all 1"], about["Sheet Things  all 3"]) == ("10 rows", "5 rows")


def test_the_hash_in_about_is_that_of_the_sheets_as_unzip_prints_them(tmp_path):
    body = split_book(tmp_path / "book.xlsx", 25, sheet_rows=10)
    about = about_of(body)
    parts = about["To compute it again"].removeprefix("unzip -p FILE ").removesuffix(" | sha256sum").split()
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        assert archive.testzip() is None
        together = b"".join(archive.read(name) for name in archive.namelist() if name in parts)
    assert len(parts) == 3
    assert about["SHA-256 of the rows"] == hashlib.sha256(together).hexdigest()


@pytest.mark.slow
def test_a_million_rows_in_any_order_are_numbered_in_theirs(tables):
    dataset = tables.dataset("SELECT i AS a FROM range(1100000) r(i)")
    body, rows = exported(tables.warehouse, everything(dataset), Format.XLSX)
    found = with_calamine(body)
    assert [len(sheet) - 1 for sheet in found] == [1_048_575, 1_100_000 - 1_048_575]
    assert sum(int(row[0]) for sheet in found for row in sheet[1:]) == rows * (rows - 1) // 2


def test_no_rows_give_a_header_and_an_about(tables):
    body = exported_book(tables, "SELECT 1 AS a, 'x' AS b WHERE false")
    assert with_openpyxl(body) == [[["a", "b"]]]
    assert about_of(body)["Rows"] == "0"


def test_the_same_rows_give_the_same_bytes(tables):
    query = "SELECT i AS a, 'x' || i AS b FROM range(5000) r(i)"
    assert exported_book(tables, query) == exported_book(tables, query)


def test_the_header_stays_in_sight_and_filters(tables):
    sheet = book_of(exported_book(tables, "SELECT i AS a, 'a longer text' AS b FROM range(9) r(i)")).worksheets[0]
    assert (sheet.freeze_panes, sheet.auto_filter.ref, sheet.print_title_rows) == ("A2", "A1:B10", "$1:$1")
    assert sheet["A1"].font.bold
    assert sheet.column_dimensions["B"].width > sheet.column_dimensions["A"].width


@pytest.mark.parametrize(
    ("expression", "unit", "shown"),
    [
        ("1.50::DECIMAL(9,2)", "CZK", '#,##0.00 "CZK"'),
        ("1.5::DECIMAL(9,1)", "EUR", '#,##0.00 "EUR"'),
        ("5", "EUR", '#,##0 "EUR"'),
        ("0.25::DOUBLE", "percent", "0.0%"),
        ("5", "km", '#,##0 "km"'),
        ("0.5::DOUBLE", 'in"', '#,##0.00 "in″"'),
        ("1.5::DECIMAL(38,6)", "", "#,##0.00####"),
        ("2013", "", "0"),
        ("7", "id", "@"),
        ("0.5::DOUBLE", "", "General"),
        ("DATE '2020-01-01'", "", "yyyy-mm-dd"),
        ("TIMESTAMP '2020-01-01 00:00:00'", "", "yyyy-mm-dd hh:mm:ss"),
        ("TIMESTAMP '2020-01-01 00:00:00.5'", "", "yyyy-mm-dd hh:mm:ss.000"),
        ("TIMESTAMPTZ '2020-01-01 00:00:00+00'", "", 'yyyy-mm-dd hh:mm:ss "Asia/Tokyo"'),
    ],
)
def test_numbers_are_shown_as_type_and_unit_ask(tables, expression, unit, shown):
    body = exported_book(tables, f"SELECT {expression} AS a", {"a": unit}, timezone="Asia/Tokyo")
    assert book_of(body).worksheets[0]["A2"].number_format == shown


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("x" * 32767, "x" * 32767),
        ("x" * 32768, "x" * (32767 - len(MARK)) + MARK),
        ("é" * 32767, "é" * 32767),
        ("🤖" * 20000, "🤖" * ((32767 - len(MARK)) // 2) + MARK),
        ("=" * 32767, "'" + "=" * (32766 - len(MARK)) + MARK),
    ],
)
def test_texts_that_no_cell_holds_are_shortened_visibly_and_counted(tables, text, found):
    tables.run("CREATE OR REPLACE TABLE things AS SELECT $$" + text + "$$ AS a, 'short' AS b")
    body, _ = exported(tables.warehouse, everything(tables.described("things")), Format.XLSX)
    assert with_calamine(body)[0][1] == [found, "short"]
    assert about_of(body)["Shortened cells"].startswith("1:" if found != text else "none")


def test_more_columns_than_a_workbook_takes_are_refused():
    dataset = things(257)
    shown = tuple(Shown(name=one.name, expression=one.name, type=one.type) for one in dataset.columns)
    with pytest.raises(TooManyColumnsForFormat, match="256 columns at most, and these are 257"):
        xlsx_plan(dataset.columns, shown, FormatOptions(), facts(everything(dataset)))


def test_about_says_what_was_chosen_for_whom_and_what_was_hidden(tables):
    dataset = replace(tables.dataset("SELECT '7001' AS born, 1 AS a"), title="People", description="One a row.")
    columns = (replace(dataset.columns[0], sensitive=Sensitivity.MASK, description="Personal."), dataset.columns[1])
    selection = everything(dataset, columns=columns, timezone="Europe/Prague", account_ids=("7", "8"))
    selection = replace(selection, dataset=replace(dataset, account="a"))
    body, _ = exported(tables.warehouse, selection, Format.XLSX, timezone="Europe/Prague")
    about = about_of(body)
    assert (about["Dataset"], about["Description"], about["Accounts"]) == ("things", "One a row.", "7, 8")
    assert about["Redacted: born"] == "masked: every value is ***"
    assert about["Made at"].endswith("(Europe/Prague)")
    assert about["Time zone"].startswith("Europe/Prague")
    assert about["Rows"] == "0"


def test_a_list_of_filters_longer_than_a_cell_goes_on_in_the_next_row(tables):
    dataset = replace(tables.dataset("SELECT 1 AS a"), account="a")
    accounts = tuple(map(str, range(10_000)))
    body, _ = exported(tables.warehouse, everything(dataset, account_ids=accounts), Format.XLSX)
    assert about_of(body)["Accounts"] == ", ".join(accounts)


@pytest.mark.parametrize(
    ("title", "count", "names"),
    [
        ("Sales", 1, ["Sales"]),
        ("Sales", 2, ["Sales 1", "Sales 2"]),
        ("a/b:c*?[d]\\e", 1, ["a b c d e"]),
        ("'quoted'", 1, ["quoted"]),
        ("about", 1, ["about data"]),
        ("History", 1, ["History data"]),
        ("///", 1, ["Data"]),
        ("x" * 40, 10, ["x" * 29 + f" {i}" for i in range(1, 10)] + ["x" * 28 + " 10"]),
        ("🤖" * 20, 1, ["🤖" * 15]),
    ],
)
def test_any_title_makes_names_that_excel_takes(title, count, names):
    assert sheet_names(title, count) == names


@pytest.mark.slow
def test_parts_beyond_four_gigabytes_are_read_back(tmp_path):
    piece, pieces = bytes(1 << 24), 260
    with (tmp_path / "large.zip").open("wb") as file:
        archive = ZipWriter(file)
        part = archive.begin("large")
        for _ in range(pieces):
            part.write(piece)
        part.finish()
        archive.add("small", b"abc")
        archive.finish()
    with zipfile.ZipFile(tmp_path / "large.zip") as found:
        assert found.getinfo("large").file_size == pieces * len(piece)
        assert found.read("small") == b"abc"
        with found.open("large") as large:
            assert sum(len(read) for read in iter(lambda: large.read(1 << 24), b"")) == pieces * len(piece)
