"""The first rows of an export as a page shows them: days, instants and amounts as the viewer reads them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from exports_api.web.viewing import Viewing
from exports_pipeline.core.catalog import Dataset
from exports_pipeline.core.filters import Filters, select
from exports_pipeline.core.requester import Requester
from exports_pipeline.core.value_types import is_number

_LONGEST = 120
_AMOUNT = re.compile(r"-?\d+\.\d+")


@dataclass(frozen=True, kw_only=True)
class Preview:
    """A small table; its heads are those of the file."""

    heads: Sequence[str]
    numbers: Sequence[bool]
    """Whether a column holds numbers."""
    lines: Sequence[Sequence[str]]


def preview_of(
    rows: Sequence[Mapping[str, Any]] | None, dataset: Dataset, requester: Requester, view: Viewing
) -> Preview | None:
    """What to show of the first rows, as an estimate has them; None where there are none, or none were read in time."""
    if not rows:
        return None
    types = {each.name: each.shown_type for each in select(dataset, Filters(), requester).columns}
    kinds = {name: types.get(name, "") for name in rows[0]}
    return Preview(
        heads=list(kinds),
        numbers=[is_number(kind) for kind in kinds.values()],
        lines=[[_shown(row.get(name), kind, view) for name, kind in kinds.items()] for row in rows],
    )


def _shown(value: Any, kind: str, view: Viewing) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return _short(", ".join("" if each is None else str(each) for each in value))
    if isinstance(value, Mapping):
        return _short(", ".join(f"{name}: {each}" for name, each in value.items()))
    return _short(in_kind(str(value), kind, view))


def in_kind(text: str, kind: str, view: Viewing) -> str:
    """A value whose kind, a type of DuckDB, says how it is read; as it is, where it is not what the kind says."""
    try:
        if kind == "DATE":
            return view.day(text)
        if kind.startswith("TIMESTAMP"):
            at = datetime.fromisoformat(text)
            return view.moment(at) if at.tzinfo else text.replace("T", " ")
        return view.exactly(Decimal(text)) if is_number(kind) and _AMOUNT.fullmatch(text) else text
    except (ValueError, OverflowError):
        return text


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
