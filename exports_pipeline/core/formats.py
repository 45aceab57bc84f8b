"""The formats of a file and the options each of them takes."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from exports_pipeline.core.refusals import InvalidOption, TooManyColumnsForFormat, UnknownFormat
from exports_pipeline.core.zones import zone_names


class Format(StrEnum):
    """What a file is written as."""

    CSV = "csv"
    PARQUET = "parquet"
    JSON = "json"
    JSONL = "jsonl"
    XLSX = "xlsx"
    PDF = "pdf"
    HTML = "html"


DATASET_FORMATS = (Format.CSV, Format.PARQUET, Format.JSON, Format.JSONL, Format.XLSX, Format.PDF)
"""What the rows of a dataset may be written as."""
REPORT_FORMATS = (Format.PDF, Format.XLSX, Format.HTML)
"""What a report may be written as."""


class Compression(StrEnum):
    """What a text file is packed with."""

    GZIP = "gzip"
    ZSTD = "zstd"


class Paper(StrEnum):
    """What a document is laid out for."""

    A4 = "a4"
    LETTER = "letter"


@dataclass(frozen=True, kw_only=True)
class FormatOptions:
    """How a file of some format is written; each format takes a part of these."""

    timezone: str = "UTC"
    """IANA zone of the date filter, and of the times in text formats."""
    delimiter: str = ","
    bom: bool = False
    """Start the file with a byte order mark, so that Excel reads it as UTF-8."""
    decimal_comma: bool = False
    formula_guard: bool = True
    """Put an apostrophe before text that a spreadsheet would take for a formula (OWASP, CSV injection)."""
    compression: Compression | None = None
    control_totals: bool = True
    """Whether the manifest gives nulls, least, greatest and sum of each column."""
    keep_result: bool = False
    """Keep the result in its canonical form beside the file, for renditions and comparisons."""
    paper: Paper = Paper.A4


_ALL = frozenset({"timezone", "control_totals", "keep_result"})
OPTIONS_OF_FORMAT: Mapping[Format, frozenset[str]] = {
    Format.CSV: _ALL | {"delimiter", "bom", "decimal_comma", "formula_guard", "compression"},
    Format.PARQUET: _ALL,
    Format.JSON: _ALL | {"compression"},
    Format.JSONL: _ALL | {"compression"},
    Format.XLSX: _ALL | {"formula_guard"},
    Format.PDF: _ALL | {"paper"},
    Format.HTML: frozenset({"timezone"}),
}
"""The options that each format takes."""

MOST_COLUMNS: Mapping[Format, int] = {Format.XLSX: 256}
"""How many columns a format is written with, where it has a limit.

Excel holds 16,384. Each cell of a workbook is an expression of DuckDB with vectors of its own: 256 columns take 580 MB,
near to what a worker may have, and 500 take 880 MB.
"""

ROWS_OF_A_SHEET = 1_048_575
"""Rows of one sheet of a workbook, beside the header; more rows make more sheets."""

DELIMITERS = (",", ";", "\t", "|")

_CONTENT_TYPES = {
    Format.CSV: "text/csv; charset=utf-8",
    Format.PARQUET: "application/vnd.apache.parquet",
    Format.JSON: "application/json",
    Format.JSONL: "application/x-ndjson",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.PDF: "application/pdf",
    Format.HTML: "text/html; charset=utf-8",
}
_PACKED = {Compression.GZIP: ("gz", "application/gzip"), Compression.ZSTD: ("zst", "application/zstd")}


def parse_format(name: str, among: Collection[Format] = DATASET_FORMATS) -> Format:
    """The format of that name, of those that a dataset may have, or a report.

    Raises:
        UnknownFormat: there is none.
    """
    if name.lower() in among:
        return Format(name.lower())
    raise UnknownFormat(f"There is no format {name[:40]!r}; choose one of {', '.join(among)}.", field="format")


def parse_options(file_format: Format, given: Mapping[str, Any]) -> FormatOptions:
    """The options of a request, checked against the format.

    A decimal comma without a delimiter takes the semicolon, as spreadsheets of those countries do.

    Raises:
        InvalidOption: an option is unknown, foreign to the format, or has a value it cannot have.
    """
    allowed = OPTIONS_OF_FORMAT[file_format]
    for name in given:
        if name not in allowed:
            raise InvalidOption(
                f"Format {file_format} has no option {name[:40]!r}; it takes {', '.join(sorted(allowed))}.",
                field=f"options.{name[:40]}",
            )
    options = FormatOptions()
    for name, value in given.items():
        options = replace(options, **{name: _checked(name, value)})
    if options.decimal_comma and "delimiter" not in given:
        options = replace(options, delimiter=";")
    if options.decimal_comma and options.delimiter == ",":
        raise InvalidOption("A decimal comma and a comma as delimiter exclude each other.", field="options.delimiter")
    return options


def check_columns(file_format: Format, columns: int) -> None:
    """Let pass what a format takes.

    Raises:
        TooManyColumnsForFormat: it takes fewer columns.
    """
    most = MOST_COLUMNS.get(file_format, columns)
    if columns > most:
        raise TooManyColumnsForFormat(
            f"Format {file_format} takes {most:,} columns at most, and these are {columns:,};"
            " choose fewer columns, or CSV or Parquet.",
            field="columns",
        )


def sheets_of(file_format: Format, rows: int) -> int | None:
    """How many sheets the rows of a workbook are split over; None for other formats."""
    return max(1, -(-rows // ROWS_OF_A_SHEET)) if file_format is Format.XLSX else None


def extension(file_format: Format, options: FormatOptions) -> str:
    """The ending of the file's name, without the leading dot: `csv`, `csv.gz`."""
    return f"{file_format}.{_PACKED[options.compression][0]}" if options.compression else str(file_format)


def content_type(file_format: Format, options: FormatOptions) -> str:
    """The media type of the file as it is stored."""
    return _PACKED[options.compression][1] if options.compression else _CONTENT_TYPES[file_format]


def _checked(name: str, value: Any) -> Any:
    field = f"options.{name}"
    if name == "timezone":
        if not isinstance(value, str) or value not in zone_names():
            raise InvalidOption(f"There is no time zone {value!r:.60}; use an IANA name as Europe/Prague.", field=field)
    elif name == "delimiter":
        if value not in DELIMITERS:
            raise InvalidOption("The delimiter is one of comma, semicolon, tab and vertical bar.", field=field)
    elif name == "compression":
        if value is not None and value not in tuple(Compression):
            raise InvalidOption("The compression is gzip or zstd, or left out.", field=field)
        return Compression(value) if value else None
    elif name == "paper":
        if value not in tuple(Paper):
            raise InvalidOption("The paper is a4 or letter.", field=field)
        return Paper(value)
    elif not isinstance(value, bool):
        raise InvalidOption(f"Option {name} is true or false.", field=field)
    return value
