"""Nested values made ready for `to_json`: the rules of the cells, applied to every part."""

from exports_pipeline.writers.sql_text import literal
from exports_pipeline.writers.time_text import TIMES, time_text
from exports_pipeline.writers.type_text import Type

_FLOATS = {"DOUBLE", "FLOAT"}
_WHOLE = {"JSON", "VARIANT"}


def nested_json(expression: str, kind: Type, timezone: str) -> str:
    """The JSON text of a nested value, NULL where it is NULL; times in a zone, bytes as hex, NaN as null."""
    return f"CAST(to_json({_ready(expression, kind, timezone, 0)}) AS VARCHAR)"


def without_nan(json: str) -> str:
    """JSON text in which the bare NaN and Infinity that DuckDB takes for JSON are null.

    Texts inside are left alone: the JSON is cut into strings and what lies between them.
    """
    pieces = rf"""regexp_extract_all({json}, '"(?:[^"\\]|\\.)*"|[^"]+')"""
    cleaned = """CASE WHEN starts_with(e, '"') THEN e ELSE regexp_replace(e, '-?(inf(inity)?|nan)', 'null', 'gi') END"""
    mended = f"array_to_string(list_transform({pieces}, lambda e: {cleaned}), '')"
    return f"CASE WHEN regexp_matches({json}, 'nan|inf', 'i') THEN {mended} ELSE {json} END"


def _is_ready(kind: Type) -> bool:
    if kind.is_nested:
        return all(_is_ready(child) for _, child in kind.children)
    return kind.kind not in {"BLOB", *_FLOATS, *_WHOLE, *TIMES}


def _ready(x: str, kind: Type, timezone: str, depth: int) -> str:
    """The same value with parts that `to_json` writes as this house wants them; NULL stays NULL."""
    if _is_ready(kind):
        return x
    if kind.is_nested:
        rebuilt = _REBUILD[kind.kind](x, kind, timezone, depth)
        return f"CASE WHEN {x} IS NOT NULL THEN {rebuilt} END"
    if kind.kind in _FLOATS:
        # By way of its text a FLOAT 0.1 stays 0.1.
        return f"CASE WHEN isfinite({x}) THEN CAST(CAST({x} AS VARCHAR) AS DOUBLE) END"
    if kind.kind in TIMES:
        return time_text(x, kind.kind, timezone, separator="T")
    if kind.kind == "BLOB":
        return f"hex({x})"
    return f"CAST({without_nan(f'CAST(to_json({x}) AS VARCHAR)')} AS JSON)"


def _list(x: str, kind: Type, timezone: str, depth: int) -> str:
    element = f"e{depth}"
    return f"list_transform({x}, lambda {element}: {_ready(element, kind.children[0][1], timezone, depth + 1)})"


def _map(x: str, kind: Type, timezone: str, depth: int) -> str:
    value = _ready(f"e{depth}.value", kind.children[1][1], timezone, depth + 1)
    entries = f"list_transform(map_entries({x}), lambda e{depth}: {{'key': e{depth}.key, 'value': {value}}})"
    return f"map_from_entries({entries})"


def _struct(x: str, kind: Type, timezone: str, depth: int) -> str:
    parts = (
        f"{literal(name)}: {_ready(f'struct_extract({x}, {literal(name)})', child, timezone, depth + 1)}"
        for name, child in kind.children
    )
    return f"{{{', '.join(parts)}}}"


def _tuple(x: str, kind: Type, timezone: str, depth: int) -> str:
    parts = (
        _ready(f"struct_extract({x}, {place})", child, timezone, depth + 1)
        for place, (_, child) in enumerate(kind.children, 1)
    )
    return f"row({', '.join(parts)})"


def _union(x: str, kind: Type, timezone: str, depth: int) -> str:
    branches = (
        f"WHEN {literal(name)} THEN to_json({{{literal(name)}: "
        f"{_ready(f'union_extract({x}, {literal(name)})', child, timezone, depth + 1)}}})"
        for name, child in kind.children
    )
    return f"CASE union_tag({x}) {' '.join(branches)} END"


_REBUILD = {"LIST": _list, "ARRAY": _list, "MAP": _map, "STRUCT": _struct, "TUPLE": _tuple, "UNION": _union}
