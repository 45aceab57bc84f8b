"""The template `insights`: how exports are used, by whom, where to, and how well that went."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from exports_pipeline.core.filters import days_in_words, values_in_words
from exports_pipeline.core.job_filter import MANUAL
from exports_pipeline.core.parameters import Parameter, ParameterKind
from exports_pipeline.core.question import Aggregate, Condition, Dimension, Measure, Question, Sign, Step
from exports_pipeline.core.report import (
    Better,
    Chart,
    KeyFigure,
    KeyFigures,
    Kind,
    Mark,
    Report,
    Section,
    Series,
    Table,
    TableColumn,
    Value,
)
from exports_pipeline.reports.inquiry import Ask
from exports_pipeline.reports.scope import SCOPE, Scope, check_scope, compared, scope_of
from exports_pipeline.reports.sections import empty_report, steps_between
from exports_pipeline.reports.template import Template
from exports_pipeline.reports.wording import label, number, whole

LEDGER = "exports_ledger"
"""The dataset that the largest exports are looked up in; all other figures are those of the roll-ups."""
_JOBS = Measure(aggregate=Aggregate.SUM, column="jobs", label="Jobs")
_FAILED = Measure(aggregate=Aggregate.SUM, column="failed", label="Failed")
_ROWS = Measure(aggregate=Aggregate.SUM, column="row_count", label="Rows")
_BYTES = Measure(aggregate=Aggregate.SUM, column="bytes", label="Bytes")
_RATE = Measure(aggregate=Aggregate.RATIO, column="failed", per="jobs", label="Failure rate")
_WAITED = Measure(aggregate=Aggregate.RATIO, column="queue_seconds", per="ran", label="Mean wait")
_RAN = Measure(aggregate=Aggregate.RATIO, column="run_seconds", per="ran", label="Mean run")
_WEEK = Dimension(column="ended_at", step=Step.WEEK)
NARROWED_BY = ("user_id", "type", "format", "tags", "destinations", "list", "plan", "status", "error_code")
"""Columns that jobs are chosen by, besides dataset and tags."""
_LARGEST, _MOST_TAGS, _MOST_LINES = 15, 7, 25
_EDGES = "The first and the last week may be incomplete."


def _compose(parameters: Mapping[str, Any], ask: Ask, *, today: date) -> Report:
    scope = _narrowed(scope_of(parameters, today=today), parameters)
    title = parameters["title"] or "Insights about exports"
    if scope.is_empty(ask(scope.question(_JOBS))):
        return empty_report(title, scope)
    scope = compared(scope, ask)
    sections = (_figures(scope, ask), *_weeks(scope, ask), *_tags(scope, ask), *_tables(scope, ask))
    return Report(title=title, subtitle="; ".join((scope.subtitle, *_in_scope(scope))), sections=sections)


def _narrowed(scope: Scope, parameters: Mapping[str, Any]) -> Scope:
    """The scope with what else jobs are chosen by."""
    values = tuple((column, parameters[column]) for column in NARROWED_BY if parameters[column])
    before = replace(scope.previous, values=values) if scope.previous else None
    return replace(scope, filters=replace(scope.filters, values=values), previous=before)


def _in_scope(scope: Scope) -> list[str]:
    """Which filters apply, for the line below the title."""
    filters = scope.filters
    listed = [("dataset", filters.account_ids), ("tags", filters.tag_ids), *filters.values]
    return [f"{name.replace('_', ' ')}: {wanted}" for name, wanted in values_in_words(listed) if wanted]


def _figures(scope: Scope, ask: Ask) -> KeyFigures:
    measures = (_JOBS, _ROWS, _BYTES, _RATE, _WAITED, _RAN)
    [now] = ask(scope.question(*measures)).rows
    before: tuple[Value, ...] = (None,) * len(measures)
    if scope.previous and not scope.is_first:
        [before] = ask(scope.question(*measures, previous=True)).rows
    shapes = (
        (Kind.INTEGER, "", 0, Better.NEITHER),
        (Kind.INTEGER, "", 0, Better.NEITHER),
        (Kind.NUMBER, "MB", 1, Better.NEITHER),
        (Kind.PERCENT, "", 1, Better.DOWN),
        (Kind.NUMBER, "s", 1, Better.DOWN),
        (Kind.NUMBER, "s", 1, Better.DOWN),
    )
    return KeyFigures(
        figures=tuple(
            KeyFigure(
                title="Size" if measure is _BYTES else measure.name,
                value=_megabytes(value) if measure is _BYTES else value,
                previous=_megabytes(earlier) if measure is _BYTES else earlier,
                kind=kind,
                unit=unit,
                digits=digits,
                better=better,
            )
            for measure, value, earlier, (kind, unit, digits, better) in zip(measures, now, before, shapes, strict=True)
        )
    )


def _weeks(scope: Scope, ask: Ask) -> tuple[Section, ...]:
    """Where results went to, and how many rows they had, week by week."""
    sent = ask(scope.question(_JOBS, by=(_WEEK, Dimension(column="destinations")))).rows
    rows = {row[0]: row[1] for row in ask(scope.question(_ROWS, by=(_WEEK,))).rows}
    weeks = steps_between(rows, Step.WEEK)
    jobs = {(week, label(destination)): count for week, destination, count in sent}
    names = sorted({name for _, name in jobs}, key=lambda name: (-sum(_counts(jobs, name)), name))
    return (
        Chart(
            heading="Destinations by week",
            mark=Mark.STACKED_BAR,
            categories=tuple(weeks),
            series=tuple(
                Series(name=name, values=tuple(number(jobs.get((week, name))) or 0.0 for week in weeks))
                for name in names
            ),
            description=f"Jobs by week and destination; one with several counts under each. {_EDGES}",
            x_title="Week",
            y_title="Jobs",
            kind=Kind.INTEGER,
        ),
        Chart(
            heading="Exported rows by week",
            mark=Mark.LINE,
            categories=tuple(weeks),
            series=(Series(name="Rows", values=tuple(number(rows.get(week)) or 0.0 for week in weeks)),),
            description=f"Rows of completed exports by week. {_EDGES}",
            x_title="Week",
            y_title="Rows",
            kind=Kind.INTEGER,
        ),
    )


def _counts(jobs: Mapping[tuple[Value, str], Value], name: str) -> list[int]:
    return [whole(count) for (_, each), count in jobs.items() if each == name]


def _tags(scope: Scope, ask: Ask) -> tuple[Section, ...]:
    """The tags as parts of a whole: of all tags that jobs have, since a job may have several."""
    found = [
        (label(tag), whole(jobs)) for tag, jobs in ask(scope.question(_JOBS, by=_by("tags"), order=("-Jobs",))).rows
    ]
    first, rest = found[:_MOST_TAGS], sum(jobs for _, jobs in found[_MOST_TAGS:])
    parts = [*first, *([("other tags", rest)] if rest else [])]
    return (
        Chart(
            heading="Jobs by tag",
            mark=Mark.PIE,
            categories=tuple(name for name, _ in parts),
            series=(Series(name="Jobs", values=tuple(float(jobs) for _, jobs in parts)),),
            description="Tags of the datasets that were exported; a job whose dataset has several counts under each.",
            kind=Kind.INTEGER,
        ),
    )


def _tables(scope: Scope, ask: Ask) -> tuple[Section, ...]:
    counted = (_JOBS, _FAILED, _ROWS)
    by_dataset = ask(scope.question(*counted, by=_by("dataset", "format"), order=("-Jobs",), limit=_MOST_LINES))
    labelled = Condition(column="plan", sign=Sign.PRESENT)
    planned = replace(scope, where=(*scope.where, labelled))
    by_plan = ask(planned.question(*counted, by=_by("plan", "list"), order=("-Jobs",), limit=_MOST_LINES))
    tables = [
        _table("Datasets and formats", ("Dataset", "Format"), by_dataset.rows, is_cut=by_dataset.is_cut),
        *([_table("Plans", ("Plan", "List"), by_plan.rows, is_cut=by_plan.is_cut)] if by_plan.rows else []),
    ]
    return (*tables, _largest(scope, ask))


def _by(*columns: str) -> tuple[Dimension, ...]:
    return tuple(Dimension(column=column) for column in columns)


def _table(heading: str, names: tuple[str, str], rows: tuple[tuple[Value, ...], ...], *, is_cut: bool) -> Table:
    counts = tuple(TableColumn(title=measure.name, kind=Kind.INTEGER) for measure in (_JOBS, _FAILED, _ROWS))
    return Table(
        heading=heading,
        columns=(*(TableColumn(title=name) for name in names), *counts),
        rows=rows,
        note=f"The first {_MOST_LINES} by jobs; there are more." if is_cut else "",
    )


def _largest(scope: Scope, ask: Ask) -> Table:
    """The completed exports with the most rows; which they are, only the ledger itself knows."""
    measure = Measure(aggregate=Aggregate.MAX, column="row_count", label="Rows")
    question = Question(
        dataset=LEDGER,
        measures=(measure,),
        by=(Dimension(column="created_at", step=Step.DAY), *_by("dataset", "format", "plan", "filters", "job_id")),
        filters=replace(scope.filters, values=tuple(_in_ledger(*each) for each in scope.filters.values)),
        where=(Condition(column="status", sign=Sign.IS, values=("completed",)),),
        timezone=scope.timezone,
        order=("-Rows",),
        limit=_LARGEST,
    )
    return Table(
        heading="Largest exports",
        columns=(
            TableColumn(title="Requested", kind=Kind.DATE),
            TableColumn(title="Dataset"),
            TableColumn(title="Format"),
            TableColumn(title="Plan"),
            TableColumn(title="Filters"),
            TableColumn(title="Rows", kind=Kind.INTEGER),
        ),
        rows=tuple(
            (day, dataset, file_format, plan, _in_words(filters), rows)
            for day, dataset, file_format, plan, filters, _, rows in ask(question).rows
        ),
        note="Completed exports that were requested in these days, those with the most rows first.",
    )


def _in_ledger(column: str, values: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """A filter of the roll-ups in the words of the ledger."""
    if column != "destinations":
        return column, values
    return "channels", tuple("" if value == MANUAL else value for value in values)


def _in_words(filters: Value) -> str:
    """Filters as the ledger keeps them, for people."""
    kept = json.loads(str(filters))
    first, last = (date.fromisoformat(kept[edge]) if kept.get(edge) else None for edge in ("start_date", "end_date"))
    lists = (("accounts", "account_ids"), ("tags", "tag_ids"), ("columns", "columns"))
    parts = [days_in_words(first, last), *(f"{len(kept[name])} {noun}" for noun, name in lists if kept.get(name))]
    return ", ".join(part for part in parts if part) or "none"


def _megabytes(size: Value) -> Value:
    exact = number(size)
    return None if exact is None else exact / 1e6


_NARROWED = tuple(
    Parameter(
        name=column,
        kind=ParameterKind.TEXT,
        is_list=True,
        may_be_empty=True,
        description=f"Only jobs with one of these values in the column {column}; empty: those without one.",
    )
    for column in NARROWED_BY
)
_DATASET = Parameter(
    name="dataset",
    kind=ParameterKind.DATASET,
    default="export_insights",
    description="A dataset with the columns of export_insights.",
)
INSIGHTS = Template(
    name="insights",
    title="Insights about exports",
    description="Jobs, rows, destinations, tags, plans and the largest exports: how the service itself is used.",
    parameters=(
        _DATASET,
        *(each for each in SCOPE if each.name != "dataset"),
        *_NARROWED,
        Parameter(name="title", kind=ParameterKind.TEXT, description="Title of the report."),
    ),
    compose=_compose,
    rules=(check_scope,),
)
"""The template."""
