"""What a column becomes in a file: one SQL expression per type."""

import re

from exports_pipeline.core.formats import FormatOptions
from exports_pipeline.core.formulas import FORMULA_STARTS
from exports_pipeline.writers.nested import nested_json, without_nan
from exports_pipeline.writers.sql_text import literal
from exports_pipeline.writers.time_text import TIMES, ZONED, time_text
from exports_pipeline.writers.type_text import Type, parse_type

INTEGERS = frozenset({"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "BIGNUM"})
UNSIGNED = frozenset({"UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT"})
FLOATS = frozenset({"DOUBLE", "FLOAT"})
_NUMBERS = INTEGERS | UNSIGNED | {"DECIMAL", "BOOLEAN"}
_PLAIN = frozenset({"DATE", "TIME", "TIME_NS", "TIME WITH TIME ZONE", "TIMETZ", "UUID", "INTERVAL", "BIT"})
"""Types whose text never holds a quote, a backslash or a control character, nor begins like a formula."""
_JSON = frozenset({"JSON", "VARIANT"})
_WITH_POINT = FLOATS | {"DECIMAL"}
_AS_IT_IS = _NUMBERS | FLOATS | _PLAIN | (TIMES - ZONED)
"""What COPY writes into a cell as this house wants it."""
_TEXTS = {
    "BLOB": "hex({})",
    "JSON": without_nan("CAST({} AS VARCHAR)"),  # to_json would read its numbers as floats
    "VARIANT": without_nan("CAST(to_json({}) AS VARCHAR)"),
}
"""Other types that need no formula guard."""
_HUGE = re.compile(r"""("(?:[^"]|"")*"|'(?:[^']|'')*')|\bU?HUGEINT\b""")


def csv_cell(expression: str, kind: Type, options: FormatOptions) -> str:
    """The value of a cell, not yet guarded.

    Bytes are base 16 (RFC 4648), nested values JSON, NaN and the infinities `nan`, `inf`, `-inf`.
    """
    if kind.is_nested:
        return nested_json(expression, kind, options.timezone)
    if options.decimal_comma and kind.kind in _WITH_POINT:
        return f"replace(CAST({expression} AS VARCHAR), '.', ',')"
    if kind.kind in _AS_IT_IS:
        return expression
    if kind.kind in ZONED:
        return time_text(expression, kind.kind, options.timezone)
    return _TEXTS.get(kind.kind, "CAST({} AS VARCHAR)").replace("{}", expression)


def is_never_quoted(kind: Type, options: FormatOptions) -> bool:
    """Whether no cell of a type can hold a delimiter, a quote or a line break."""
    return (kind.kind in _AS_IT_IS or kind.kind in ZONED or kind.kind == "BLOB") and not (
        options.decimal_comma and options.delimiter == ","
    )


def is_free_text(kind: Type) -> bool:
    """Whether cells of a type hold what people wrote, and may begin like a formula."""
    return not kind.is_nested and kind.kind not in _AS_IT_IS | ZONED | _TEXTS.keys()


def is_formula_proof(kind: Type) -> bool:
    """Whether the text that DuckDB makes of a type begins like a formula only where it is a number or an interval."""
    return kind.kind in _AS_IT_IS | ZONED | {"JSON"}


def looks_like_formula(text: str) -> str:
    """The condition that a spreadsheet would take a text for a formula.

    Not an IN, which DuckDB turns into a join with the list, for every row.
    """
    return f"({' OR '.join(f'ascii({text}) = {ord(start)}' for start in FORMULA_STARTS)})"


def json_value(expression: str, kind: Type, timezone: str) -> str:
    """The text of a JSON value, `null` where it is NULL, NaN or infinite.

    Numbers are exact: decimals and huge integers never become a float on the way.
    """
    text = f"CAST({expression} AS VARCHAR)"
    if kind.kind in FLOATS:
        return f"CASE WHEN isfinite({expression}) THEN {text} ELSE 'null' END"
    if kind.is_nested:
        text = nested_json(expression, kind, timezone)
    elif kind.kind in _JSON:
        text = _on_one_line(_TEXTS[kind.kind].replace("{}", expression))
    elif kind.kind in TIMES:
        text = _quoted(time_text(expression, kind.kind, timezone, separator="T"))
    elif kind.kind in _PLAIN:
        text = _quoted(text)
    elif kind.kind == "BLOB":
        text = _quoted(f"hex({expression})")
    elif kind.kind not in _NUMBERS:
        text = f"CAST(to_json({expression if kind.kind == 'VARCHAR' else text}) AS VARCHAR)"
    return f"coalesce({text}, 'null')"


def parquet_value(expression: str, type_text: str) -> str:
    """A value of a type that Parquet has.

    DuckDB would write the 128-bit integers as DOUBLE: they become DECIMAL(38,0), wherever they are nested, and
    one that does not fit is an error. Bit strings and unions become text.
    """
    kind = parse_type(type_text).kind
    if kind in {"BIT", "BIGNUM"}:
        return f"CAST({expression} AS VARCHAR)"
    if kind == "UNION":
        return f"CAST(to_json({expression}) AS VARCHAR)"
    exact = _HUGE.sub(lambda found: found[1] or "DECIMAL(38,0)", type_text)
    return expression if exact == type_text else f"CAST({expression} AS {exact})"


def _on_one_line(json: str) -> str:
    """JSON has line breaks only between its tokens."""
    return f"replace(replace({json}, chr(10), ' '), chr(13), ' ')"


def _quoted(text: str) -> str:
    quote = literal('"')
    return f"{quote} || {text} || {quote}"
