"""Times as text, after ISO 8601 and RFC 3339."""

from exports_pipeline.writers.sql_text import literal

_NANOSECONDS = {"TIMESTAMP_NS", "TIMESTAMPTZ_NS"}
ZONED = frozenset({"TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ", "TIMESTAMPTZ_NS"})
TIMES = ZONED | {"TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"}
"""The types with a date and a time of day."""


def time_text(expression: str, kind: str, timezone: str, *, separator: str = " ") -> str:
    """A time as text, NULL where it is NULL.

    A TIMESTAMP is written as it is; an instant in the zone, with its offset. The separator between date and
    time is a space, which spreadsheets read as a time and RFC 3339 allows, or T. Years before Christ and the
    infinite times are written as DuckDB writes them.
    """
    time = "TIME_NS" if kind in _NANOSECONDS else "TIME"
    if kind not in ZONED:
        return _finite(expression, _separated(expression, time, separator))
    utc = f"timezone('UTC', {expression})" if kind in _NANOSECONDS else f"make_timestamp(epoch_us({expression}))"
    if timezone == "UTC":
        return _finite(utc, f"{_separated(utc, time, separator)} || '+00:00'", or_else=expression)
    local = f"timezone({literal(timezone)}, {expression})"
    offset = _offset(f"CAST((epoch_us({local}) - epoch_us({utc})) // 1000000 AS INTEGER)")
    return _finite(utc, f"{_separated(local, time, separator)} || {offset}", or_else=expression)


def _separated(expression: str, time: str, separator: str) -> str:
    if separator == " ":
        return f"CAST({expression} AS VARCHAR)"
    return f"concat(CAST({expression} AS DATE), {literal(separator)}, CAST({expression} AS {time}))"


def _finite(expression: str, text: str, *, or_else: str | None = None) -> str:
    return f"CASE WHEN isfinite({expression}) THEN {text} ELSE CAST({or_else or expression} AS VARCHAR) END"


def _offset(seconds: str) -> str:
    """`+01:00`; with seconds where local mean time had them."""
    short = f"printf('%s%02d:%02d', {{sign}}, abs({seconds}) // 3600, abs({seconds}) % 3600 // 60)"
    sign = f"CASE WHEN {seconds} < 0 THEN '-' ELSE '+' END"
    odd = f"abs({seconds}) % 60"
    return f"({short.format(sign=sign)} || CASE WHEN {odd} = 0 THEN '' ELSE printf(':%02d', {odd}) END)"
