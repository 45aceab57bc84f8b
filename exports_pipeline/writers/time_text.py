"""Times as text, after ISO 8601 and RFC 3339."""

from exports_pipeline.writers.sql_text import literal

ZONED = frozenset({"TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ", "TIMESTAMPTZ_NS", "TIMESTAMP_NS WITH TIME ZONE"})
TIMES = ZONED | {"TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"}
"""The types with a date and a time of day."""


def time_text(expression: str, kind: str, timezone: str, *, separator: str = " ") -> str:
    """A time as text, NULL where it is NULL.

    A TIMESTAMP is written as it is; an instant in the zone, with its offset. The separator between date and
    time is a space, which spreadsheets read as a time and RFC 3339 allows, or T. Years before Christ and the
    infinite times are written as DuckDB writes them.
    """
    if kind not in ZONED:
        return _separated(expression, "TIMESTAMP", separator)
    if timezone == "UTC":
        local, offset = f"make_timestamp(epoch_us({expression}))", "'+00:00'"
    else:
        local = f"timezone({literal(timezone)}, {expression})"
        offset = _offset(f"CAST((epoch_us({local}) - epoch_us({expression})) // 1000000 AS INTEGER)")
    text = f"{_separated(local, 'TIMESTAMP', separator)} || {offset}"
    return f"CASE WHEN isfinite({expression}) THEN {text} ELSE CAST({expression} AS VARCHAR) END"


def _separated(expression: str, kind: str, separator: str) -> str:
    text = f"CAST({expression} AS VARCHAR)"
    if separator == " ":
        return text
    after_christ = f"{expression} >= CAST('0001-01-01' AS {kind})"
    return f"CASE WHEN {after_christ} THEN replace({text}, ' ', {literal(separator)}) ELSE {text} END"


def _offset(seconds: str) -> str:
    """`+01:00`; with seconds where local mean time had them."""
    short = f"printf('%s%02d:%02d', {{sign}}, abs({seconds}) // 3600, abs({seconds}) % 3600 // 60)"
    sign = f"CASE WHEN {seconds} < 0 THEN '-' ELSE '+' END"
    odd = f"abs({seconds}) % 60"
    return f"({short.format(sign=sign)} || CASE WHEN {odd} = 0 THEN '' ELSE printf(':%02d', {odd}) END)"
