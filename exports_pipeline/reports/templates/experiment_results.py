"""The template `experiment_results`: what an experiment showed, for the board, for analysts, or side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from exports_pipeline.core.catalog import Column
from exports_pipeline.core.parameters import Holds, Parameter, ParameterKind
from exports_pipeline.core.question import Aggregate, Condition, Dimension, Measure, Sign
from exports_pipeline.core.refusals import InvalidParameter
from exports_pipeline.core.report import KeyFigure, KeyFigures, Kind, Report, Section, Text
from exports_pipeline.reports.experiment import Experiment, MetricResult, metrics_of, parse_shares, read_experiment
from exports_pipeline.reports.experiment_comparison import comparison
from exports_pipeline.reports.experiment_sections import (
    METHODS,
    arms_table,
    caution_sections,
    interval_chart,
    metric_table,
    overview_table,
    problem_text,
    trend_by_arm,
)
from exports_pipeline.reports.experiment_words import sample_ratio_text, verdict_of
from exports_pipeline.reports.inquiry import Ask
from exports_pipeline.reports.scope import SCOPE_WITHOUT_PREVIOUS, Scope, check_scope, scope_of
from exports_pipeline.reports.sections import empty_report
from exports_pipeline.reports.template import Template
from exports_pipeline.reports.wording import column_title, percent, whole

_FORMS = ("executive", "detailed", "comparison")


def _compose(parameters: Mapping[str, Any], ask: Ask, *, today: date) -> Report:
    scope = scope_of(parameters, today=today)
    title, subtitle = parameters["title"] or "Experiment results", f"{scope.title}, {scope.subtitle}"
    if scope.is_empty(ask(scope.question(Measure(aggregate=Aggregate.COUNT)))):
        return empty_report(title, scope)
    if parameters["form"] == "comparison":
        return Report(title=title, subtitle=subtitle, sections=comparison(scope, parameters, ask))
    experiment = read_experiment(scope, parameters, ask)
    if experiment.problem:
        sections: Sequence[Section] = (problem_text(experiment), *caution_sections(experiment))
    elif parameters["form"] == "executive":
        sections = _executive(scope, parameters, experiment, ask)
    else:
        sections = _detailed(scope, parameters, experiment, ask)
    return Report(title=title, subtitle=subtitle, sections=tuple(sections))


def _executive(scope: Scope, parameters: Mapping[str, Any], experiment: Experiment, ask: Ask) -> Sequence[Section]:
    primary, confidence = experiment.results[0], 100 * float(parameters["confidence"])
    return (
        _tested(scope, parameters, experiment),
        _verdict(experiment, primary, parameters),
        _arm_figures(primary),
        interval_chart(primary, confidence=confidence),
        overview_table(experiment),
        *caution_sections(
            experiment, _doubts(scope, parameters, ask), only=[primary]
        ),  # or it would fill a second page
    )


def _detailed(scope: Scope, parameters: Mapping[str, Any], experiment: Experiment, ask: Ask) -> Sequence[Section]:
    primary, confidence = experiment.results[0], 100 * float(parameters["confidence"])
    return (
        _tested(scope, parameters, experiment),
        _verdict(experiment, primary, parameters),
        arms_table(experiment),
        sample_ratio_text(experiment),
        *caution_sections(experiment, _doubts(scope, parameters, ask)),
        *(
            section
            for result in experiment.results
            for section in (metric_table(result, confidence=confidence), interval_chart(result, confidence=confidence))
        ),
        *trend_by_arm(scope, parameters, experiment, primary.metric, ask),
        Text(heading="Methods", text=METHODS),
    )


def _tested(scope: Scope, parameters: Mapping[str, Any], experiment: Experiment) -> Text:
    arms = ", ".join(f"{name} ({size:,})" for name, size in experiment.arms)
    names = [metric.title for metric in metrics_of(parameters)]
    more = f"; also looked at: {', '.join(names[1:])}" if names[1:] else ""
    text = (
        f"{experiment.size:,} units of {scope.title} in {len(experiment.arms)} arms by "
        f"{column_title(parameters['arm'])}: {arms}. "
        f"The control is {experiment.arms[0][0]}. Decided by {names[0]}{more}."
    )
    return Text(heading="What was tested", text=text)


def _verdict(experiment: Experiment, result: MetricResult, parameters: Mapping[str, Any]) -> Text:
    verdict = verdict_of(experiment, result, level=1 - float(parameters["confidence"]))
    return Text(heading="Result", text=verdict.sentence, tone=verdict.tone)


def _arm_figures(result: MetricResult) -> KeyFigures:
    kind, digits = (Kind.PERCENT, 2) if result.metric.is_rate else (Kind.NUMBER, 2)
    figures = []
    for outcome in result.outcomes:
        lift = outcome.effect.lift if outcome.effect else None
        note = "control" if outcome.effect is None else f"lift {percent(lift, signed=True)}"
        figures.append(
            KeyFigure(
                title=f"{result.metric.title}, {outcome.arm}", value=outcome.value, kind=kind, digits=digits, note=note
            )
        )
    return KeyFigures(figures=tuple(figures))


def _doubts(scope: Scope, parameters: Mapping[str, Any], ask: Ask) -> list[str]:
    """What is wrong where several experiments are taken together, or a unit has several rows or arms."""
    unit: Column | None = parameters["unit"]
    split: Column | None = parameters["split"]
    found = []
    if split is not None:
        [(parts,)] = ask(scope.question(Measure(aggregate=Aggregate.COUNT_DISTINCT, column=split.name))).rows
        if whole(parts) > 1:
            found.append(f"Rows of {parts} values of {column_title(split)} are taken together; narrow them with where.")
    if unit is None:
        return found
    in_an_arm = Condition(column=parameters["arm"].name, sign=Sign.PRESENT)
    known = Measure(aggregate=Aggregate.COUNT, column=unit.name, where=(in_an_arm,), label="rows")
    distinct = Measure(aggregate=Aggregate.COUNT_DISTINCT, column=unit.name, where=(in_an_arm,), label="units")
    [(rows, units)] = ask(scope.question(known, distinct)).rows
    arms = ask(scope.question(distinct, by=(Dimension(column=parameters["arm"].name),)))
    in_arms = sum(whole(row[1]) for row in arms.rows)
    if rows != units:
        found.append(f"{rows:,} rows are of {units:,} units; the tests take rows for independent and are too sure.")
    if in_arms != units:
        found.append(f"{in_arms - whole(units):,} units stand in more than one arm.")
    return found


def _check(values: Mapping[str, Any]) -> None:
    if not metrics_of(values):
        raise InvalidParameter("Name at least one column under conversions or means.", field="params.conversions")
    if values["form"] == "comparison" and values["split"] is None:
        raise InvalidParameter(
            "The comparison needs split: the column of experiments or segments.", field="params.split"
        )
    for name in ("arm", "split"):
        if values[name] is not None and values[name].type.endswith("]"):
            raise InvalidParameter(
                f"Column {values[name].name} is a list; a unit has one {name}.", field=f"params.{name}"
            )
    try:
        parse_shares(values["expected"])
    except ValueError:
        raise InvalidParameter("A planned share is written as control=0.5, above 0.", field="params.expected") from None


EXPERIMENT_RESULTS = Template(
    name="experiment_results",
    title="Experiment results",
    description="What an A/B test showed: a page for the board, all figures for analysts, or experiments side by side.",
    parameters=(
        Parameter(
            name="form",
            kind=ParameterKind.CHOICE,
            choices=_FORMS,
            default="executive",
            description="executive: one page with the verdict; detailed: every figure; comparison: one line each.",
        ),
        *(replace(each, default="all") if each.name == "period" else each for each in SCOPE_WITHOUT_PREVIOUS),
        Parameter(
            name="arm",
            kind=ParameterKind.COLUMN,
            holds=Holds.KEYS,
            required=True,
            description="The column that names a unit's arm.",
        ),
        Parameter(
            name="control",
            kind=ParameterKind.TEXT,
            description="The arm to compare with; if left out, control, baseline, a ... or the first by name.",
        ),
        Parameter(
            name="conversions",
            kind=ParameterKind.COLUMN,
            holds=Holds.TRUTHS,
            is_list=True,
            most=8,
            description="Columns that are true (or 1) where a unit converted; the first decides.",
        ),
        Parameter(
            name="means",
            kind=ParameterKind.COLUMN,
            holds=Holds.NUMBERS,
            is_list=True,
            most=8,
            description="Columns of numbers whose means are compared; the first decides if there is no conversion.",
        ),
        Parameter(
            name="lower_is_better",
            kind=ParameterKind.COLUMN,
            is_list=True,
            description="Those of the columns that should fall.",
        ),
        Parameter(
            name="expected",
            kind=ParameterKind.TEXT,
            is_list=True,
            description="Planned shares of the arms, as control=0.5; equal ones if left out.",
        ),
        Parameter(
            name="unit",
            kind=ParameterKind.COLUMN,
            holds=Holds.KEYS,
            description="The column that identifies a unit; the report says if one has several rows or arms.",
        ),
        Parameter(
            name="split",
            kind=ParameterKind.COLUMN,
            holds=Holds.KEYS,
            description="For the comparison: the column of experiments or segments to set side by side.",
        ),
        Parameter(
            name="confidence",
            kind=ParameterKind.NUMBER,
            default=0.95,
            low=0.5,
            high=0.9999,
            description="Confidence of the intervals; a p-value below 1 less this is significant.",
        ),
        Parameter(name="title", kind=ParameterKind.TEXT, description="Title of the report."),
    ),
    compose=_compose,
    rules=(check_scope, _check),
)
"""The template."""
