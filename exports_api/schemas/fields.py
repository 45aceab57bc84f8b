"""The kinds of values that bodies and queries are made of, each strict about what it takes."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from exports_pipeline.core.labels import MAX_LABEL_LENGTH

MAX_VALUES = 10_000
MAX_VALUE_LENGTH = 1_000
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_MAX_INTEGER_BITS = 128


def _without_nul(value: Any) -> Any:
    if isinstance(value, str):
        if "\x00" in value:
            raise PydanticCustomError("nul_character", "A NUL character is not allowed here.")
    elif isinstance(value, dict):
        for key, each in value.items():
            _without_nul(key)
            _without_nul(each)
    elif isinstance(value, list):
        for each in value:
            _without_nul(each)
    return value


def iso_date(value: Any) -> date | None:
    """The date a text of a query or a body names; None for none."""
    if value is None:
        return None
    try:
        if isinstance(value, str) and _DATE.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise PydanticCustomError(
        "malformed_date", "This is no date of the calendar; write it as YYYY-MM-DD, between 0001-01-01 and 9999-12-31."
    )


def _filter_value(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() <= _MAX_INTEGER_BITS:
        return str(value)
    raise PydanticCustomError("malformed_value", "A value is a text or an integer of at most 128 bits.")


def _instant(value: Any, *, days: int) -> datetime | None:
    """The instant of an ISO time with an offset, or of midnight in UTC, `days` after an ISO date."""
    if value is None:
        return None
    try:
        if isinstance(value, str) and _DATE.fullmatch(value):
            return datetime.fromisoformat(value).replace(tzinfo=UTC) + timedelta(days=days)
        if isinstance(value, str) and (parsed := datetime.fromisoformat(value)).tzinfo is not None:
            return parsed.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise PydanticCustomError(
        "malformed_time", "Write a date as 2026-03-01, or a time with its offset as 2026-03-01T12:00:00Z."
    )


WithoutNul = AfterValidator(_without_nul)
"""Refuses NUL characters: neither Postgres nor a file name can hold them."""

IsoDate = Annotated[
    date | None,
    BeforeValidator(iso_date),
    WithJsonSchema({"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]}),
]
"""A date as YYYY-MM-DD and nothing else."""

FilterValue = Annotated[
    str,
    Field(min_length=1, max_length=MAX_VALUE_LENGTH),
    WithoutNul,
    BeforeValidator(_filter_value),
    WithJsonSchema({"anyOf": [{"type": "string", "minLength": 1, "maxLength": MAX_VALUE_LENGTH}, {"type": "integer"}]}),
]
"""An account or a tag: text, or an integer as it stands in the data."""

_TIME_SCHEMA = {"type": "string", "anyOf": [{"format": "date"}, {"format": "date-time"}]}
Since = Annotated[datetime | None, BeforeValidator(lambda value: _instant(value, days=0)), WithJsonSchema(_TIME_SCHEMA)]
"""The beginning of a window: a time, or the first moment of a day in UTC."""
Until = Annotated[datetime | None, BeforeValidator(lambda value: _instant(value, days=1)), WithJsonSchema(_TIME_SCHEMA)]
"""The end of a window, not part of it: a time, or the last moment of a day in UTC."""

Instant = Annotated[
    datetime | None,
    BeforeValidator(lambda value: _instant(value, days=0)),
    WithJsonSchema({"anyOf": [_TIME_SCHEMA, {"type": "null"}]}),
]
"""A time, or the first moment of a day in UTC, or none."""

LabelText = Annotated[
    str, Field(min_length=1, max_length=MAX_LABEL_LENGTH, pattern=r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]+$")
]
"""One line of text."""

FreeObject = Annotated[dict[str, Any], WithoutNul]
"""An object whose members are checked elsewhere."""
