"""PDF: a table for reading and printing, in every script, with the rows' origin on the first page."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from exports_pipeline.core.about import About
from exports_pipeline.core.formats import FormatOptions
from exports_pipeline.writers.cells import FLOATS, INTEGERS, UNSIGNED, csv_cell
from exports_pipeline.writers.copy_plan import BuiltPlan, Shown
from exports_pipeline.writers.type_text import parse_type

_NUMBERS = INTEGERS | UNSIGNED | FLOATS | {"DECIMAL"}


def pdf_plan(columns: tuple[Shown, ...], titles: Sequence[str], options: FormatOptions, about: About) -> BuiltPlan:
    """The plan of a PDF; its cells say what the cells of a CSV say.

    All texts are held until the last page is written, since every page says how many there are.
    """
    kinds = [parse_type(column.type) for column in columns]
    cells = [csv_cell(column.expression, kind, options) for column, kind in zip(columns, kinds, strict=True)]
    numbers = [kind.kind in _NUMBERS for kind in kinds]

    def build(batches: Iterator[pa.RecordBatch], path: Path) -> tuple[str, ...]:
        texts: list[list[str | None]] = [[] for _ in columns]
        for batch in batches:
            for column, more in zip(texts, batch.columns, strict=True):
                column.extend(more.to_pylist())
        # Here, since the API plans files too: reportlab and the fonts would add a fifth of a second to its start.
        from exports_pipeline.writers.pdf_document import PdfDocument  # noqa: PLC0415
        from exports_pipeline.writers.pdf_table import draw_table  # noqa: PLC0415

        document = PdfDocument(path, about, paper=options.paper)
        draw_table(document, titles, texts, numbers)
        document.save()
        return ()

    return BuiltPlan(cells=", ".join(f"CAST({cell} AS VARCHAR) AS c{at}" for at, cell in enumerate(cells)), build=build)
