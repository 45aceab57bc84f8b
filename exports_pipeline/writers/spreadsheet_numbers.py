"""Which values are numbers in a spreadsheet, and when it would not hold one as it is; as SQL."""

from dataclasses import dataclass

from exports_pipeline.writers.cells import FLOATS, INTEGERS, UNSIGNED
from exports_pipeline.writers.sql_text import literal
from exports_pipeline.writers.time_text import TIMES, ZONED
from exports_pipeline.writers.type_text import Type

EXACT_DIGITS = 15
"""Significant digits that Excel keeps of a number."""
_SMALL = {"TINYINT", "SMALLINT", "INTEGER", "UTINYINT", "USMALLINT", "UINTEGER"}
_DAY_US = 86_400_000_000
_EPOCH_US = 25_569 * _DAY_US
"""From Excel's day 0 to 1970."""
_FIRST, _LAST = "1900-03-01", "9999-12-31"
"""Before, Excel counts a day that never was (1900-02-29), and readers disagree on what it means."""


@dataclass(frozen=True, kw_only=True)
class Number:
    """A value as the number of a cell."""

    number: str
    fits: str = ""
    """The condition under which the spreadsheet holds it; empty: always."""
    is_truth: bool = False


def number_of(value: str, kind: Type, type_text: str, timezone: str) -> Number | None:
    """The number of a value, None where values of its type are text; times count days, instants in the zone.

    The double of a time is exact to half a microsecond, finer times do not fit.
    """
    name = kind.kind
    found = None
    if name in INTEGERS | UNSIGNED | {"DECIMAL"}:
        found = Number(number=f"CAST({value} AS VARCHAR)", fits=_exact(value, name, type_text))
    elif name in FLOATS:
        found = Number(number=f"CAST({value} AS VARCHAR)", fits=f"isfinite({value})")
    elif name == "BOOLEAN":
        found = Number(number=f"CAST({value} AS TINYINT)", is_truth=True)
    elif name == "DATE":
        fits = f"{value} BETWEEN DATE '{_FIRST}' AND DATE '{_LAST}'"
        found = Number(number=f"({value} - DATE '1899-12-30')", fits=fits)
    elif name in TIMES - {"TIMESTAMPTZ_NS"}:
        found = _time(value, name, timezone)
    elif name == "TIME":
        found = Number(number=f"epoch_us({value}) / {_DAY_US}", fits=f"{value} < TIME '24:00:00'")
    elif name == "TIME_NS":
        found = Number(number=f"epoch_ns({value}) / {_DAY_US}000", fits=f"epoch_ns({value}) % 1000 = 0")
    return found


def _time(value: str, kind: str, timezone: str) -> Number:
    local = f"timezone({literal(timezone)}, {value})" if kind in ZONED else f"CAST({value} AS TIMESTAMP)"
    fits = f"isfinite({value}) AND {local} BETWEEN TIMESTAMP '{_FIRST}' AND TIMESTAMP '{_LAST} 23:59:59.999'"
    if kind == "TIMESTAMP_NS":
        fits += f" AND epoch_ns({value}) % 1000 = 0"
    return Number(number=f"(epoch_us({local}) + {_EPOCH_US}) / {_DAY_US}", fits=fits)


def _exact(value: str, kind: str, type_text: str) -> str:
    """The condition that Excel keeps every digit."""
    if kind in _SMALL:
        return ""
    if kind != "DECIMAL":
        most = 10**EXACT_DIGITS - 1
        return f"{value} BETWEEN {-most} AND {most}"
    precision = int(type_text.removeprefix("DECIMAL(").split(",")[0])
    if precision <= EXACT_DIGITS:
        return ""
    return f"length(replace(trim(CAST({value} AS VARCHAR), '-0.'), '.', '')) <= {EXACT_DIGITS}"
