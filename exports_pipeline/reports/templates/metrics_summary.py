"""The template `metrics_summary`: what the numbers of a dataset look like, and what of them is missing."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from exports_pipeline.core.catalog import Column
from exports_pipeline.core.parameters import Holds, Parameter, ParameterKind
from exports_pipeline.core.question import Aggregate, Dimension, Measure
from exports_pipeline.core.refusals import InvalidParameter
from exports_pipeline.core.report import Kind, Report, Table, TableColumn
from exports_pipeline.core.value_types import is_number
from exports_pipeline.reports.inquiry import Ask
from exports_pipeline.reports.scope import SCOPE, Scope, check_scope, compared, scope_of
from exports_pipeline.reports.sections import empty_report, groups, key_figures, trend
from exports_pipeline.reports.template import Template
from exports_pipeline.reports.wording import column_title, whole

_MOST = 12
_STATISTICS = (
    Aggregate.COUNT,
    Aggregate.AVG,
    Aggregate.MEDIAN,
    Aggregate.STDDEV_SAMP,
    Aggregate.MIN,
    Aggregate.MAX,
)
_ROWS = Measure(aggregate=Aggregate.COUNT)


def _compose(parameters: Mapping[str, Any], ask: Ask, *, today: date) -> Report:
    scope = scope_of(parameters, today=today)
    columns = _columns(parameters)
    title = f"Metrics of {scope.title}"
    if scope.is_empty(ask(scope.question(_ROWS))):
        return empty_report(title, scope)
    scope = compared(scope, ask)
    means = [Measure(aggregate=Aggregate.AVG, column=column.name) for column in columns]
    by: Column | None = parameters["by"]
    return Report(
        title=title,
        subtitle=scope.subtitle,
        sections=(
            key_figures(scope, [_ROWS, *means[:5]], ask, heading="At a glance"),
            _table(scope, columns, ask),
            *(section for mean in means[:4] for section in trend(scope, [mean], ask)),
            *(groups(scope, Dimension(column=by.name), [_ROWS, *means[:5]], ask) if by else ()),
        ),
    )


def _table(scope: Scope, columns: tuple[Column, ...], ask: Ask) -> Table:
    measures = [Measure(aggregate=each, column=column.name) for column in columns for each in _STATISTICS]
    answer = ask(scope.question(_ROWS, *measures))
    rows, *values = answer.rows[0]
    width = len(_STATISTICS)
    lines = []
    for place, column in enumerate(columns):
        known, *others = values[place * width : (place + 1) * width]
        unit = f" ({column.unit})" if column.unit else ""
        lines.append((column_title(column) + unit, known, 1 - whole(known) / whole(rows), *others))
    number = [TableColumn(title=title, kind=Kind.NUMBER, digits=2) for title in ("Mean", "Median", "Std. dev.")]
    ends = [TableColumn(title=title, kind=Kind.NUMBER, digits=2) for title in ("Lowest", "Highest")]
    return Table(
        heading="Every metric",
        columns=(
            TableColumn(title="Metric"),
            TableColumn(title="Values", kind=Kind.INTEGER),
            TableColumn(title="Missing", kind=Kind.PERCENT, digits=1),
            *number,
            *ends,
        ),
        rows=tuple(lines),
        note="Empty, NaN and infinite values count as missing.",
    )


def _columns(values: Mapping[str, Any]) -> tuple[Column, ...]:
    given: tuple[Column, ...] = values["metrics"]
    numbers = (column for column in values["dataset"].columns if is_number(column.type) and not column.is_guarded)
    return given or tuple(numbers)[:_MOST]


def _check_metrics(values: Mapping[str, Any]) -> None:
    if not _columns(values):
        raise InvalidParameter(f"Dataset {values['dataset'].name} has no column of numbers.", field="params.metrics")


METRICS_SUMMARY = Template(
    name="metrics_summary",
    title="Metrics summary",
    description="The numbers of a dataset: means, medians, spread, extremes, what is missing, and how they change.",
    parameters=(
        *SCOPE,
        Parameter(
            name="metrics",
            kind=ParameterKind.COLUMN,
            is_list=True,
            most=_MOST,
            holds=Holds.NUMBERS,
            description=f"Columns of numbers; the first {_MOST} of the dataset if left out.",
        ),
        Parameter(name="by", kind=ParameterKind.COLUMN, description="A column to group the means by."),
    ),
    compose=_compose,
    rules=(check_scope, _check_metrics),
)
"""The template."""
