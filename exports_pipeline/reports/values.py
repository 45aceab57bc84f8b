"""How a value is written for people: the same text in every renderer."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Context, Decimal
from math import isfinite

from exports_pipeline.core.report import KeyFigure, Kind, Value
from exports_pipeline.reports.words import NBSP, Words

DASH = "–"  # noqa: RUF001 - the en dash is meant
MINUS = "\u2212"
NUMBERS = frozenset({Kind.INTEGER, Kind.NUMBER, Kind.PERCENT, Kind.MONEY})
SIGNS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥"}
MOST_TIMES = 100
"""A change beyond says no more than that there was nearly nothing before."""
_EXACT = Context(prec=500, rounding=ROUND_HALF_UP)
_LONGEST = 12
"""Digits behind the point of a number whose kind says nothing of them."""


def is_missing(value: Value) -> bool:
    """Whether there is nothing to show: None, NaN or an infinity."""
    if isinstance(value, Decimal):
        return not value.is_finite()
    return value is None or (isinstance(value, float) and not isfinite(value))


def shown(value: Value, kind: Kind, *, words: Words, unit: str = "", digits: int = 0) -> str:
    """A value in words and signs of a language; a dash where it is missing."""
    if value is None or is_missing(value):
        return DASH
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return words.yes if value else words.no
    if isinstance(value, date):
        has_time = isinstance(value, datetime) and kind is not Kind.DATE
        return _formatted(words.date, value, words) + (f"{NBSP}{value:%H:%M}" if has_time else "")
    digits = digits_of(value, kind, digits)
    return _shown_number(Decimal(str(value)), kind, words=words, unit=unit, digits=digits)


def digits_of(value: Value, kind: Kind, digits: int) -> int:
    """Digits behind the point: none for an integer among other numbers, as a count beside means is."""
    return 0 if kind is Kind.NUMBER and isinstance(value, int) else digits


def shown_figure(figure: KeyFigure, words: Words) -> str:
    """The value of a key figure."""
    return shown(figure.value, figure.kind, words=words, unit=figure.unit, digits=figure.digits)


def shown_previous(figure: KeyFigure, words: Words) -> str:
    """The value of the previous period, as a phrase; empty where there is none."""
    if is_missing(figure.previous):
        return ""
    value = shown(figure.previous, figure.kind, words=words, unit=figure.unit, digits=figure.digits)
    return words.previous.format(value=value)


def change_of(figure: KeyFigure) -> float | None:
    """The change of a key figure; None where it is not finite."""
    if is_missing(figure.value) or is_missing(figure.previous):
        return None
    change = figure.change
    return None if is_missing(change) else change


def shown_change(change: float, words: Words) -> str:
    """The size of a change, one digit behind the point; the arrow says the direction."""
    size = abs(change)
    if size > MOST_TIMES:
        return f"> {shown(MOST_TIMES, Kind.PERCENT, words=words)}"
    return shown(size, Kind.PERCENT, words=words, digits=1 if size < 10 else 0)


def shown_categories(categories: Sequence[str | date | datetime], words: Words) -> list[str]:
    """The names along an axis; first days of months are months."""
    days = [category for category in categories if isinstance(category, date)]
    if days and len(days) == len(categories) and all(day.day == 1 and _is_midnight(day) for day in days):
        return [_formatted(words.month, day, words) for day in days]
    return [
        category if isinstance(category, str) else shown(category, Kind.TEXT, words=words) for category in categories
    ]


def _is_midnight(day: date) -> bool:
    return not isinstance(day, datetime) or (day.hour, day.minute, day.second) == (0, 0, 0)


def _shown_number(value: Decimal, kind: Kind, *, words: Words, unit: str, digits: int) -> str:
    if kind is Kind.PERCENT:
        return _number(value * 100, digits, words) + words.percent
    text = _number(value, digits if kind in NUMBERS else None, words)
    if kind is Kind.MONEY and words.symbol_first and unit in SIGNS:
        return f"{MINUS}{SIGNS[unit]}{text[1:]}" if text.startswith(MINUS) else SIGNS[unit] + text
    return text + (NBSP + SIGNS.get(unit, unit) if unit else "")


def _formatted(pattern: str, day: date, words: Words) -> str:
    return pattern.format(day=day.day, month=day.month, name=words.months[day.month - 1], year=day.year, nbsp=NBSP)


def _number(value: Decimal, digits: int | None, words: Words) -> str:
    """Half is rounded away from zero, as spreadsheets do."""
    rounded = value.quantize(Decimal(1).scaleb(-(_LONGEST if digits is None else digits)), context=_EXACT)
    text = f"{abs(rounded):,f}"
    if digits is None and "." in text:
        text = text.rstrip("0").rstrip(".")
    whole, _, fraction = text.partition(".")
    whole = whole.replace(",", words.thousands)
    sign = MINUS if rounded < 0 else ""
    return sign + whole + (words.decimal + fraction if fraction else "")
