"""The sections that several templates share: key figures, trends, groups, and the one about no data."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from exports_pipeline.core.question import Aggregate, Dimension, Measure, Step
from exports_pipeline.core.report import (
    Better,
    Chart,
    KeyFigure,
    KeyFigures,
    Mark,
    Report,
    Section,
    Series,
    Table,
    TableColumn,
    Text,
    Tone,
    Value,
)
from exports_pipeline.reports.inquiry import Ask
from exports_pipeline.reports.scope import Scope
from exports_pipeline.reports.wording import (
    adds_up,
    dimension_title,
    label,
    measure_title,
    number,
    shape_of,
    table_column,
)

_MONTHS = {Step.MONTH: 1, Step.QUARTER: 3, Step.YEAR: 12}
_LONGEST = ((45, Step.DAY), (200, Step.WEEK), (1_500, Step.MONTH))
"""Up to how many days a trend goes by which step."""


def empty_report(title: str, scope: Scope) -> Report:
    """The report about a period without a row."""
    sentence = (
        f"There is no row of {scope.title} for {scope.period} that you may see and that "
        "meets the conditions. Choose another period, or look at the first and last date of the dataset."
    )
    return Report(
        title=title,
        subtitle=scope.period,
        sections=(Text(heading="No data", text=sentence, tone=Tone.WARNING),),
    )


def key_figures(
    scope: Scope,
    measures: Sequence[Measure],
    ask: Ask,
    *,
    heading: str = "",
    unit: str = "",
    better: Mapping[str, Better] | None = None,
    otherwise: Better = Better.NEITHER,
) -> KeyFigures:
    """One figure for each measure, with its change against the period before; `better` by the names of measures."""
    [now] = ask(scope.question(*measures)).rows
    before: Sequence[Value] = [None] * len(measures)
    if scope.previous and not scope.is_first:
        answer = ask(scope.question(*measures, previous=True))
        before = answer.rows[0] if answer.row_count else before
    return KeyFigures(
        heading=heading,
        figures=tuple(
            _figure(measure, value, previous, scope, unit=unit, better=(better or {}).get(measure.name, otherwise))
            for measure, value, previous in zip(measures, now, before, strict=True)
        ),
    )


def _figure(measure: Measure, value: Value, previous: Value, scope: Scope, *, unit: str, better: Better) -> KeyFigure:
    shape = shape_of(measure, scope.dataset, unit=unit)
    return KeyFigure(
        title=measure_title(measure, scope.dataset),
        value=value,
        previous=previous,
        kind=shape.kind,
        digits=shape.digits,
        unit=shape.unit,
        better=better,
    )


def trend_step(scope: Scope, ask: Ask) -> Step:
    """A step that gives a trend of a few dozen points; the dates of the rows decide where the period is open."""
    start: Value = scope.filters.start_date
    end: Value = scope.filters.end_date
    if (start is None or end is None) and scope.dataset.time is not None:
        column = scope.dataset.time.column
        edges = (Measure(aggregate=each, column=column) for each in (Aggregate.MIN, Aggregate.MAX))
        [(start, end)] = ask(scope.question(*edges)).rows
    if not isinstance(start, date) or not isinstance(end, date):
        return Step.MONTH
    days = (end - start).days + 1
    return next((step for most, step in _LONGEST if days <= most), Step.QUARTER)


def trend(
    scope: Scope, measures: Sequence[Measure], ask: Ask, *, unit: str = "", heading: str = ""
) -> Sequence[Section]:
    """A line for each measure over time; nothing where the dataset has no time column."""
    if scope.dataset.time is None:
        return ()
    step = trend_step(scope, ask)
    time = Dimension(column=scope.dataset.time.column, step=step)
    answer = ask(scope.question(*measures, by=(time,)))
    rows = {row[0]: row[1:] for row in answer.rows if isinstance(row[0], date)}
    if len(rows) < 2:
        return ()
    days = steps_between(rows, step)
    shape = shape_of(measures[0], scope.dataset, unit=unit)
    names = [measure_title(measure, scope.dataset) for measure in measures]
    series = tuple(
        Series(name=name, values=tuple(_drawn(rows.get(day), place, measure) for day in days))
        for place, (name, measure) in enumerate(zip(names, measures, strict=True))
    )
    edges = "" if step is Step.DAY else f" The first and the last {step} may be incomplete."
    return (
        Chart(
            heading=heading or f"{', '.join(names)} by {step}",
            mark=Mark.LINE,
            categories=tuple(days),
            series=series,
            description=f"{', '.join(names)} of {scope.title} by {step}, {days[0]} to {days[-1]}.{edges}",
            x_title=str(step).capitalize(),
            y_title=names[0] if len(names) == 1 else "",
            kind=shape.kind,
            unit=shape.unit,
        ),
    )


def _drawn(row: Sequence[Value] | None, place: int, measure: Measure) -> float | None:
    """A step without rows that count adds nothing; its mean is unknown."""
    value = number(row[place]) if row is not None else None
    return 0.0 if value is None and adds_up(measure) else value


def steps_between(found: Iterable[Any], step: Step) -> list[date]:
    """All steps from the first found to the last; only those found where most are missing."""
    days = sorted(found)
    all_steps = [days[0]]
    while all_steps[-1] < days[-1]:
        all_steps.append(_next(all_steps[-1], step))
    return all_steps if len(days) * 2 >= len(all_steps) else days


def groups(
    scope: Scope, dimension: Dimension, measures: Sequence[Measure], ask: Ask, *, limit: int = 12, unit: str = ""
) -> Sequence[Section]:
    """The largest groups by the first measure: a bar chart, and a table that says if there are more."""
    title = dimension_title(dimension, scope.dataset)
    answer = ask(scope.question(*measures, by=(dimension,), order=(f"-{measures[0].name}",), limit=limit))
    if not answer.rows:
        return ()
    first = measure_title(measures[0], scope.dataset)
    shape = shape_of(measures[0], scope.dataset, unit=unit)
    chart = Chart(
        heading=f"{first} by {title.lower()}",
        mark=Mark.BAR,
        categories=tuple(label(row[0]) for row in answer.rows),
        series=(Series(name=first, values=tuple(number(row[1]) for row in answer.rows)),),
        description=f"{first} of {scope.title} for each {title.lower()}, the largest first.",
        x_title=title,
        y_title=first,
        kind=shape.kind,
        unit=shape.unit,
    )
    table = Table(
        heading=f"By {title.lower()}",
        columns=(TableColumn(title=title), *(table_column(measure, scope.dataset, unit=unit) for measure in measures)),
        rows=tuple((label(row[0]), *row[1:]) for row in answer.rows),
        note=f"The first {limit} by {first.lower()}; there are more." if answer.is_cut else "",
    )
    return (chart, table)


def _next(day: date, step: Step) -> date:
    if step not in _MONTHS:
        return day + timedelta(days=7 if step is Step.WEEK else 1)
    year, month = divmod(day.year * 12 + day.month - 1 + _MONTHS[step], 12)
    return date(year, month + 1, 1)
