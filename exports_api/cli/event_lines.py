"""Rows of a file become events, each on a line of JSON, by what the caller says of its columns."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from exports_pipeline.core.event import MAX_EVENTS, TEXT_LENGTHS

FIELDS = frozenset({*TEXT_LENGTHS, "value", "occurred_at", "metadata"})
MEMBER = "metadata."
_MOST_BYTES = 4 << 20
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class EventLines:
    """How a row becomes an event."""

    targets: Mapping[str, str]
    """A field of events, or `metadata.NAME`, for each column; one that has the name of a field is that by itself."""
    fixed: Mapping[str, str] = field(default_factory=dict)
    """Fields, or members of the metadata, that are the same in every row."""
    zone: ZoneInfo | None = None
    """Where times are that tell no offset."""
    name: str = ""
    """With the number of the row, the id of an event whose id no column tells."""

    def line(self, number: int, row: Mapping[str, Any]) -> str:
        """The event of a row, as JSON."""
        event: dict[str, Any] = {}
        metadata: dict[str, Any] = {}
        for column, cell in row.items():
            target = self.targets.get(column, column if column in FIELDS else "")
            if target.startswith(MEMBER):
                if cell is not None:
                    metadata[target.removeprefix(MEMBER)] = cell
            elif target:
                event[target] = self._cell(target, cell)
        for target, text in self.fixed.items():
            place, name = (metadata, target.removeprefix(MEMBER)) if target.startswith(MEMBER) else (event, target)
            place[name] = text
        if metadata and isinstance(event.get("metadata") or {}, dict):
            event["metadata"] = (event.get("metadata") or {}) | metadata
        event.setdefault("id", f"{self.name}:{number}")
        return _json(event)

    def _cell(self, target: str, cell: Any) -> Any:
        if cell is None or target == "value":
            return cell
        if target == "occurred_at":
            return self._time(cell)
        if target == "metadata":
            return _parsed(cell)
        if isinstance(cell, bool):
            return "true" if cell else "false"
        return cell if isinstance(cell, str | list | dict) else _text(cell)

    def _time(self, cell: Any) -> Any:
        instant = cell
        if isinstance(cell, str):
            with suppress(ValueError):  # then it is sent as it is, to be refused with the reason
                instant = datetime.fromisoformat(cell)
        elif isinstance(cell, date) and not isinstance(cell, datetime):
            instant = datetime.combine(cell, time())
        if isinstance(instant, datetime) and instant.tzinfo is None and self.zone is not None:
            return instant.replace(tzinfo=self.zone).isoformat()
        return cell if isinstance(cell, str) else _text(instant)


def batched(lines: Iterable[tuple[int, str]]) -> Iterator[tuple[list[int], bytes]]:
    """Lines as requests: the numbers of the rows in each, and its body."""
    numbers, body = list[int](), bytearray()
    for number, line in lines:
        data = line.encode("utf-8", "surrogateescape") + b"\n"
        if numbers and (len(numbers) == MAX_EVENTS or len(body) + len(data) > _MOST_BYTES):
            yield numbers, bytes(body)
            numbers, body = [], bytearray()
        numbers.append(number)
        body += data
    if numbers:
        yield numbers, bytes(body)


def _json(event: dict[str, Any]) -> str:
    """The event as JSON, with its value exactly as it was written."""
    value = event.pop("value", None)
    text = json.dumps(event, default=_plain, separators=(",", ":"))
    if value is None:
        return text
    is_exact = isinstance(value, Decimal) or (isinstance(value, str) and _NUMBER.fullmatch(value))
    return f'{text[:-1]},"value":{value if is_exact else json.dumps(value, default=_plain)}}}'


def _plain(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else _text(value)


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, date | time) else str(value)


def _parsed(cell: Any) -> Any:
    if isinstance(cell, str):
        with suppress(ValueError):  # then it is sent as it is, to be refused with the reason
            return json.loads(cell)
    return cell
