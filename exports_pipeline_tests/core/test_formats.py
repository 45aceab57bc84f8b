"""Formats, their options and the names of files."""

from datetime import date
from uuid import UUID

import pytest

from exports_pipeline.core.filters import Filters
from exports_pipeline.core.formats import (
    DATASET_FORMATS,
    REPORT_FORMATS,
    Compression,
    Format,
    FormatOptions,
    Paper,
    content_type,
    extension,
    parse_format,
    parse_options,
)
from exports_pipeline.core.naming import download_name, ids_of_key, object_key
from exports_pipeline.core.refusals import InvalidOption, UnknownFormat

JOB, USER = UUID(int=1), UUID(int=2)


def test_formats_are_found_whatever_their_case():
    assert parse_format("CSV") is Format.CSV


def test_an_unknown_format_gets_the_list_of_those_there_are():
    with pytest.raises(UnknownFormat, match="csv, parquet, json, jsonl"):
        parse_format("docx")


@pytest.mark.parametrize("file_format", DATASET_FORMATS)
def test_every_format_has_defaults(file_format):
    assert parse_options(file_format, {}) == FormatOptions()


@pytest.mark.parametrize(
    ("file_format", "options"),
    [
        (Format.CSV, {"delimiter": "::"}),
        (Format.CSV, {"delimiter": ["x"]}),
        (Format.CSV, {"bom": "yes"}),
        (Format.CSV, {"bom": 1}),
        (Format.CSV, {"formula_guard": None}),
        (Format.CSV, {"compression": "rar"}),
        (Format.CSV, {"compression": {}}),
        (Format.CSV, {"timezone": "Mars/Olympus"}),
        (Format.CSV, {"timezone": 5}),
        (Format.CSV, {"timezone": "../../etc/passwd"}),
        (Format.CSV, {"colour": "red"}),
        (Format.CSV, {"decimal_comma": True, "delimiter": ","}),
        (Format.PARQUET, {"delimiter": ";"}),
        (Format.JSON, {"bom": True}),
        (Format.XLSX, {"compression": "gzip"}),
        (Format.PDF, {"paper": "a0"}),
        (Format.PDF, {"compression": "gzip"}),
    ],
)
def test_options_that_a_format_cannot_have_are_refused_by_name(file_format, options):
    with pytest.raises(InvalidOption) as caught:
        parse_options(file_format, options)
    assert caught.value.field.removeprefix("options.") in options


def test_a_decimal_comma_brings_the_semicolon():
    assert parse_options(Format.CSV, {"decimal_comma": True}).delimiter == ";"
    assert parse_options(Format.CSV, {"decimal_comma": True, "delimiter": "\t"}).delimiter == "\t"


def test_packed_files_say_so_in_name_and_type():
    packed = FormatOptions(compression=Compression.GZIP)
    assert extension(Format.CSV, packed) == "csv.gz"
    assert content_type(Format.CSV, packed) == "application/gzip"
    assert parse_options(Format.JSONL, {"compression": "zstd"}).compression is Compression.ZSTD
    assert parse_options(Format.JSONL, {"compression": None}).compression is None


def test_a_document_is_laid_out_for_its_paper():
    assert parse_options(Format.PDF, {"paper": "letter"}).paper is Paper.LETTER
    assert parse_options(Format.PDF, {}).paper is Paper.A4


def test_plain_files_have_their_own_type():
    assert {content_type(each, FormatOptions()) for each in Format} == {
        "text/csv; charset=utf-8",
        "application/vnd.apache.parquet",
        "application/json",
        "application/x-ndjson",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/pdf",
        "text/html; charset=utf-8",
    }


def test_a_page_is_a_format_of_reports_alone():
    with pytest.raises(UnknownFormat):
        parse_format("html")
    assert parse_format("HTML", REPORT_FORMATS) is Format.HTML


@pytest.mark.parametrize(
    ("filters", "name"),
    [
        (Filters(), "sales.csv"),
        (Filters(start_date=date(2026, 1, 1), end_date=date(2026, 1, 31)), "sales_2026-01-01_2026-01-31.csv"),
        (Filters(start_date=date(2026, 1, 1), end_date=date(2026, 1, 1)), "sales_2026-01-01.csv"),
        (Filters(start_date=date(2026, 1, 1)), "sales_2026-01-01.csv"),
        (Filters(end_date=date(2026, 1, 31)), "sales_to_2026-01-31.csv"),
    ],
)
def test_a_download_is_named_after_dataset_and_period(filters, name):
    assert download_name("sales", filters, Format.CSV, FormatOptions()) == name


@pytest.mark.parametrize("hostile", ['a"b', "../../etc/passwd", "a\r\nSet-Cookie: x", "ůž", "", "." * 9, "x" * 999])
def test_no_name_can_leave_its_folder_or_its_header(hostile):
    name = download_name(hostile, Filters(), Format.CSV, FormatOptions())
    assert name.isascii()
    assert not set(name) & set('/\\"\r\n;')
    assert not name.startswith(".")
    assert 5 <= len(name) <= 160


def test_a_key_tells_whose_it_is():
    key = object_key(USER, JOB, 3, "sales.csv")
    assert key == f"exports/{USER}/{JOB}/3/sales.csv"
    assert ids_of_key(key) == (JOB, 3)


@pytest.mark.parametrize("key", ["", "exports/x", "exports/u/not-a-uuid/1/f", f"exports/{USER}/{JOB}/one/f"])
def test_a_foreign_key_belongs_to_nobody(key):
    assert ids_of_key(key) is None
