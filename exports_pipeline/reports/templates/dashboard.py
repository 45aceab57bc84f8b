"""The template `dashboard`: key figures, their trends, and who or what they come from, on a page or two."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from exports_pipeline.core.catalog import Column
from exports_pipeline.core.parameters import Parameter, ParameterKind
from exports_pipeline.core.question import Aggregate, Dimension, Measure
from exports_pipeline.core.report import Report
from exports_pipeline.reports.inquiry import Ask
from exports_pipeline.reports.scope import SCOPE, check_scope, compared, scope_of
from exports_pipeline.reports.sections import empty_report, groups, key_figures, trend
from exports_pipeline.reports.template import Template

_ROWS = Measure(aggregate=Aggregate.COUNT)


def _compose(parameters: Mapping[str, Any], ask: Ask, *, today: date) -> Report:
    scope = scope_of(parameters, today=today)
    measures: tuple[Measure, ...] = parameters["measures"]
    by: tuple[Column, ...] = parameters["by"]
    title = parameters["title"] or f"{scope.title}: dashboard"
    if scope.is_empty(ask(scope.question(_ROWS))):
        return empty_report(title, scope)
    scope = compared(scope, ask)
    unit = parameters["unit"] or ""
    return Report(
        title=title,
        subtitle=scope.subtitle,
        sections=(
            key_figures(scope, measures, ask, unit=unit),
            *(section for measure in measures[:2] for section in trend(scope, [measure], ask, unit=unit)),
            *(
                section
                for column in by
                for section in groups(scope, Dimension(column=column.name), measures, ask, unit=unit)
            ),
        ),
    )


DASHBOARD = Template(
    name="dashboard",
    title="Dashboard",
    description="Key figures with their change, trends of the first two, and the largest groups of each grouping.",
    parameters=(
        *SCOPE,
        Parameter(
            name="measures",
            kind=ParameterKind.MEASURE,
            is_list=True,
            most=6,
            default=["count"],
            description="Up to six figures, as count, sum(amount) as Turnover, avg(dep_delay).",
        ),
        Parameter(
            name="by",
            kind=ParameterKind.COLUMN,
            is_list=True,
            most=4,
            description="Up to four columns whose largest groups by the first measure are shown.",
        ),
        Parameter(name="unit", kind=ParameterKind.TEXT, description="Unit of the sums and means, as EUR or minutes."),
        Parameter(name="title", kind=ParameterKind.TEXT, description="Title of the report."),
    ),
    compose=_compose,
    rules=(check_scope,),
)
"""The template."""
