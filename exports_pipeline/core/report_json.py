"""A report as JSON, and back: every figure as it was, so that each format shows the same."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from math import isfinite
from numbers import Integral, Real
from typing import Any

from exports_pipeline.core.report import (
    Better,
    Chart,
    KeyFigure,
    KeyFigures,
    Kind,
    Mark,
    Report,
    Series,
    Table,
    TableColumn,
    Text,
    Tone,
)

_PARTS: dict[str, Any] = {
    each.__name__: each for each in (Report, Text, KeyFigures, KeyFigure, Table, TableColumn, Chart, Series)
}
_CHOICES: dict[str, Any] = {"kind": Kind, "tone": Tone, "better": Better, "mark": Mark}
_READERS: dict[str, Any] = {
    "decimal": Decimal,
    "time": datetime.fromisoformat,
    "date": date.fromisoformat,
    "float": float,
}
"""What JSON has no word for is an object of one member, named after its type."""


def report_to_json(report: Report) -> bytes:
    """The report as JSON in ASCII; parts carry the name of what they are as `is`."""
    return json.dumps(_plain(report), allow_nan=False, separators=(",", ":")).encode()


def report_of_json(text: bytes) -> Report:
    """The report that was written so; sequences come back as tuples."""
    report = _read(json.loads(text))
    if not isinstance(report, Report):
        raise TypeError("This is the JSON of no report.")
    return report


def _plain(value: Any) -> Any:  # noqa: PLR0911 - one answer for each type
    if is_dataclass(value) and not isinstance(value, type):
        members = {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
        return {"is": type(value).__name__, **members}
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, Decimal):
        return {"decimal": str(value)}
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        return float(value) if isfinite(value) else {"float": str(float(value))}
    if isinstance(value, date):
        return {"time" if isinstance(value, datetime) else "date": value.isoformat()}
    if isinstance(value, Mapping):
        return {"mapping": [[name, _plain(each)] for name, each in value.items()]}
    if isinstance(value, Sequence):
        return [_plain(each) for each in value]
    raise TypeError(f"A report holds no {type(value).__name__}.")


def _read(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_read(each) for each in value)
    if not isinstance(value, dict):
        return value
    if "is" in value:
        members = {name: _read(each) for name, each in value.items() if name != "is"}
        chosen = {name: _CHOICES[name](each) for name, each in members.items() if name in _CHOICES}
        return _PARTS[value["is"]](**members | chosen)
    if "mapping" in value:
        return {name: _read(each) for name, each in value["mapping"]}
    [(kind, text)] = value.items()
    return _READERS[kind](text)
