"""The sections of experiment reports."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from exports_pipeline.core.question import Aggregate, Dimension, Measure
from exports_pipeline.core.report import Chart, Kind, Mark, Section, Series, Table, TableColumn, Text, Tone, Value
from exports_pipeline.reports.experiment import Experiment, Metric, MetricResult, Outcome
from exports_pipeline.reports.experiment_words import cautions, missing_in, value_text
from exports_pipeline.reports.inquiry import Ask
from exports_pipeline.reports.scope import Scope
from exports_pipeline.reports.sections import steps_between, trend_step
from exports_pipeline.reports.truths import rate
from exports_pipeline.reports.wording import label, number, p_cell

_RATE_DIGITS, _MEAN_DIGITS = 2, 3
_MOST_LINES = 4
"""Of the overview, so that it leaves an executive summary on one page."""
METHODS = (
    "Rates: two-proportion z-test with pooled variance, or Fisher's exact test where fewer than five conversions or "
    "non-conversions are expected in an arm; intervals of rates after Wilson, of differences after Newcombe, of lifts "
    "on the logarithm of the ratio.\n\n"
    "Means: Welch's t-test, which lets variances differ; intervals by Student's t, of lifts by the delta method.\n\n"
    "With several arms, p-values are corrected after Holm for the number of arms of a metric, not for the number of "
    "metrics: the first metric is the one to decide by. Intervals are not corrected. Sizes of arms are checked with "
    "Pearson's chi-square and called uneven below p = 0.01. Every row counts as one independent unit. "
    "Looking every day and stopping at the first difference finds winners that are none; plan the length beforehand."
)


def problem_text(experiment: Experiment) -> Text:
    """Why nothing can be compared."""
    sizes = ", ".join(f"{name}: {size:,} rows" for name, size in experiment.arms)
    return Text(
        heading="Nothing to compare",
        text=f"{experiment.problem}{f' Found: {sizes}.' if sizes else ''}",
        tone=Tone.WARNING,
    )


def caution_sections(
    experiment: Experiment, more: Iterable[str] = (), *, only: Sequence[MetricResult] | None = None
) -> Sequence[Section]:
    """What weakens the figures of all or of some metrics; nothing where nothing does."""
    found = [*more, *cautions(experiment, only=only)]
    return (Text(heading="To bear in mind", text="\n\n".join(found), tone=Tone.WARNING),) if found else ()


def interval_chart(result: MetricResult, *, confidence: float) -> Chart:
    """A metric in each arm with its interval."""
    outcomes = result.outcomes
    return Chart(
        heading=f"{result.metric.title} by arm",
        mark=Mark.INTERVAL,
        categories=tuple(outcome.arm for outcome in outcomes),
        series=(
            Series(
                name=result.metric.title,
                values=tuple(outcome.value for outcome in outcomes),
                low=tuple(outcome.interval.low if outcome.interval else None for outcome in outcomes),
                high=tuple(outcome.interval.high if outcome.interval else None for outcome in outcomes),
            ),
        ),
        description=f"{result.metric.title} in each arm with its {confidence:.4g}% confidence interval.",
        x_title="Arm",
        y_title=result.metric.title,
        kind=Kind.PERCENT if result.metric.is_rate else Kind.NUMBER,
    )


def metric_table(result: MetricResult, *, confidence: float) -> Table:
    """A metric in each arm with everything that is known of it."""
    kind, digits = (Kind.PERCENT, _RATE_DIGITS) if result.metric.is_rate else (Kind.NUMBER, _MEAN_DIGITS)
    shown = [
        TableColumn(title=title, kind=kind, digits=digits)
        for title in ("Rate" if result.metric.is_rate else "Mean", "From", "To", "Difference", "From", "To")
    ]
    lifts = [TableColumn(title=title, kind=Kind.PERCENT, digits=1) for title in ("Lift", "From", "To")]
    methods = dict.fromkeys(each.effect.method for each in result.others if each.effect and each.effect.method)
    return Table(
        heading=result.metric.title,
        columns=(
            TableColumn(title="Arm"),
            TableColumn(title="Units", kind=Kind.INTEGER),
            *shown,
            *lifts,
            TableColumn(title="p", kind=Kind.NUMBER, digits=4),
            TableColumn(title="p (Holm)", kind=Kind.NUMBER, digits=4),
        ),
        rows=tuple(_cells(outcome) for outcome in result.outcomes),
        note=f"{', '.join(methods) or 'No test could be made'}. From and To bound the value before them with "
        f"{confidence:.4g}% confidence. Differences and lifts are against {result.control.arm}.",
    )


def _cells(outcome: Outcome) -> tuple[Value, ...]:
    effect = outcome.effect
    own = outcome.interval
    cells: list[Value] = [
        outcome.arm,
        outcome.known,
        outcome.value,
        own.low if own else None,
        own.high if own else None,
    ]
    for value, interval in (
        (effect.difference if effect else None, effect.interval if effect else None),
        (effect.lift if effect else None, effect.lift_interval if effect else None),
    ):
        cells += [value, interval.low if interval else None, interval.high if interval else None]
    return (*cells, p_cell(effect.p_value if effect else None), p_cell(outcome.p_value))


def overview_table(experiment: Experiment) -> Table:
    """Each metric of each arm beside the control in a line; of many, those of the first metric."""
    control = experiment.arms[0][0]
    is_long = len(experiment.results) * (len(experiment.arms) - 1) > _MOST_LINES
    shown = experiment.results[:1] if is_long else experiment.results
    notes = ["The first metric is the one to decide by."]
    if len(shown) < len(experiment.results):
        notes = ["The other metrics stand in the detailed form."]
    missing = ((result.metric.title, missing_in(experiment, result)) for result in shown)
    notes += [f"{title}: {count:,} rows without a usable value." for title, count in missing if count]
    return Table(
        heading="In figures",
        columns=(
            TableColumn(title="Metric"),
            TableColumn(title="Arm"),
            TableColumn(title=f"In {control}"),
            TableColumn(title="In the arm"),
            TableColumn(title="Lift", kind=Kind.PERCENT, digits=1),
            TableColumn(title="From", kind=Kind.PERCENT, digits=1),
            TableColumn(title="To", kind=Kind.PERCENT, digits=1),
            TableColumn(title="p (Holm)", kind=Kind.NUMBER, digits=4),
        ),
        rows=tuple(_line(result, outcome) for result in shown for outcome in result.others),
        note=" ".join(notes),
    )


def _line(result: MetricResult, outcome: Outcome) -> tuple[Value, ...]:
    effect = outcome.effect
    interval = effect.lift_interval if effect else None
    return (
        result.metric.title,
        outcome.arm,
        value_text(result, result.control.value),
        value_text(result, outcome.value),
        effect.lift if effect else None,
        interval.low if interval else None,
        interval.high if interval else None,
        p_cell(outcome.p_value),
    )


def arms_table(experiment: Experiment) -> Table:
    """Sizes of the arms beside those that were planned."""
    size = experiment.size
    return Table(
        heading="Arms",
        columns=(
            TableColumn(title="Arm"),
            TableColumn(title="Units", kind=Kind.INTEGER),
            TableColumn(title="Share", kind=Kind.PERCENT, digits=2),
            TableColumn(title="Expected", kind=Kind.PERCENT, digits=2),
        ),
        rows=tuple(
            (f"{name} (control)" if place == 0 and name != "control" else name, units, units / size, wanted / size)
            for place, ((name, units), wanted) in enumerate(
                zip(experiment.arms, experiment.ratio.expected, strict=True)
            )
        ),
    )


def trend_by_arm(
    scope: Scope, parameters: Mapping[str, Any], experiment: Experiment, metric: Metric, ask: Ask
) -> Sequence[Section]:
    """The metric of each arm over time; nothing where the dataset has no time column."""
    if scope.dataset.time is None:
        return ()
    step = trend_step(scope, ask)
    time = Dimension(column=scope.dataset.time.column, step=step)
    name = metric.column.name
    measure = (
        rate(metric.column, "value") if metric.is_rate else Measure(aggregate=Aggregate.AVG, column=name, label="value")
    )
    answer = ask(scope.question(measure, by=(time, Dimension(column=parameters["arm"].name))))
    found = {(row[0], label(row[1])): number(row[2]) for row in answer.rows if isinstance(row[0], date)}
    if len({day for day, _ in found}) < 2:
        return ()
    days = steps_between({day for day, _ in found}, step)
    return (
        Chart(
            heading=f"{metric.title} by {step}",
            mark=Mark.LINE,
            categories=tuple(days),
            series=tuple(
                Series(name=arm, values=tuple(found.get((day, arm)) for day in days)) for arm, _ in experiment.arms
            ),
            description=f"{metric.title} of each arm by {step}; single steps hold few units and vary by chance.",
            x_title=str(step).capitalize(),
            y_title=metric.title,
            kind=Kind.PERCENT if metric.is_rate else Kind.NUMBER,
        ),
    )
