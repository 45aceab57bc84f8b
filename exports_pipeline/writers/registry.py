"""Which writer makes which format."""

from exports_pipeline.core.about import About
from exports_pipeline.core.catalog import Column
from exports_pipeline.core.formats import Format, FormatOptions
from exports_pipeline.core.refusals import UnknownFormat
from exports_pipeline.writers.copy_plan import BuiltPlan, CopyPlan, LinesPlan, Shown
from exports_pipeline.writers.csv_file import csv_plan
from exports_pipeline.writers.json_file import json_plan
from exports_pipeline.writers.kept_file import kept_plan
from exports_pipeline.writers.parquet_file import parquet_plan
from exports_pipeline.writers.pdf_file import pdf_plan
from exports_pipeline.writers.redaction import HashKey, shown
from exports_pipeline.writers.sql_text import Parameters, identifier


def plan_file(
    columns: tuple[Column, ...],
    file_format: Format,
    options: FormatOptions,
    about: About,
    *,
    key: HashKey | None,
    parameters: Parameters,
    is_redacted: bool = False,
) -> CopyPlan | LinesPlan | BuiltPlan:
    """The plan for these columns, redacted as they say unless they are already, in this format."""
    ready = tuple(_as_kept(column) if is_redacted else _shown(column, key, parameters) for column in columns)
    match file_format:
        case Format.CSV:
            return csv_plan(ready, options)
        case Format.PARQUET:
            return parquet_plan(ready)
        case Format.JSON | Format.JSONL:
            return json_plan(ready, options, file_format=file_format)
        case Format.XLSX:
            from exports_pipeline.writers.xlsx_file import xlsx_plan  # noqa: PLC0415 - the API starts without xlsxwriter

            return xlsx_plan(columns, ready, options, about)
        case Format.PDF:
            return pdf_plan(ready, [column.title or column.name for column in columns], options, about)
        case Format.HTML:
            raise UnknownFormat(f"A dataset is not written as {file_format}.", field="format")


def plan_kept(columns: tuple[Column, ...], *, key: HashKey | None, parameters: Parameters) -> CopyPlan:
    """The plan for keeping these columns, redacted as they say."""
    return kept_plan(tuple(_shown(column, key, parameters) for column in columns))


def _as_kept(column: Column) -> Shown:
    """A column as it is; what was masked or hashed is text."""
    return Shown(name=column.name, expression=identifier(column.name), type=column.shown_type)


def _shown(column: Column, key: HashKey | None, parameters: Parameters) -> Shown:
    expression, kind = shown(column, key, parameters)
    return Shown(name=column.name, expression=expression, type=kind)
