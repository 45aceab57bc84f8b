"""The template `kpi`: a few figures against the period before and against targets."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from exports_pipeline.core.parameters import Parameter, ParameterKind
from exports_pipeline.core.question import Aggregate, Measure
from exports_pipeline.core.refusals import InvalidParameter
from exports_pipeline.core.report import Better, Kind, Report, Section, Table, TableColumn, Text, Tone, Value
from exports_pipeline.reports.inquiry import Ask
from exports_pipeline.reports.scope import SCOPE, Scope, check_scope, compared, scope_of
from exports_pipeline.reports.sections import empty_report, key_figures, trend
from exports_pipeline.reports.template import Template
from exports_pipeline.reports.wording import measure_title, number, shape_of


def _compose(parameters: Mapping[str, Any], ask: Ask, *, today: date) -> Report:
    scope = scope_of(parameters, today=today)
    measures: tuple[Measure, ...] = parameters["measures"]
    title = parameters["title"] or f"Key figures of {scope.title}"
    if scope.is_empty(ask(scope.question(Measure(aggregate=Aggregate.COUNT)))):
        return empty_report(title, scope)
    scope = compared(scope, ask)
    lower = {measure.name for measure in parameters["lower_is_better"]}
    better = {measure.name: Better.DOWN for measure in measures if measure.name in lower}
    return Report(
        title=title,
        subtitle=scope.subtitle,
        sections=(
            key_figures(scope, measures, ask, better=better, otherwise=Better.UP),
            *_targets(scope, measures, parameters["targets"], lower, ask),
            *(section for measure in measures for section in trend(scope, [measure], ask)),
        ),
    )


def _targets(
    scope: Scope, measures: tuple[Measure, ...], targets: tuple[Decimal, ...], lower: set[str], ask: Ask
) -> tuple[Section, ...]:
    if not targets:
        return ()
    [values] = ask(scope.question(*measures)).rows
    lines, met = [], 0
    for measure, value, target in zip(measures, values, targets, strict=True):
        actual = number(value)
        goal = float(target)
        reached = actual is not None and (actual <= goal if measure.name in lower else actual >= goal)
        met += reached
        share = actual / goal if actual is not None and goal else None
        title, result = measure_title(measure, scope.dataset), "met" if reached else "not met"
        is_count = shape_of(measure, scope.dataset).kind is Kind.INTEGER
        shown = (_whole(value), _whole(target)) if is_count else (value, target)
        lines.append((title, *shown, share, result))
    verdict = f"{met} of {len(targets)} targets were met."
    table = Table(
        heading="Against the targets",
        columns=(
            TableColumn(title="Figure"),
            TableColumn(title="Actual", kind=Kind.NUMBER, digits=2),
            TableColumn(title="Target", kind=Kind.NUMBER, digits=2),
            TableColumn(title="Actual of target", kind=Kind.PERCENT),
            TableColumn(title="Result"),
        ),
        rows=tuple(lines),
    )
    tone = Tone.GOOD if met == len(targets) else Tone.WARNING
    return (Text(heading="Targets", text=verdict, tone=tone), table)


def _whole(value: Value) -> Value:
    """A count as an integer, where it is one."""
    return int(value) if isinstance(value, Decimal | float) and value == int(value) else value


def _check_targets(values: Mapping[str, Any]) -> None:
    measures, targets = values["measures"], values["targets"]
    if targets and len(targets) != len(measures):
        raise InvalidParameter(
            f"There are {len(targets)} targets for {len(measures)} measures; give one for each, in their order.",
            field="params.targets",
        )


KPI = Template(
    name="kpi",
    title="Key figures",
    description="Up to eight figures with their change against the period before, against targets, and over time.",
    parameters=(
        *SCOPE,
        Parameter(
            name="measures",
            kind=ParameterKind.MEASURE,
            is_list=True,
            most=8,
            required=True,
            description="The figures, as count, sum(amount), avg(dep_delay) as Mean delay, share(status = done).",
        ),
        Parameter(
            name="targets",
            kind=ParameterKind.NUMBER,
            is_list=True,
            description="A target for each measure, in their order; a share is a fraction.",
        ),
        Parameter(
            name="lower_is_better",
            kind=ParameterKind.MEASURE,
            is_list=True,
            description="Those of the measures that should fall, spelled as under measures.",
        ),
        Parameter(name="title", kind=ParameterKind.TEXT, description="Title of the report."),
    ),
    compose=_compose,
    rules=(check_scope, _check_targets),
)
"""The template."""
