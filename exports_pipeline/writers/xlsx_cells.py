"""What a value becomes in the XML of a worksheet (ECMA-376, 18.3.1.4), as SQL."""

from dataclasses import dataclass

from exports_pipeline.core.formats import FormatOptions
from exports_pipeline.writers.cells import csv_cell, is_free_text, looks_like_formula
from exports_pipeline.writers.copy_plan import Shown
from exports_pipeline.writers.number_formats import TEXT
from exports_pipeline.writers.spreadsheet_numbers import number_of
from exports_pipeline.writers.sql_text import literal
from exports_pipeline.writers.type_text import parse_type

LONGEST_TEXT = 32_767
"""Characters that a cell of Excel holds, counted in UTF-16."""
SHORTENED = "… [shortened]"
_SPECIAL = r"[&<>\x00-\x1f]|_x|\s$|[\x{FFFE}\x{FFFF}]"
_ILLEGAL = r"[\x00-\x08\x0b-\x1f\x{FFFE}\x{FFFF}]"
_ASTRAL = r"[^\x{10000}-\x{10FFFF}]"
_PLAIN_STARTS = (("0", ":"), ("A", "{"), ("\u00a1", "\ufe00"))
"""Ranges of first characters that are neither space nor the start of a formula."""


@dataclass(frozen=True, kw_only=True)
class CellSql:
    """The expressions of one column."""

    value: str
    """What the others take as `c0`, `c1` ..., over the selected rows."""
    xml: str
    """The cell, NULL where the value is; `r` is the number of the row as text."""
    shortened: str | None = None
    """Whether the cell lost characters, as 0 or 1; None where none can."""


def cell_sql(column: Shown, place: int, style: int, *, shown: str, options: FormatOptions) -> CellSql:
    """The cells of a column in a style; a number that a spreadsheet would change is text, as in CSV."""
    kind, value = parse_type(column.type), f"c{place}"
    opening = f'<c r="{letters(place)}\' || r || \'" s="{style}"'
    number = None if kind.is_nested else number_of(value, kind, column.type, options.timezone)
    if number is None:
        return _text_cell(column, value, opening, options)
    as_text = f"CAST({csv_cell(value, kind, options)} AS VARCHAR)"
    truth = ' t="b"' if number.is_truth else ""
    xml = f"'{opening}{truth}><v>' || {number.number} || '</v></c>'"
    if shown == TEXT:
        xml = _inline(opening, as_text)
    elif number.fits and number.number == as_text:  # differ in their type alone
        xml = f"'{opening}' || CASE WHEN {number.fits} THEN '><v>' ELSE ' t=\"str\"><v>' END || {as_text} || '</v></c>'"
    elif number.fits:
        xml = f"CASE WHEN {number.fits} THEN {xml} ELSE {_inline(opening, as_text)} END"
    return CellSql(value=column.expression, xml=xml)


def letters(place: int) -> str:
    """The name of a column counted from 0: A, Z, AA."""
    name, rest = "", place + 1
    while rest:
        rest, letter = divmod(rest - 1, 26)
        name = chr(ord("A") + letter) + name
    return name


def _text_cell(column: Shown, value: str, opening: str, options: FormatOptions) -> CellSql:
    kind, guarded = parse_type(column.type), value
    if options.formula_guard and is_free_text(kind):
        guarded = f"CASE WHEN {looks_like_formula(value)} THEN '''' || {value} ELSE {value} END"
    plain, other = _inline(opening, value), _inline(opening, _escaped(guarded), keeps_space=True)
    is_long = f"strlen({value}) >= {LONGEST_TEXT} AND {_units(guarded)} > {LONGEST_TEXT}"
    return CellSql(
        value=f"CAST({csv_cell(column.expression, kind, options)} AS VARCHAR)",
        xml=f"CASE WHEN {_is_plain(value)} THEN {plain} ELSE {other} END",
        shortened=f"CASE WHEN {is_long} THEN 1 ELSE 0 END",
    )


def _inline(opening: str, text: str, *, keeps_space: bool = False) -> str:
    space = ' xml:space="preserve"' if keeps_space else ""
    return f"'{opening} t=\"inlineStr\"><is><t{space}>' || {text} || '</t></is></c>'"


def _is_plain(value: str) -> str:
    """The condition that a text stands in the XML as it is, asked of most texts at little cost."""
    starts = " OR ".join(f"({value} >= '{first}' AND {value} < '{after}')" for first, after in _PLAIN_STARTS)
    return f"({starts}) AND strlen({value}) <= {LONGEST_TEXT} AND NOT regexp_matches({value}, {literal(_SPECIAL)})"


def _units(text: str) -> str:
    """The length of a text in UTF-16."""
    return f"(length({text}) + length(regexp_replace({text}, {literal(_ASTRAL)}, '', 'g')))"


def _escaped(text: str) -> str:
    """A text as XML, shortened where it must be; what XML cannot hold is `_x0000_` (ST_Xstring, 22.9.2.19)."""
    room = LONGEST_TEXT - len(SHORTENED)
    kept = f"CASE WHEN {_units('t')} = length(t) THEN {room} ELSE {room // 2} END"
    is_long = f"strlen(t) > {LONGEST_TEXT} AND {_units('t')} > {LONGEST_TEXT}"
    short = f"CASE WHEN {is_long} THEN left(t, {kept}) || {literal(SHORTENED)} ELSE t END"
    entities = r"regexp_replace(t, '_(x[0-9A-Fa-f]{4})', '_x005F_\1', 'g')"
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        entities = f"replace({entities}, '{character}', '{entity}')"
    coded = f"CASE WHEN regexp_matches(h, {literal(_ILLEGAL)}) THEN printf('_x%04X_', ascii(h)) ELSE h END"
    each = f"list_transform(regexp_extract_all(t, '(?s).'), lambda h: {coded})"
    legal = f"CASE WHEN regexp_matches(t, {literal(_ILLEGAL)}) THEN array_to_string({each}, '') ELSE t END"
    for step in (short, entities, legal):
        text = f"list_transform([{text}], lambda t: {step})[1]"
    return text
