"""Takes out of a report what no document can hold: control characters and halves of characters."""

import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar, cast

Part = TypeVar("Part")
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
"""XML 1.0 allows none of them, or discourages it (2.2, Char)."""


def legible(part: Part) -> Part:
    """A report, or a part of one, in which each such character is the replacement character.

    vl-convert ends the whole process when it meets one of them, and a cell of a dataset may hold any.
    """
    return cast(Part, _legible(part))


def _legible(value: Any) -> Any:
    if isinstance(value, str):
        return _UNWRITABLE.sub("\ufffd", value) if type(value) is str else value
    if isinstance(value, tuple | list):
        return tuple(_legible(item) for item in value)
    if isinstance(value, Mapping):
        return value
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{field.name: _legible(getattr(value, field.name)) for field in fields(value)})
    return value
