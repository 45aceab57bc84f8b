"""A change of configuration in words: what was before, and what is now."""

import json
from collections.abc import Mapping
from typing import Any

from exports_pipeline.core.report import Value

_LONGEST = 300
_NOTHING = "nothing"


def change_in_words(before: Value, after: Value) -> str:
    """What differs between two JSON objects, as `cron: 0 7 * * * → 0 8 * * *`; cut where it is very long."""
    earlier, later = _object(before), _object(after)
    if earlier is None or later is None:  # masked, or no object at all
        return _cut(f"{_text(before)} → {_text(after)}")
    names = [name for name in dict.fromkeys((*earlier, *later)) if earlier.get(name) != later.get(name)]
    return _cut("; ".join(f"{name}: {_text(earlier.get(name))} → {_text(later.get(name))}" for name in names))


def _object(value: Value) -> Mapping[str, Any] | None:
    if value is None:
        return {}
    try:
        found = json.loads(str(value))
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _text(value: Any) -> str:
    if value is None:
        return _NOTHING
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} … ({len(text) - _LONGEST:,} more characters)"
