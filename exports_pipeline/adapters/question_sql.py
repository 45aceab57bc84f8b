"""A question as SQL: one GROUP BY over the selected rows, which are redacted before anything looks at them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, localcontext
from typing import Any

from exports_pipeline.adapters.selection_sql import is_list, rows
from exports_pipeline.core.catalog import Column
from exports_pipeline.core.filters import Selection
from exports_pipeline.core.question import (
    LARGEST_FLOAT,
    Aggregate,
    Answer,
    Condition,
    Dimension,
    Measure,
    Question,
    Sign,
)
from exports_pipeline.core.question_check import check_question
from exports_pipeline.core.report import Value
from exports_pipeline.core.value_types import is_float
from exports_pipeline.writers.redaction import HashKey, shown
from exports_pipeline.writers.sql_text import Parameters, literal
from exports_pipeline.writers.time_text import ZONED

_PLAIN = {
    Aggregate.MIN: "min",
    Aggregate.MAX: "max",
    Aggregate.MEDIAN: "median",
    Aggregate.STDDEV_SAMP: "stddev_samp",
    Aggregate.VAR_SAMP: "var_samp",
}
_PYTHON_TYPES = (str, int, float, Decimal, bool, date, datetime)
_MEAN_DIGITS = 6
"""Digits of an exact mean or ratio beyond those of its column."""


@dataclass(frozen=True, kw_only=True)
class QuestionPlan:
    """A statement, and how its rows become the answer."""

    statement: str
    parameters: Parameters
    question: Question
    columns: dict[str, Column]
    """Those that the question names, as they are shown."""
    lifted: tuple[str, ...] = ()
    """Columns of the selection that are shown only because the requester unmasks them."""

    def answer(self, found: Sequence[tuple[Any, ...]]) -> Answer:
        """The answer that the rows of the statement are."""
        question, width = self.question, len(self.question.by)
        kept = found[: question.limit]
        return Answer(
            columns=(*(each.name for each in question.by), *(each.name for each in question.measures)),
            rows=tuple((*map(_plain, row[:width]), *self._measured(row[width:-1])) for row in kept),
            row_count=int(found[0][-1] or 0) if found else 0,
            is_cut=len(found) > question.limit,
            redactions={name: column.redaction for name, column in self.columns.items() if column.redaction},
            lifted=tuple(name for name in self.columns if name in self.lifted),
        )

    def _measured(self, pairs: tuple[Any, ...]) -> list[Value]:
        """Each measure stands as two numbers, the second to divide by where it is not NULL."""
        return [_quotient(pairs[place], pairs[place + 1]) for place in range(0, len(pairs), 2)]


def plan_question(question: Question, selection: Selection, key: HashKey | None) -> QuestionPlan:
    """The plan of a question about a selection.

    Raises:
        UnknownColumn, InvalidQuestion: the question does not fit the columns of the selection.
    """
    columns, parameters = check_question(question, selection), Parameters()
    redacted = [f"{shown(column, key, parameters)[0]} AS {_cell(columns, name)}" for name, column in columns.items()]
    chosen = f"SELECT {', '.join(redacted) or '1 AS one'} {rows(selection, parameters)}"
    groups = [
        f"{_group(dimension, columns, selection.timezone)} AS d{place}" for place, dimension in enumerate(question.by)
    ]
    wanted = [_condition(condition, columns, parameters) for condition in question.where]
    kept = f" WHERE {' AND '.join(wanted)}" if wanted else ""
    narrowed = f"SELECT {', '.join((*groups, '*'))} FROM ({chosen}){kept}"  # noqa: S608 - names are quoted, values bound
    measures = [_measure(measure, columns, parameters) for measure in question.measures]
    cells = [f"d{place}" for place in range(len(groups))]
    numbers = [f"{top} AS m{place}, {bottom} AS n{place}" for place, (top, bottom) in enumerate(measures)]
    statement = (
        f"SELECT {', '.join((*cells, *numbers))}, CAST(sum(count(*)) OVER () AS BIGINT) FROM ({narrowed}) "  # noqa: S608 - as above
        + (f"GROUP BY {', '.join(cells)} " if cells else "")
        + f"ORDER BY {', '.join(_order(question))} LIMIT {int(question.limit) + 1}"
    )
    return QuestionPlan(
        statement=statement, parameters=parameters, question=question, columns=columns, lifted=selection.lifted
    )


def _cell(columns: dict[str, Column], name: str) -> str:
    return f"c{list(columns).index(name)}"


def _group(dimension: Dimension, columns: dict[str, Column], timezone: str) -> str:
    cell, kind = _cell(columns, dimension.column), columns[dimension.column].shown_type
    if dimension.step:
        zoned = cell if kind in ZONED else f"timezone('UTC', CAST({cell} AS TIMESTAMP))"
        local = cell if kind == "DATE" else f"timezone({literal(timezone)}, {zoned})"
        return f"CASE WHEN isfinite({cell}) THEN CAST(date_trunc({literal(dimension.step)}, {local}) AS DATE) END"
    if is_list(kind):
        return f"unnest(CASE WHEN len({cell}) > 0 THEN {cell} ELSE [NULL] END)"
    return f"CAST({cell} AS VARCHAR)" if kind.startswith("TIMESTAMP") else cell


def _measure(measure: Measure, columns: dict[str, Column], parameters: Parameters) -> tuple[str, str]:
    """Numerator and denominator; NULL below the line means that there is none."""
    taken = [_condition(condition, columns, parameters) for condition in measure.where]
    aggregate = measure.aggregate
    if aggregate is Aggregate.SHARE:
        return _filtered("count(*)", taken), "count(*)"
    if measure.column is None:
        return _filtered("count(*)", taken), "NULL"
    cell, known = _number(measure.column, columns)
    conditions = [*known, *taken]
    if aggregate is Aggregate.RATIO and measure.per is not None:
        other, also_known = _number(measure.per, columns)
        both = [*conditions, *also_known, f"{cell} IS NOT NULL", f"{other} IS NOT NULL"]
        return _filtered(f"sum({cell})", both), f"coalesce({_filtered(f'sum({other})', both)}, 0)"
    if aggregate is Aggregate.AVG:
        return _filtered(f"sum({cell})", conditions), _filtered(f"count({cell})", conditions)
    texts = {Aggregate.COUNT: f"count({cell})", Aggregate.COUNT_DISTINCT: f"count(DISTINCT {cell})"}
    text = texts.get(aggregate) or f"{_PLAIN.get(aggregate, 'sum')}({cell})"
    return _filtered(text, conditions), "NULL"


def _number(name: str, columns: dict[str, Column]) -> tuple[str, list[str]]:
    """A column as measures take it, and the condition that its value is known."""
    cell, kind = _cell(columns, name), columns[name].shown_type
    if kind == "BOOLEAN":
        return f"CAST({cell} AS INTEGER)", []
    return cell, [f"abs({cell}) <= {LARGEST_FLOAT!r}"] if is_float(kind) else []  # NaN is above every number


def _filtered(aggregate: str, conditions: Sequence[str]) -> str:
    return f"{aggregate} FILTER (WHERE {' AND '.join(conditions)})" if conditions else aggregate


def _condition(condition: Condition, columns: dict[str, Column], parameters: Parameters) -> str:
    cell, kind = _cell(columns, condition.column), columns[condition.column].shown_type
    match condition.sign:
        case Sign.MISSING | Sign.PRESENT:
            return f"({cell} IS {'NOT ' * (condition.sign is Sign.PRESENT)}NULL)"
        case Sign.ONE_OF | Sign.NONE_OF:
            wanted = f"CAST({parameters.bind(list(condition.values))} AS {kind}[])"
            return f"({'NOT ' * (condition.sign is Sign.NONE_OF)}list_contains({wanted}, {cell}))"
    return f"({cell} {condition.sign} CAST({parameters.bind(condition.values[0])} AS {kind}))"


def _order(question: Question) -> list[str]:
    """Measures by their quotient, unknown ones last."""
    texts = {dimension.name: f"d{place}" for place, dimension in enumerate(question.by)}
    for place, measure in enumerate(question.measures):
        divided = measure.aggregate in {Aggregate.AVG, Aggregate.RATIO, Aggregate.SHARE}
        texts[measure.name] = f"m{place} / nullif(CAST(n{place} AS DOUBLE), 0)" if divided else f"m{place}"
    open_ones = [each.name for each in question.by]
    wanted = dict.fromkeys((*question.order, *(name for name in open_ones if f"-{name}" not in question.order)))
    return [
        f"{texts[name.removeprefix('-')]} {'DESC' if name.startswith('-') else 'ASC'} NULLS LAST" for name in wanted
    ] or ["1"]


def _quotient(top: Any, bottom: Any) -> Value:
    if bottom is None or top is None:
        return _plain(top)
    if not bottom:
        return None
    if isinstance(top, Decimal) or isinstance(bottom, Decimal):
        if isinstance(top, float) or isinstance(bottom, float):
            return float(top) / float(bottom)
        return _exact_quotient(Decimal(top), Decimal(bottom))
    return float(top / bottom)


def _exact_quotient(top: Decimal, bottom: Decimal) -> Decimal:
    with localcontext() as context:
        context.prec = 60
        digits = max(0, *(-int(each.as_tuple().exponent) for each in (top, bottom))) + _MEAN_DIGITS
        return (top / bottom).quantize(Decimal(1).scaleb(-digits))


def _plain(value: Any) -> Value:
    return value if value is None or isinstance(value, _PYTHON_TYPES) else str(value)
