"""The template `revenue`: how much came in, from whom, and how that changed; currencies are never added up."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from exports_pipeline.core.catalog import Column
from exports_pipeline.core.parameters import Holds, Parameter, ParameterKind
from exports_pipeline.core.question import Aggregate, Condition, Dimension, Measure, Sign
from exports_pipeline.core.report import (
    Better,
    Chart,
    Kind,
    Mark,
    Report,
    Section,
    Series,
    Table,
    TableColumn,
    Text,
    Value,
)
from exports_pipeline.reports.inquiry import Ask
from exports_pipeline.reports.scope import SCOPE, Scope, check_scope, compared, scope_of
from exports_pipeline.reports.sections import empty_report, key_figures, trend
from exports_pipeline.reports.template import Template
from exports_pipeline.reports.wording import Shape, column_title, in_unit, label, number, percent, shape_of

_MOST_CURRENCIES, _MOST_GROUPS = 4, 12
_ROWS = Measure(aggregate=Aggregate.COUNT)


def _compose(parameters: Mapping[str, Any], ask: Ask, *, today: date) -> Report:
    scope = _with_sign(scope_of(parameters, today=today), parameters)
    title = parameters["title"] or f"Revenue: {scope.title}"
    if scope.is_empty(ask(scope.question(_ROWS))):
        return empty_report(title, scope)
    scope = compared(scope, ask)
    column: Column | None = parameters["currency_column"]
    if column is None:
        sections = _one_currency(scope, parameters, ask, unit=parameters["currency"] or "")
        return Report(title=title, subtitle=scope.subtitle, sections=sections)
    found = ask(scope.question(_ROWS, by=(Dimension(column=column.name),), order=("-count",), limit=50))
    currencies = [label(row[0]) for row in found.rows if row[0] is not None]
    parts: list[Section] = [_currencies(scope, parameters, column, ask)] if len(found.rows) > 1 else []
    for currency in currencies[:_MOST_CURRENCIES]:
        condition = Condition(column=column.name, sign=Sign.IS, values=(currency,))
        narrowed = replace(scope, where=(*scope.where, condition))
        parts += _one_currency(narrowed, parameters, ask, unit=currency)
    return Report(title=title, subtitle=scope.subtitle, sections=tuple(parts))


def _with_sign(scope: Scope, parameters: Mapping[str, Any]) -> Scope:
    signs = {"positive": Sign.ABOVE, "negative": Sign.BELOW}
    if parameters["amounts"] not in signs:
        return scope
    condition = Condition(column=parameters["amount"].name, sign=signs[parameters["amounts"]], values=("0",))
    return replace(scope, where=(*scope.where, condition))


def _measures(parameters: Mapping[str, Any]) -> list[Measure]:
    name = parameters["amount"].name
    found = [
        Measure(aggregate=Aggregate.SUM, column=name, label="Revenue"),
        Measure(aggregate=Aggregate.COUNT, column=name, label="Payments"),
        Measure(aggregate=Aggregate.AVG, column=name, label="Mean payment"),
        Measure(aggregate=Aggregate.MEDIAN, column=name, label="Median payment"),
    ]
    if parameters["customer"]:
        found.append(Measure(aggregate=Aggregate.COUNT_DISTINCT, column=parameters["customer"].name, label="Customers"))
    return found


def _currencies(scope: Scope, parameters: Mapping[str, Any], column: Column, ask: Ask) -> Table:
    answer = ask(scope.question(*_measures(parameters)[:3], by=(Dimension(column=column.name),), order=("-Payments",)))
    left = max(0, len(answer.rows) - _MOST_CURRENCIES)
    return Table(
        heading="Currencies",
        columns=(
            TableColumn(title="Currency"),
            TableColumn(title="Revenue", kind=Kind.NUMBER, digits=2),
            TableColumn(title="Payments", kind=Kind.INTEGER),
            TableColumn(title="Mean payment", kind=Kind.NUMBER, digits=2),
        ),
        rows=tuple((label(row[0]), *row[1:]) for row in answer.rows),
        note="Amounts of different currencies are not added up."
        + (f" The sections below are about the {_MOST_CURRENCIES} with the most payments." if left else ""),
    )


def _one_currency(scope: Scope, parameters: Mapping[str, Any], ask: Ask, *, unit: str) -> Sequence[Section]:
    measures = _measures(parameters)
    by: tuple[Column, ...] = parameters["by"]
    heading = f"Revenue in {unit}" if unit else "Revenue"
    return (
        key_figures(scope, measures, ask, heading=heading, unit=unit, otherwise=Better.UP),
        *trend(scope, measures[:1], ask, unit=unit, heading=f"{heading} over time"),
        *(section for column in by for section in _sources(scope, column, measures, ask, unit=unit)),
    )


def _sources(scope: Scope, column: Column, measures: list[Measure], ask: Ask, *, unit: str) -> Sequence[Section]:
    """The largest sources with their share of the whole, and how much the first few make up."""
    title, dimension = column_title(column), Dimension(column=column.name)
    amounts = in_unit(Shape(Kind.NUMBER, 2), unit or shape_of(measures[0], scope.dataset).unit)
    answer = ask(scope.question(*measures[:2], by=(dimension,), order=("-Revenue",), limit=_MOST_GROUPS))
    lowest = Measure(aggregate=Aggregate.MIN, column=measures[0].column)
    [(revenue, least)] = ask(scope.question(measures[0], lowest)).rows
    # Shares of a whole need parts that do not overlap and are all of one sign.
    is_whole = not column.type.endswith("]") and (number(least) or 0) >= 0
    total = number(revenue) if is_whole else None
    rows = [(label(row[0]), row[1], _share(row[1], total), row[2]) for row in answer.rows]
    shares = [share for _, _, share, _ in rows if share is not None]
    largest = f"The largest, {rows[0][0]}, brought {percent(shares[0])} of the revenue" if shares else ""
    first = f"; the first three brought {percent(sum(shares[:3]))}" if len(shares) > 3 else ""
    return (
        *((Text(heading=f"Where it came from: {title.lower()}", text=f"{largest}{first}."),) if largest else ()),
        Chart(
            heading=f"Revenue by {title.lower()}",
            mark=Mark.BAR,
            categories=tuple(name for name, *_ in rows),
            series=(Series(name="Revenue", values=tuple(number(amount) for _, amount, *_ in rows)),),
            description=f"Revenue for each {title.lower()}, the largest first.",
            x_title=title,
            y_title="Revenue",
            kind=amounts.kind,
            unit=amounts.unit,
        ),
        Table(
            heading=f"By {title.lower()}",
            columns=(
                TableColumn(title=title),
                TableColumn(title="Revenue", kind=amounts.kind, unit=amounts.unit, digits=2),
                TableColumn(title="Share", kind=Kind.PERCENT, digits=1),
                TableColumn(title="Payments", kind=Kind.INTEGER),
            ),
            rows=tuple(rows),
            note=f"The first {_MOST_GROUPS} of more." if answer.is_cut else "",
        ),
    )


def _share(amount: Value, total: float | None) -> float | None:
    part = number(amount)
    return part / total if part is not None and total else None


REVENUE = Template(
    name="revenue",
    title="Revenue",
    description="Money by period, currency, source and customer; exact, and never added up across currencies.",
    parameters=(
        *SCOPE,
        Parameter(
            name="amount",
            kind=ParameterKind.COLUMN,
            holds=Holds.NUMBERS,
            required=True,
            description="The column with the money.",
        ),
        Parameter(
            name="amounts",
            kind=ParameterKind.CHOICE,
            choices=("all", "positive", "negative"),
            default="all",
            description="Which amounts count: all, only money in (positive), only money out (negative).",
        ),
        Parameter(name="currency", kind=ParameterKind.TEXT, description="Currency of all amounts, as EUR."),
        Parameter(
            name="currency_column",
            kind=ParameterKind.COLUMN,
            holds=Holds.KEYS,
            description="The column with the currency, if there is more than one; each has sections of its own.",
        ),
        Parameter(
            name="customer", kind=ParameterKind.COLUMN, holds=Holds.KEYS, description="A column to count customers by."
        ),
        Parameter(
            name="by",
            kind=ParameterKind.COLUMN,
            is_list=True,
            most=4,
            description="Columns to break the revenue down by.",
        ),
        Parameter(name="title", kind=ParameterKind.TEXT, description="Title of the report."),
    ),
    compose=_compose,
    rules=(check_scope,),
)
"""The template."""
