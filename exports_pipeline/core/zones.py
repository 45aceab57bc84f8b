"""The time zones that there are."""

from functools import cache
from zoneinfo import available_timezones


@cache
def zone_names() -> frozenset[str]:
    """The zones that mean the same on every machine; Python looks for them on the disk each time."""
    return frozenset(available_timezones() - {"localtime"})
