"""XLSX (ECMA-376): typed cells in as many sheets as the rows need, and a sheet "About".

The rows are put together in SQL as the XML of a worksheet; xlsxwriter makes everything around them.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from exports_pipeline.core.about import About
from exports_pipeline.core.catalog import Column
from exports_pipeline.core.formats import ROWS_OF_A_SHEET, Format, FormatOptions, check_columns
from exports_pipeline.core.formulas import FORMULA_STARTS
from exports_pipeline.writers.arrow_text import text_of
from exports_pipeline.writers.column_widths import Sample
from exports_pipeline.writers.copy_plan import BuiltPlan, Shown
from exports_pipeline.writers.number_formats import number_format, with_fractions
from exports_pipeline.writers.xlsx_about import Written
from exports_pipeline.writers.xlsx_book import Look, around_rows, book, sheet_names, style_ids
from exports_pipeline.writers.xlsx_cells import cell_sql
from exports_pipeline.writers.zip_file import PartWriter, ZipWriter

_BATCH_ROWS = 2048
_SAMPLE_BYTES = 1 << 20
_FIRST_PARTS = ("_rels/.rels", "docProps/core.xml", "xl/theme/theme1.xml")
"""What the archive begins with, by which mail gateways and `file` know a workbook; none of it depends on the rows."""


def xlsx_plan(
    columns: tuple[Column, ...],
    shown: tuple[Shown, ...],
    options: FormatOptions,
    about: About,
    *,
    sheet_rows: int = ROWS_OF_A_SHEET,
) -> BuiltPlan:
    """The plan of a workbook with at most so many rows in a sheet.

    Raises:
        TooManyColumnsForFormat.
    """
    check_columns(Format.XLSX, len(shown))
    units = ["" if column.is_replaced else column.unit for column in columns]
    formats = [
        number_format(each.type, each.name, unit, options.timezone) for each, unit in zip(shown, units, strict=True)
    ]
    headers = [_header(column.name, options) for column in shown]
    look = Look(headers=headers, formats=formats, widths=[10] * len(headers))
    cells = [
        cell_sql(column, place, style, shown=formats[place], options=options)
        for place, (column, style) in enumerate(zip(shown, style_ids(look, about), strict=True))
    ]
    values = [f"{cell.value} AS c{place}" for place, cell in enumerate(cells)]
    number = "row_number() OVER ()"
    row = f"CAST(({number} - 1) % {sheet_rows} + 2 AS VARCHAR)"
    shortened = ", ".join(cell.shortened for cell in cells if cell.shortened)
    pieces = ", ".join(cell.xml for cell in cells)

    def build(batches: Iterator[pa.RecordBatch], path: Path) -> tuple[str, ...]:
        return _Build(look, columns, options, about, sheet_rows).write(batches, path)

    return BuiltPlan(
        cells=", ".join((*values, f"{number} AS n", f"{row} AS r")),
        from_cells=(
            f"n, concat('<row r=\"', r, '\">', {pieces}, '</row>') AS line, "
            f"CAST({f'list_sum([{shortened}])' if shortened else '0'} AS BIGINT) AS shortened"
        ),
        batch_rows=_BATCH_ROWS,
        build=build,
    )


def _header(name: str, options: FormatOptions) -> str:
    return f"'{name}" if options.formula_guard and name.startswith(FORMULA_STARTS) else name


class _Build:
    """One workbook in the making."""

    def __init__(
        self, look: Look, columns: tuple[Column, ...], options: FormatOptions, about: About, sheet_rows: int
    ) -> None:
        self._look, self._columns, self._options, self._about = look, columns, options, about
        self._sheet_rows = sheet_rows
        self._digest = hashlib.sha256()
        self._shortened = 0
        self._blank: dict[str, bytes] = {}
        """The parts of a workbook without rows; its second sheet stands for all that follow."""
        self._rows: list[int] = []
        """Rows of each sheet so far."""

    def write(self, batches: Iterator[pa.RecordBatch], path: Path) -> tuple[str, ...]:
        first = next(batches, None)
        if first is not None:
            self._look = _looked_at(self._look, first)
            batches = chain([first], batches)
        with path.open("wb") as file:
            archive = ZipWriter(file)
            self._blank = book(self._look, [("first", 0), ("other", 0)], self._about)
            for name in _FIRST_PARTS:
                archive.add(name, self._blank[name])
            self._write_rows(archive, batches)
            for name, content in self._parts_around().items():
                archive.add(name, content)
            archive.finish()
        return (f"{self._shortened:,} cells are shortened to 32,767 characters",) if self._shortened else ()

    def _write_rows(self, archive: ZipWriter, batches: Iterator[pa.RecordBatch]) -> None:
        part = self._begin_sheet(archive)
        for batch in batches:
            _check_order(batch, sum(self._rows))
            while batch.num_rows:
                if self._rows[-1] == self._sheet_rows:
                    self._finish_sheet(part)
                    part = self._begin_sheet(archive)
                taken = batch.slice(0, self._sheet_rows - self._rows[-1])
                self._put(part, text_of(taken.column("line")))
                self._rows[-1] += taken.num_rows
                self._shortened += pc.sum(taken.column("shortened")).as_py()
                batch = batch.slice(taken.num_rows)  # noqa: PLW2901 - what is left of it
        self._finish_sheet(part)

    def _begin_sheet(self, archive: ZipWriter) -> PartWriter:
        self._rows.append(0)
        part = archive.begin(_part_name(len(self._rows)))
        self._put(part, around_rows(self._blank[_part_name(min(2, len(self._rows)))])[0])
        return part

    def _finish_sheet(self, part: PartWriter) -> None:
        around = book(self._look, [("this", self._rows[-1])], self._about)[_part_name(1)]
        self._put(part, around_rows(around)[1])
        part.finish()

    def _put(self, part: PartWriter, xml: bytes | memoryview) -> None:
        self._digest.update(xml)
        part.write(xml)

    def _parts_around(self) -> dict[str, bytes]:
        names = sheet_names(self._about.title, len(self._rows))
        sheets = tuple(zip(names, self._rows, strict=True))
        written = Written(sheets=sheets, shortened=self._shortened, sha256=self._digest.hexdigest())
        parts = book(self._look, sheets, self._about, written=written, columns=self._columns, options=self._options)
        done = {*_FIRST_PARTS, *(_part_name(place) for place in range(1, len(sheets) + 1))}
        return {name: content for name, content in parts.items() if name not in done}


def _looked_at(look: Look, first: pa.RecordBatch) -> Look:
    sample = Sample(look.headers, look.formats)
    sample.look_at(bytes(text_of(first.column("line"))[:_SAMPLE_BYTES]).decode(errors="ignore"))
    formats = [with_fractions(one) if place in sample.fractions else one for place, one in enumerate(look.formats)]
    return replace(look, widths=sample.widths, formats=formats)


def _part_name(place: int) -> str:
    return f"xl/worksheets/sheet{place}.xml"


def _check_order(batch: pa.RecordBatch, rows: int) -> None:
    """Excel refuses a sheet whose rows are not in the order of their numbers."""
    if batch.num_rows and (batch.column("n")[0].as_py(), batch.column("n")[-1].as_py()) != (
        rows + 1,
        rows + batch.num_rows,
    ):
        raise RuntimeError("The rows of the warehouse have come in another order than they are numbered.")
