"""The formats of a file and the options each of them takes."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from exports_pipeline.core.refusals import InvalidOption, UnknownFormat


class Format(StrEnum):
    """What a file is written as."""

    CSV = "csv"
    PARQUET = "parquet"
    JSON = "json"
    JSONL = "jsonl"


class Compression(StrEnum):
    """What a text file is packed with."""

    GZIP = "gzip"
    ZSTD = "zstd"


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


_ALL = frozenset({"timezone", "control_totals"})
OPTIONS_OF_FORMAT: Mapping[Format, frozenset[str]] = {
    Format.CSV: _ALL | {"delimiter", "bom", "decimal_comma", "formula_guard", "compression"},
    Format.PARQUET: _ALL,
    Format.JSON: _ALL | {"compression"},
    Format.JSONL: _ALL | {"compression"},
}
"""The options that each format takes."""

DELIMITERS = (",", ";", "\t", "|")

_CONTENT_TYPES = {
    Format.CSV: "text/csv; charset=utf-8",
    Format.PARQUET: "application/vnd.apache.parquet",
    Format.JSON: "application/json",
    Format.JSONL: "application/x-ndjson",
}
_PACKED = {Compression.GZIP: ("gz", "application/gzip"), Compression.ZSTD: ("zst", "application/zstd")}


def parse_format(name: str) -> Format:
    """The format of that name.

    Raises:
        UnknownFormat: there is none.
    """
    try:
        return Format(name.lower())
    except ValueError:
        known = ", ".join(Format)
        raise UnknownFormat(f"There is no format {name[:40]!r}; choose one of {known}.", field="format") from None


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


def extension(file_format: Format, options: FormatOptions) -> str:
    """The ending of the file's name, without the leading dot: `csv`, `csv.gz`."""
    return f"{file_format}.{_PACKED[options.compression][0]}" if options.compression else str(file_format)


def content_type(file_format: Format, options: FormatOptions) -> str:
    """The media type of the file as it is stored."""
    return _PACKED[options.compression][1] if options.compression else _CONTENT_TYPES[file_format]


@cache
def _zones() -> frozenset[str]:
    """The zones that mean the same on every machine; Python looks for them on the disk each time."""
    return frozenset(available_timezones() - {"localtime"})


def _checked(name: str, value: Any) -> Any:
    field = f"options.{name}"
    if name == "timezone":
        if not isinstance(value, str) or value not in _zones():
            raise InvalidOption(f"There is no time zone {value!r:.60}; use an IANA name as Europe/Prague.", field=field)
    elif name == "delimiter":
        if value not in DELIMITERS:
            raise InvalidOption("The delimiter is one of comma, semicolon, tab and vertical bar.", field=field)
    elif name == "compression":
        if value is not None and value not in tuple(Compression):
            raise InvalidOption("The compression is gzip or zstd, or left out.", field=field)
        return Compression(value) if value else None
    elif not isinstance(value, bool):
        raise InvalidOption(f"Option {name} is true or false.", field=field)
    return value
