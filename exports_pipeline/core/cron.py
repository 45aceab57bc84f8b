"""Cron expressions: five fields, with names and the usual shortcuts, read as Vixie's cron reads them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from exports_pipeline.core.refusals import InvalidCron

SHORTCUTS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_MONTH_NAMES = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_MONTHS = {name: place for place, name in enumerate(_MONTH_NAMES, 1)}
_WEEKDAYS = {name: place for place, name in enumerate(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"))}
_DAYS_IN_MONTH = (0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_ITEM = re.compile(r"(?P<first>\*|[A-Z]+|\d{1,4})(?:-(?P<last>[A-Z]+|\d{1,4}))?(?:/(?P<step>\d{1,4}))?")


@dataclass(frozen=True, kw_only=True)
class Cron:
    """When something recurs, by the clock on a wall somewhere."""

    text: str
    """The five fields, as they were given or as a shortcut stands for them."""
    minutes_of_day: tuple[int, ...]
    """Minutes after midnight, in order."""
    is_every_hour: bool
    """Whether no hour is left out: then it follows the time that passes, not the clock that is put forward or back."""
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    """0 is Sunday."""
    needs_both_days: bool
    """Whether a day must suit both day fields: one of them begins with a star. Else one of them will do."""


@dataclass(frozen=True, kw_only=True)
class _Field:
    name: str
    least: int
    most: int
    names: Mapping[str, int]


_FIELDS = (
    _Field(name="minute", least=0, most=59, names={}),
    _Field(name="hour", least=0, most=23, names={}),
    _Field(name="day of month", least=1, most=31, names={}),
    _Field(name="month", least=1, most=12, names=_MONTHS),
    _Field(name="day of week", least=0, most=7, names=_WEEKDAYS),
)


@lru_cache(maxsize=4096)
def parse_cron(given: str) -> Cron:
    """Read a cron expression: numbers, `*`, lists, ranges, steps, names of months and weekdays, and shortcuts.

    Raises:
        InvalidCron: the sentence names the field that is wrong.
    """
    text = SHORTCUTS.get(given.strip().lower(), given).strip()
    if text.startswith("@"):
        raise InvalidCron(f"There is no shortcut {text[:40]!r}; there are {', '.join(SHORTCUTS)}.", field="cron")
    parts = text.upper().split()
    if len(parts) != len(_FIELDS):
        raise InvalidCron(
            f"A cron expression has five fields, {', '.join(each.name for each in _FIELDS)}; this has {len(parts)}.",
            field="cron",
        )
    minutes, hours, days, months, weekdays = (_values(part, field) for part, field in zip(parts, _FIELDS, strict=True))
    needs_both_days = parts[2].startswith("*") or parts[4].startswith("*")
    if needs_both_days and min(days) > max(_DAYS_IN_MONTH[month] for month in months):
        raise InvalidCron(f"day of month: no such month has a day {min(days)}.", field="cron")
    return Cron(
        text=" ".join(parts),
        minutes_of_day=tuple(60 * hour + minute for hour in sorted(hours) for minute in sorted(minutes)),
        is_every_hour=len(hours) == 24,
        days=frozenset(days),
        months=frozenset(months),
        weekdays=frozenset(each % 7 for each in weekdays),
        needs_both_days=needs_both_days,
    )


def _values(part: str, field: _Field) -> set[int]:
    values: set[int] = set()
    for item in part.split(","):
        found = _ITEM.fullmatch(item)
        if found is None:
            raise _refusal(field, f"{item[:40]!r} is not understood; write a number, a range as 1-5, a list, * or */2.")
        first, last, step = found["first"], found["last"], found["step"]
        if first == "*" and last is None:
            low, high = field.least, min(field.most, 6) if field.names is _WEEKDAYS else field.most
        else:
            low = _value(first, field)
            high = _value(last, field, is_last=True) if last else low
            if step and not last:
                raise _refusal(field, f"write {first}-{field.most}/{step} in place of {first}/{step}.")
        if high < low:
            raise _refusal(field, f"{item[:40]} ends before it begins.")
        if step is not None and int(step) == 0:
            raise _refusal(field, "a step is at least 1.")
        values.update(range(low, high + 1, int(step or 1)))
    return values


def _value(text: str, field: _Field, *, is_last: bool = False) -> int:
    if text in field.names:
        value = field.names[text]
        return 7 if is_last and text == "SUN" else value  # FRI-SUN
    if not text.isdigit():
        names = f"; the names are {', '.join(field.names)}" if field.names else ""
        raise _refusal(field, f"{text[:40]!r} is no number{names}.")
    if not field.least <= int(text) <= field.most:
        raise _refusal(field, f"{int(text)} is not between {field.least} and {field.most}.")
    return int(text)


def _refusal(field: _Field, sentence: str) -> InvalidCron:
    return InvalidCron(f"{field.name}: {sentence}", field="cron")
