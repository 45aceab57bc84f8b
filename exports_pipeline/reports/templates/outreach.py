"""The template `outreach`: whom messages reached, what they brought, and whether channels really differ."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from exports_pipeline.core.catalog import Column
from exports_pipeline.core.parameters import Holds, Parameter, ParameterKind
from exports_pipeline.core.question import Aggregate, Dimension, Measure
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
    Tone,
)
from exports_pipeline.reports.inquiry import Ask
from exports_pipeline.reports.scope import SCOPE, Scope, check_scope, compared, scope_of
from exports_pipeline.reports.sections import empty_report, key_figures, trend
from exports_pipeline.reports.statistics import Proportion, compare_proportions, holm, wilson_interval
from exports_pipeline.reports.template import Template
from exports_pipeline.reports.truths import rate, successes_and_known
from exports_pipeline.reports.wording import column_title, label, p_cell, p_text, percent, whole

_SENT = Measure(aggregate=Aggregate.COUNT, label="Messages")
_MOST_GROUPS = 12
_LEVEL = 0.05


def _compose(parameters: Mapping[str, Any], ask: Ask, *, today: date) -> Report:
    scope = scope_of(parameters, today=today)
    title = parameters["title"] or f"Outreach: {scope.title}"
    if scope.is_empty(ask(scope.question(_SENT))):
        return empty_report(title, scope)
    scope = compared(scope, ask)
    outcomes: tuple[Column, ...] = parameters["outcomes"]
    measures = [_SENT, *_reached(parameters), *(_rate(column) for column in outcomes)]
    if parameters["cost"]:
        measures.append(Measure(aggregate=Aggregate.SUM, column=parameters["cost"].name, label="Cost"))
        measures.append(
            Measure(
                aggregate=Aggregate.RATIO,
                column=parameters["cost"].name,
                per=outcomes[-1].name,
                label=f"Cost per {column_title(outcomes[-1]).lower()}",
            )
        )
    by: tuple[Column, ...] = parameters["by"]
    return Report(
        title=title,
        subtitle=scope.subtitle,
        sections=(
            key_figures(
                scope,
                measures,
                ask,
                unit=parameters["currency"] or "",
                better={measure.name: Better.DOWN for measure in measures if measure.aggregate is Aggregate.RATIO}
                | {measure.name: Better.UP for measure in measures if measure.aggregate is Aggregate.AVG},
            ),
            _funnel(scope, outcomes, ask),
            *(section for column in by for section in _compared(scope, column, outcomes[-1], ask)),
            *trend(scope, [_rate(outcomes[-1])], ask),
        ),
    )


def _reached(parameters: Mapping[str, Any]) -> list[Measure]:
    contact: Column | None = parameters["contact"]
    if contact is None:
        return []
    return [Measure(aggregate=Aggregate.COUNT_DISTINCT, column=contact.name, label="People reached")]


def _rate(column: Column) -> Measure:
    return rate(column, f"{column_title(column)} rate")


def _funnel(scope: Scope, outcomes: tuple[Column, ...], ask: Ask) -> Table:
    [(sent,)] = ask(scope.question(_SENT)).rows
    lines = []
    for column in outcomes:
        [(successes, known)] = ask(scope.question(*successes_and_known(column))).rows
        proportion = Proportion(successes=whole(successes), total=whole(known))
        interval = wilson_interval(proportion)
        lines.append(
            (
                column_title(column),
                proportion.successes,
                proportion.rate,
                interval.low if interval else None,
                interval.high if interval else None,
                whole(sent) - proportion.total,
            )
        )
    return Table(
        heading="From message to outcome",
        columns=(
            TableColumn(title="Outcome"),
            TableColumn(title="Messages", kind=Kind.INTEGER),
            TableColumn(title="Rate", kind=Kind.PERCENT, digits=1),
            TableColumn(title="From", kind=Kind.PERCENT, digits=1),
            TableColumn(title="To", kind=Kind.PERCENT, digits=1),
            TableColumn(title="Unknown", kind=Kind.INTEGER),
        ),
        rows=tuple(lines),
        note="From and To: 95% confidence interval of the rate (Wilson), without messages whose outcome is unknown.",
    )


def _compared(scope: Scope, by: Column, outcome: Column, ask: Ask) -> tuple[Section, ...]:
    """Each group against all others, with as many tests corrected (Holm)."""
    answer = ask(
        scope.question(
            _SENT,
            *successes_and_known(outcome),
            by=(Dimension(column=by.name),),
            order=("-Messages",),
            limit=_MOST_GROUPS,
        )
    )
    names = [label(row[0]) for row in answer.rows]
    parts = [Proportion(successes=whole(row[2]), total=whole(row[3])) for row in answer.rows]
    everything = Proportion(successes=sum(part.successes for part in parts), total=sum(part.total for part in parts))
    rest = [
        Proportion(successes=everything.successes - part.successes, total=everything.total - part.total)
        for part in parts
    ]
    effects = [compare_proportions(others, part) for others, part in zip(rest, parts, strict=True)]
    # Of two groups, each against the other is one and the same test.
    p_values = holm([effect.p_value for effect in effects]) if len(parts) > 2 else [each.p_value for each in effects]
    intervals = [wilson_interval(part) for part in parts]
    title, goal = column_title(by), column_title(outcome)
    return (
        _sentence(title, goal, names, parts, p_values),
        Chart(
            heading=f"{goal} rate by {title.lower()}",
            mark=Mark.INTERVAL,
            categories=tuple(names),
            series=(
                Series(
                    name=f"{goal} rate",
                    values=tuple(part.rate for part in parts),
                    low=tuple(interval.low if interval else None for interval in intervals),
                    high=tuple(interval.high if interval else None for interval in intervals),
                ),
            ),
            description=f"{goal} rate of each {title.lower()} with its 95% confidence interval.",
            x_title=title,
            y_title=f"{goal} rate",
            kind=Kind.PERCENT,
        ),
        Table(
            heading=f"By {title.lower()}",
            columns=(
                TableColumn(title=title),
                TableColumn(title="Messages", kind=Kind.INTEGER),
                TableColumn(title=goal, kind=Kind.INTEGER),
                TableColumn(title="Rate", kind=Kind.PERCENT, digits=1),
                TableColumn(title="Against the others", kind=Kind.PERCENT, digits=1),
                TableColumn(title="p", kind=Kind.NUMBER, digits=4),
            ),
            rows=tuple(
                (name, row[1], part.successes, part.rate, effect.difference, p_cell(p_value))
                for name, row, part, effect, p_value in zip(names, answer.rows, parts, effects, p_values, strict=True)
            ),
            note="Against the others: difference in points of percent; p corrected for the number of groups (Holm)."
            + (f" The {_MOST_GROUPS} with the most messages; there are more." if answer.is_cut else ""),
        ),
    )


def _sentence(title: str, goal: str, names: list[str], parts: list[Proportion], p_values: list[float | None]) -> Text:
    heading = f"Does {title.lower()} matter?"
    apart = [place for place, p_value in enumerate(p_values) if p_value is not None and p_value < _LEVEL]
    if len(names) < 2:
        return Text(heading=heading, text=f"There is only one {title.lower()}, so nothing can be compared.")
    if not apart:
        text = f"No {title.lower()} differs from the others by more than chance explains (95% confidence)."
        return Text(heading=heading, text=text)
    best = max(apart, key=lambda place: parts[place].rate or 0.0)
    worst = min(apart, key=lambda place: parts[place].rate or 0.0)
    chosen = dict.fromkeys((best, worst))
    text = "; ".join(
        f"{names[place]} stands apart with a {goal.lower()} rate of {percent(parts[place].rate)} "
        f"({p_text(p_values[place])})"
        for place in chosen
    )
    text += ". Unless groups were drawn by lot, they may differ in whom they reached."
    return Text(heading=heading, text=text, tone=Tone.GOOD)


OUTREACH = Template(
    name="outreach",
    title="Outreach",
    description="Messages, people reached, outcomes with their uncertainty, and whether channels or campaigns differ.",
    parameters=(
        *SCOPE,
        Parameter(
            name="outcomes",
            kind=ParameterKind.COLUMN,
            holds=Holds.TRUTHS,
            is_list=True,
            most=6,
            required=True,
            description="Columns that are true (or 1) where a message had that outcome, the aim last: opened, replied.",
        ),
        Parameter(
            name="contact",
            kind=ParameterKind.COLUMN,
            holds=Holds.KEYS,
            description="A column to count the people reached by.",
        ),
        Parameter(
            name="by", kind=ParameterKind.COLUMN, is_list=True, most=4, description="Columns to compare by, as channel."
        ),
        Parameter(
            name="cost",
            kind=ParameterKind.COLUMN,
            holds=Holds.NUMBERS,
            description="A column with the cost of a message.",
        ),
        Parameter(name="currency", kind=ParameterKind.TEXT, description="Currency of the cost."),
        Parameter(name="title", kind=ParameterKind.TEXT, description="Title of the report."),
    ),
    compose=_compose,
    rules=(check_scope,),
)
"""The template."""
