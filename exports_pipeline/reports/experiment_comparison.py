"""Several experiments, or the segments of one, side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from exports_pipeline.core.question import Aggregate, Condition, Dimension, Measure, Sign
from exports_pipeline.core.report import Chart, Kind, Mark, Section, Series, Table, TableColumn, Text, Tone
from exports_pipeline.reports.experiment import Experiment, MetricResult, Outcome, read_experiment
from exports_pipeline.reports.experiment_sections import METHODS
from exports_pipeline.reports.experiment_words import cautions, verdict_of
from exports_pipeline.reports.inquiry import Ask
from exports_pipeline.reports.scope import Scope
from exports_pipeline.reports.statistics import holm
from exports_pipeline.reports.wording import column_title, label, p_cell, p_text

MOST_PARTS = 12


@dataclass(frozen=True, kw_only=True)
class _Line:
    """One arm of one experiment or segment."""

    part: str
    experiment: Experiment
    result: MetricResult
    outcome: Outcome


def comparison(scope: Scope, parameters: Mapping[str, Any], ask: Ask) -> Sequence[Section]:
    """The primary metric of each experiment or segment, the largest first."""
    split = parameters["split"]
    rows = Measure(aggregate=Aggregate.COUNT, label="rows")
    answer = ask(scope.question(rows, by=(Dimension(column=split.name),), order=("-rows",), limit=MOST_PARTS))
    parts: dict[str, Experiment] = {}
    for name in (label(row[0]) for row in answer.rows if row[0] is not None):
        condition = Condition(column=split.name, sign=Sign.IS, values=(name,))
        parts[name] = read_experiment(scope, parameters, ask, where=(condition,))
    lines = [
        _Line(part=name, experiment=experiment, result=experiment.results[0], outcome=outcome)
        for name, experiment in parts.items()
        if not experiment.problem
        for outcome in experiment.results[0].others
    ]
    title = column_title(split)
    if not lines:
        problems = "\n\n".join(f"{name}: {experiment.problem}" for name, experiment in parts.items())
        return (Text(heading="Nothing to compare", text=problems or f"No row has a {title}.", tone=Tone.WARNING),)
    lines = _corrected(lines)
    level = 1 - float(parameters["confidence"])
    return (
        _summary(title, lines, level),
        _chart(title, lines, 100 * (1 - level)),
        _table(title, lines, level, is_cut=answer.is_cut),
        *_cautions(parts),
        Text(heading="Methods", text=f"P-values are corrected after Holm for all comparisons above.\n\n{METHODS}"),
    )


def _corrected(lines: list[_Line]) -> list[_Line]:
    """The same lines with p-values corrected for the number of all comparisons, in place of the arms of each."""
    p_values = holm([line.outcome.effect.p_value if line.outcome.effect else None for line in lines])
    found = []
    for line, p_value in zip(lines, p_values, strict=True):
        outcome = replace(line.outcome, p_value=p_value)
        result = replace(line.result, outcomes=(line.result.control, outcome))
        found.append(replace(line, outcome=outcome, result=result))
    return found


def _summary(title: str, lines: list[_Line], level: float) -> Text:
    apart = [line for line in lines if line.outcome.p_value is not None and line.outcome.p_value < level]
    uneven = dict.fromkeys(line.part for line in lines if line.experiment.ratio.is_suspicious)
    parts = len(dict.fromkeys(line.part for line in lines))
    metric = lines[0].result.metric.title
    text = f"{parts} groups by {title.lower()} were compared on {metric}. "
    if apart:
        found = "; ".join(f"{line.part}: {line.outcome.arm} ({p_text(line.outcome.p_value)})" for line in apart)
        text += f"An arm differs from its control in {found}."
    else:
        text += "In none of them does an arm differ from its control by more than chance explains."
    if uneven:
        text += f" The arms are uneven in {', '.join(uneven)}; do not rely on those before the reason is known."
    return Text(heading="In short", text=text, tone=Tone.WARNING if uneven else Tone.PLAIN)


def _chart(title: str, lines: list[_Line], confidence: float) -> Chart:
    metric = lines[0].result.metric
    effects = [line.outcome.effect for line in lines]
    intervals = [effect.interval if effect else None for effect in effects]
    return Chart(
        heading=f"Difference in {metric.title} from the control",
        mark=Mark.INTERVAL,
        categories=tuple(f"{line.part}: {line.outcome.arm}" for line in lines),
        series=(
            Series(
                name="Difference",
                values=tuple(effect.difference if effect else None for effect in effects),
                low=tuple(interval.low if interval else None for interval in intervals),
                high=tuple(interval.high if interval else None for interval in intervals),
            ),
        ),
        description=f"Difference in {metric.title} of each arm of each {title.lower()} from its control, "
        f"with {confidence:.4g}% confidence intervals.",
        x_title=title,
        y_title="Difference",
        kind=Kind.PERCENT if metric.is_rate else Kind.NUMBER,
    )


def _table(title: str, lines: list[_Line], level: float, *, is_cut: bool) -> Table:
    is_rate = lines[0].result.metric.is_rate
    kind, digits = (Kind.PERCENT, 2) if is_rate else (Kind.NUMBER, 3)
    values = [
        TableColumn(title=each, kind=kind, digits=digits) for each in ("Control", "Arm", "Difference", "From", "To")
    ]
    found = []
    for line in lines:
        effect = line.outcome.effect
        interval = effect.interval if effect else None
        found.append(
            (
                line.part,
                line.outcome.arm,
                line.experiment.size,
                line.result.control.value,
                line.outcome.value,
                effect.difference if effect else None,
                interval.low if interval else None,
                interval.high if interval else None,
                p_cell(line.outcome.p_value),
                verdict_of(line.experiment, line.result, level=level).short,
            )
        )
    return Table(
        heading=lines[0].result.metric.title,
        columns=(
            TableColumn(title=title),
            TableColumn(title="Arm compared"),
            TableColumn(title="Units", kind=Kind.INTEGER),
            *values,
            TableColumn(title="p (Holm)", kind=Kind.NUMBER, digits=4),
            TableColumn(title="Result"),
        ),
        rows=tuple(found),
        note=f"The {MOST_PARTS} with the most rows; there are more." if is_cut else "",
    )


def _cautions(parts: Mapping[str, Experiment]) -> Sequence[Section]:
    found = [f"{name}: {experiment.problem}" for name, experiment in parts.items() if experiment.problem]
    found += [f"{name}: {each}" for name, experiment in parts.items() for each in cautions(experiment)]
    return (Text(heading="To bear in mind", text="\n\n".join(found), tone=Tone.WARNING),) if found else ()
