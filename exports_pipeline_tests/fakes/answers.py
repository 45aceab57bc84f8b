"""Answers to questions over rows of dictionaries."""

import math
import operator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import product
from statistics import median, stdev, variance
from zoneinfo import ZoneInfo

from exports_pipeline.core.question import LARGEST_FLOAT, Aggregate, Answer, Sign, Step
from exports_pipeline.core.question_check import check_question
from exports_pipeline.core.value_types import is_number

_SIGNS = {
    Sign.IS: operator.eq,
    Sign.IS_NOT: operator.ne,
    Sign.ABOVE: operator.gt,
    Sign.AT_LEAST: operator.ge,
    Sign.BELOW: operator.lt,
    Sign.AT_MOST: operator.le,
}
_OF_MANY = {Aggregate.STDDEV_SAMP: stdev, Aggregate.VAR_SAMP: variance}
_OF_SOME = {
    Aggregate.COUNT_DISTINCT: lambda values: len(set(values)),
    Aggregate.SUM: sum,
    Aggregate.AVG: lambda values: _quotient(sum(values), len(values)),
    Aggregate.MIN: min,
    Aggregate.MAX: max,
    Aggregate.MEDIAN: median,
}


def answer(question, selection, rows):
    """The answer that a warehouse with these rows gives."""
    columns = check_question(question, selection)
    shown = [{name: _shown(row[name], column) for name, column in columns.items()} for row in rows]
    kept = [row for row in shown if _meets(row, question.where, columns)]
    groups = {} if question.by else {(): kept}
    counted = 0
    for row in kept:
        for key in product(*(_keys(row[each.column], each, selection.timezone) for each in question.by)):
            counted += 1
            if question.by:
                groups.setdefault(key, []).append(row)
    found = [
        (*key, *(_measured(each, of_group, columns) for each in question.measures)) for key, of_group in groups.items()
    ]
    names = (*(each.name for each in question.by), *(each.name for each in question.measures))
    for name in reversed(
        (*question.order, *(each.name for each in question.by if f"-{each.name}" not in question.order))
    ):
        place, down = names.index(name.removeprefix("-")), name.startswith("-")
        known = sorted((row for row in found if row[place] is not None), key=lambda row: row[place], reverse=down)
        found = known + [row for row in found if row[place] is None]
    return Answer(
        columns=names,
        rows=tuple(found[: question.limit]),
        row_count=counted,
        is_cut=len(found) > question.limit,
        redactions={name: str(column.sensitive) for name, column in columns.items() if column.sensitive},
    )


def _shown(value, column):
    if column.sensitive and value is not None:
        return "***" if column.sensitive == "mask" else f"hash of {value}"
    return Decimal(value) if column.type.startswith("DECIMAL") and value is not None else value


def _typed(text, kind):
    if is_number(kind):
        return Decimal(text)
    if kind == "DATE":
        return date.fromisoformat(text)
    return text.lower() == "true" if kind == "BOOLEAN" else text


def _meets(row, conditions, columns):
    return all(_is_met(row[each.column], each, columns[each.column].shown_type) for each in conditions)


def _is_met(value, condition, kind):
    if condition.sign in {Sign.MISSING, Sign.PRESENT}:
        return (value is None) == (condition.sign is Sign.MISSING)
    if value is None:
        return False
    wanted = [_typed(text, kind) for text in condition.values]
    if condition.sign in {Sign.ONE_OF, Sign.NONE_OF}:
        return (value in wanted) == (condition.sign is Sign.ONE_OF)
    return _SIGNS[condition.sign](value, wanted[0])


def _keys(value, dimension, timezone):
    if isinstance(value, list):
        return value or [None]
    if dimension.step is None or value is None:
        return [value]
    day = value
    if isinstance(value, datetime):
        day = (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(ZoneInfo(timezone)).date()
    return [_first_day(day, dimension.step)]


def _first_day(day, step):
    match step:
        case Step.WEEK:
            return day - timedelta(days=day.weekday())
        case Step.MONTH:
            return day.replace(day=1)
        case Step.QUARTER:
            return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
        case Step.YEAR:
            return day.replace(month=1, day=1)
    return day


def _measured(measure, rows, columns):
    taken = [row for row in rows if _meets(row, measure.where, columns)]
    if measure.aggregate is Aggregate.SHARE:
        return len(taken) / len(rows) if rows else None
    if measure.aggregate is Aggregate.RATIO:
        pairs = [(row[measure.column], row[measure.per]) for row in taken]
        both = [pair for pair in pairs if all(map(_is_known, pair))]
        return _quotient(sum(top for top, _ in both), sum(bottom for _, bottom in both)) if both else None
    values = [row[measure.column] for row in taken if _is_known(row[measure.column])] if measure.column else taken
    if measure.aggregate is Aggregate.COUNT:
        return len(values)
    if measure.aggregate in {Aggregate.STDDEV_SAMP, Aggregate.VAR_SAMP}:
        return _OF_MANY[measure.aggregate](map(float, values)) if len(values) > 1 else None
    return _OF_SOME[measure.aggregate](values) if values or measure.aggregate is Aggregate.COUNT_DISTINCT else None


def _quotient(top, bottom):
    if not bottom:
        return None
    if isinstance(top, Decimal) or isinstance(bottom, Decimal):
        digits = max(-Decimal(each).as_tuple().exponent for each in (top, bottom)) + 6
        return (Decimal(top) / Decimal(bottom)).quantize(Decimal(1).scaleb(-digits))
    return top / bottom


def _is_known(value):
    return value is not None and not (isinstance(value, float) and (math.isnan(value) or abs(value) > LARGEST_FLOAT))
