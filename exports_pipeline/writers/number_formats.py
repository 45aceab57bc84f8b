"""How a spreadsheet shows the numbers of a column: its type and the unit that the catalogue gives it."""

import re

from exports_pipeline.writers.cells import FLOATS, INTEGERS, UNSIGNED
from exports_pipeline.writers.time_text import TIMES, ZONED
from exports_pipeline.writers.type_text import parse_type

TEXT = "@"
GENERAL = "General"
TRUTH = '"TRUE";"TRUE";"FALSE"'
"""Excel knows what a boolean is; LibreOffice would show 1 and 0."""
_OF_TIMES = {
    "DATE": "yyyy-mm-dd",
    "TIMESTAMP": "yyyy-mm-dd hh:mm:ss",
    "TIME": "hh:mm:ss",
    "TIME_NS": "hh:mm:ss",
}
_CURRENCY = re.compile(r"[A-Z]{3}")
_DECIMAL = re.compile(r"DECIMAL\(\d+, *(\d+)\)")
_MONEY_DIGITS = 2
_MOST_SHOWN = 10


def is_id(name: str, unit: str) -> bool:
    """Whether whole numbers of a column are names of things: nobody adds them up, and no digit may be lost."""
    return unit == "id" or (not unit and (name.casefold() == "id" or name.casefold().endswith("_id")))


def number_format(type_text: str, name: str, unit: str, timezone: str) -> str:
    """The number format of a column's cells (ECMA-376, 18.8.31).

    Instants carry the name of their zone, which spreadsheets have no other place for. `percent` stands with shares
    of one: 0.25 is shown as 25.0 %.
    """
    kind = parse_type(type_text).kind
    shown = _OF_TIMES.get(kind, TEXT)
    if kind in ZONED:
        shown = f'{_OF_TIMES["TIMESTAMP"]} "{timezone}"'
    elif kind in TIMES:
        shown = _OF_TIMES["TIMESTAMP"]
    elif kind == "BOOLEAN":
        shown = TRUTH
    elif kind in INTEGERS | UNSIGNED and not is_id(name, unit):
        shown = _with_unit("#,##0", unit) if unit else "0"
    elif kind in FLOATS:
        shown = _with_unit("#,##0.00", unit) if unit else GENERAL
    elif kind == "DECIMAL":
        shown = _with_unit(_decimal(type_text, unit), unit)
    return shown


def with_fractions(shown: str) -> str:
    """The format of times of which some have fractions of a second; spreadsheets show thousandths at most."""
    return shown.replace("ss", "ss.000")


def _decimal(type_text: str, unit: str) -> str:
    found = _DECIMAL.match(type_text)
    scale = int(found[1]) if found else 0
    shown = _MONEY_DIGITS if scale and _CURRENCY.fullmatch(unit) else min(scale, _MONEY_DIGITS)
    more = min(scale, _MOST_SHOWN) - shown
    return "#,##0" + (f".{'0' * shown}{'#' * more}" if scale else "")


def _with_unit(number: str, unit: str) -> str:
    if unit == "percent":
        return "0.0%"
    if not unit or unit == "id":
        return number
    quoted = unit.replace('"', "″").replace("\\", "")
    return f'{number} "{quoted}"'
