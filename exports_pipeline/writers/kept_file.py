"""Rows as they are kept: Parquet from which every value comes back as it was, in its own type."""

import re
from collections.abc import Sequence

from exports_pipeline.core.catalog import Column
from exports_pipeline.writers.copy_plan import CopyPlan, Shown
from exports_pipeline.writers.parquet_file import COPY_OPTIONS
from exports_pipeline.writers.sql_text import identifier

_LOSSY = re.compile(r"\b(?:U?HUGEINT|INTERVAL|TIMETZ|TIME WITH TIME ZONE)\b", re.IGNORECASE)
"""What Parquet rounds, refuses or moves to UTC, wherever it is nested; it is kept as text, which DuckDB reads back."""


def kept_plan(columns: tuple[Shown, ...]) -> CopyPlan:
    """The plan of a kept file."""
    values = (f"{_kept(column)} AS {identifier(column.name)}" for column in columns)
    return CopyPlan(cells=", ".join(values), copy_options=COPY_OPTIONS)


def restored(columns: Sequence[Column]) -> str:
    """The select list over a kept file that gives its columns their types back; a masked or hashed one is text."""
    names = ((identifier(column.name), column) for column in columns)
    return ", ".join(f"CAST({name} AS {each.shown_type}) AS {name}" for name, each in names)


def _kept(column: Shown) -> str:
    return f"CAST({column.expression} AS VARCHAR)" if _LOSSY.search(column.type) else column.expression
