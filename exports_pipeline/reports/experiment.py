"""Reads an experiment out of a dataset: its arms, and what each metric differs by between them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from exports_pipeline.core.catalog import Column
from exports_pipeline.core.question import Aggregate, Condition, Dimension, Measure
from exports_pipeline.core.report import Value
from exports_pipeline.reports.inquiry import Ask
from exports_pipeline.reports.scope import Scope
from exports_pipeline.reports.statistics import (
    Effect,
    Interval,
    Proportion,
    Sample,
    SampleRatio,
    compare_means,
    compare_proportions,
    holm,
    mean_interval,
    sample_ratio,
    wilson_interval,
)
from exports_pipeline.reports.truths import successes_and_known
from exports_pipeline.reports.wording import column_title, label, number, whole

MOST_ARMS = 12
_CONTROLS = ("control", "baseline", "a", "default", "off", "false", "0")
"""What a control is usually called, the likeliest first."""
_ROWS = Measure(aggregate=Aggregate.COUNT, label="rows")


@dataclass(frozen=True, kw_only=True)
class Metric:
    """What is measured of each unit."""

    column: Column
    is_rate: bool
    """Whether it is an outcome that happens or not, else a number with a mean."""
    lower_is_better: bool = False

    @property
    def title(self) -> str:
        """Its name for people."""
        return column_title(self.column)

    def measures(self) -> tuple[Measure, ...]:
        """What must be asked for each arm."""
        if self.is_rate:
            return successes_and_known(self.column)
        wanted = (Aggregate.COUNT, Aggregate.AVG, Aggregate.VAR_SAMP)
        name = self.column.name
        return tuple(Measure(aggregate=each, column=name, label=f"{name} {each}") for each in wanted)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One metric in one arm."""

    arm: str
    known: int
    """Units with a value."""
    value: float | None
    """The rate or the mean."""
    interval: Interval | None
    effect: Effect | None = None
    """Against the control; None for the control itself."""
    p_value: float | None = None
    """Corrected for the number of arms."""


@dataclass(frozen=True, kw_only=True)
class MetricResult:
    """One metric in all arms, the control first."""

    metric: Metric
    outcomes: tuple[Outcome, ...]

    @property
    def control(self) -> Outcome:
        """The metric in the control."""
        return self.outcomes[0]

    @property
    def others(self) -> tuple[Outcome, ...]:
        """The metric in the arms that are compared with the control."""
        return self.outcomes[1:]


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """Everything that is known of an experiment."""

    arms: tuple[tuple[str, int], ...] = ()
    """Names and sizes, the control first."""
    results: tuple[MetricResult, ...] = ()
    ratio: SampleRatio = SampleRatio(p_value=None, expected=())  # noqa: RUF009 - it is frozen
    without_arm: int = 0
    """Rows that belong to no arm."""
    problem: str = ""
    """Why nothing can be compared; empty where something can."""

    @property
    def size(self) -> int:
        """Units in all arms."""
        return sum(size for _, size in self.arms)


def metrics_of(parameters: Mapping[str, Any]) -> tuple[Metric, ...]:
    """The metrics that the parameters name, the primary one first."""
    lower = {column.name for column in parameters["lower_is_better"]}
    found = [Metric(column=column, is_rate=True) for column in parameters["conversions"]]
    found += [Metric(column=column, is_rate=False) for column in parameters["means"]]
    return tuple(replace(metric, lower_is_better=metric.column.name in lower) for metric in dict.fromkeys(found))


