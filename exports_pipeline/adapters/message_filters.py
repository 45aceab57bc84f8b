"""How figures and times are told in messages."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import pass_context
from jinja2.runtime import Context


def count(number: int, noun: str = "") -> str:
    """A number with its noun: `1 row`, `1,022 rows`."""
    told = f"{number:,}"
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{told} {noun if number == 1 else plural}" if noun else told


def size(size_bytes: int) -> str:
    """A size in words, in powers of a thousand: `42 bytes`, `1.5 MB`."""
    shown = float(size_bytes)
    for unit in ("bytes", "kB", "MB", "GB"):
        if shown < 999.95 or unit == "GB":
            return f"{shown:.0f} {unit}" if unit == "bytes" else f"{shown:,.1f} {unit}"
        shown /= 1000
    raise AssertionError


@pass_context
def moment(context: Context, instant: str) -> str:
    """An instant as ISO 8601, told in the zone of the message: `Saturday 21 November 2026, 14:05 CET`."""
    zone = ZoneInfo(context["timezone"])
    at = datetime.fromisoformat(instant).astimezone(zone)
    return f"{at:%A} {at.day} {at:%B %Y}, {at:%H:%M %Z}"


FILTERS: dict[str, Callable[..., Any]] = {"count": count, "size": size, "moment": moment}