def read_experiment(
    scope: Scope, parameters: Mapping[str, Any], ask: Ask, *, where: tuple[Condition, ...] = ()
) -> Experiment:
    """The experiment among the rows of a scope; whatever is wrong with it becomes its `problem`."""
    metrics, arm = metrics_of(parameters), parameters["arm"]
    narrowed = replace(scope, where=(*scope.where, *where))
    measures = [measure for metric in metrics for measure in metric.measures()]
    answer = ask(narrowed.question(_ROWS, *measures, by=(Dimension(column=arm.name),), limit=MOST_ARMS + 1))
    rows = {label(row[0]): row[1:] for row in answer.rows if row[0] is not None}
    without_arm = sum(whole(row[1]) for row in answer.rows if row[0] is None)
    if len(rows) > MOST_ARMS:
        return Experiment(problem=f"{column_title(arm)} has more than {MOST_ARMS} values, so it hardly names arms.")
    if not rows:
        return Experiment(without_arm=without_arm, problem="No row belongs to an arm.")
    control, problem = _control(list(rows), parameters["control"])
    names = [control, *(name for name in rows if name != control)]
    arms = tuple((name, whole(rows[name][0])) for name in names)
    if len(arms) == 1 and not problem:
        problem = f"There is only one arm, {control}, so there is nothing to compare it with."
    if problem:
        return Experiment(arms=arms, without_arm=without_arm, problem=problem)
    shares = _shares(parameters["expected"], names)
    cells = _cells(metrics, [rows[name][1:] for name in names])
    confidence = float(parameters["confidence"])
    return Experiment(
        arms=arms,
        results=tuple(_result(metric, names, values, confidence) for metric, values in cells),
        ratio=sample_ratio([size for _, size in arms], shares),
        without_arm=without_arm,
    )


def parse_shares(texts: Sequence[str]) -> dict[str, float]:
    """Planned shares of arms, as `control=0.5` each.

    Raises:
        ValueError: one does not read so, or is not above 0.
    """
    shares = {}
    for text in texts:
        name, sign, share = text.rpartition("=")
        if not sign or not 0 < float(share) < float("inf"):
            raise ValueError(text)
        shares[name.strip()] = float(share)
    return shares


def _control(names: list[str], wanted: str | None) -> tuple[str, str]:
    """The control's name, and why it cannot be had."""
    if wanted is not None:
        known = "" if wanted in names else f"There is no arm {wanted!r}; the arms are {', '.join(names)}."
        return (wanted if not known else names[0]), known
    by_name = {name.casefold(): name for name in names}
    return next((by_name[usual] for usual in _CONTROLS if usual in by_name), names[0]), ""


def _shares(texts: Sequence[str], names: list[str]) -> list[float] | None:
    """Planned shares in the order of the arms; None, which means equal ones, where they do not name every arm."""
    shares = parse_shares(texts)
    return [shares[name] for name in names] if shares and set(names) <= set(shares) else None


def _cells(
    metrics: Sequence[Metric], rows: Sequence[Sequence[Value]]
) -> Iterator[tuple[Metric, list[Sequence[Value]]]]:
    """Each metric with its values in every arm."""
    place = 0
    for metric in metrics:
        width = len(metric.measures())
        yield metric, [row[place : place + width] for row in rows]
        place += width


def _result(metric: Metric, names: list[str], values: list[Sequence[Value]], confidence: float) -> MetricResult:
    outcomes = (_rates if metric.is_rate else _means)(names, values, confidence)
    corrected = holm([outcome.effect.p_value if outcome.effect else None for outcome in outcomes])
    return MetricResult(
        metric=metric,
        outcomes=tuple(replace(each, p_value=p_value) for each, p_value in zip(outcomes, corrected, strict=True)),
    )


def _rates(names: list[str], values: list[Sequence[Value]], confidence: float) -> list[Outcome]:
    arms = [Proportion(successes=whole(happened), total=whole(known)) for happened, known in values]
    return [
        Outcome(
            arm=name,
            known=arm.total,
            value=arm.rate,
            interval=wilson_interval(arm, confidence=confidence),
            effect=compare_proportions(arms[0], arm, confidence=confidence) if place else None,
        )
        for place, (name, arm) in enumerate(zip(names, arms, strict=True))
    ]


def _means(names: list[str], values: list[Sequence[Value]], confidence: float) -> list[Outcome]:
    arms = [
        Sample(count=whole(count), mean=number(mean), variance=number(variance)) for count, mean, variance in values
    ]
    return [
        Outcome(
            arm=name,
            known=arm.count,
            value=arm.mean,
            interval=mean_interval(arm, confidence=confidence),
            effect=compare_means(arms[0], arm, confidence=confidence) if place else None,
        )
        for place, (name, arm) in enumerate(zip(names, arms, strict=True))
    ]
