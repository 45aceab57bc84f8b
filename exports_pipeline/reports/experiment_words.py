"""An experiment in sentences that claim no more than the figures carry."""

from collections.abc import Sequence
from dataclasses import dataclass

from exports_pipeline.core.report import Text, Tone
from exports_pipeline.reports.experiment import Experiment, MetricResult, Outcome
from exports_pipeline.reports.statistics import Interval
from exports_pipeline.reports.wording import p_text, percent


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What an experiment says about one metric."""

    sentence: str
    short: str
    """Two or three words for a table."""
    tone: Tone = Tone.PLAIN


def value_text(result: MetricResult, value: float | None) -> str:
    """A rate as percent, a mean as a number."""
    if value is None:
        return "unknown"
    return percent(value, digits=2) if result.metric.is_rate else _number_text(value)


def difference_text(result: MetricResult, outcome: Outcome, confidence: float) -> str:
    """The difference from the control with its interval, in words."""
    effect = outcome.effect
    if effect is None or effect.difference is None:
        return "the difference is unknown"
    interval = f" ({confidence:.4g}% confidence: {_span(result, effect.interval)})" if effect.interval else ""
    return f"a difference of {_difference(result, effect.difference)}{interval}"


def verdict_of(experiment: Experiment, result: MetricResult, *, level: float) -> Verdict:
    """The winner, or that there is none, in one sentence with the uncertainty; `level` is the p-value to stay below."""
    confidence, metric = 100 * (1 - level), result.metric
    tested = [each for each in result.others if each.p_value is not None and each.effect and each.effect.difference]
    if not any(each.p_value is not None for each in result.others):
        reasons = dict.fromkeys(each.effect.caution for each in result.others if each.effect and each.effect.caution)
        sentence = f"Nothing can be said about {metric.title}: {' '.join(reasons) or 'there is too little data.'}"
        return Verdict(sentence=sentence, short="cannot tell", tone=Tone.WARNING)
    apart = [each for each in tested if (each.p_value or 0.0) < level]
    better = [each for each in apart if _gain(result, each) > 0]
    if better:
        best = max(better, key=lambda each: _gain(result, each))
        wins = "would win" if experiment.ratio.is_suspicious else "wins"
        claim = f"{best.arm} {wins} on {metric.title}: {_against(result, best, confidence)}."
        return _with_doubt(experiment, Verdict(sentence=claim, short=f"{best.arm} {wins}", tone=Tone.GOOD))
    if apart:
        worst = min(apart, key=lambda each: _gain(result, each))
        claim = (
            f"There is no winner on {metric.title}; {worst.arm} is worse than {result.control.arm}: "
            f"{_against(result, worst, confidence)}."
        )
        return _with_doubt(experiment, Verdict(sentence=claim, short=f"{worst.arm} is worse", tone=Tone.WARNING))
    nearest = min((each for each in result.others if each.p_value is not None), key=lambda each: each.p_value or 0.0)
    claim = (
        f"There is no winner on {metric.title}: no arm differs from {result.control.arm} by more than chance explains. "
        f"Nearest to it, {nearest.arm}: {_against(result, nearest, confidence)}."
    )
    return _with_doubt(experiment, Verdict(sentence=claim, short="no winner"))


def sample_ratio_text(experiment: Experiment) -> Text:
    """Whether the arms have the sizes that were planned."""
    ratio = experiment.ratio
    sizes = ", ".join(
        f"{name} {size:,} (expected {wanted:,.0f})"
        for (name, size), wanted in zip(experiment.arms, ratio.expected, strict=True)
    )
    found = p_text(ratio.p_value)
    if ratio.is_suspicious:
        text = (
            f"The arms are uneven: {sizes}; {found} (chi-square). Chance hardly explains that. Units may have been "
            "lost or assigned wrongly, and every figure below may be biased; find the reason before acting on them."
        )
        return Text(heading="Sample-ratio check", text=text, tone=Tone.WARNING)
    text = f"The sizes fit the plan: {sizes}; {found} (chi-square). {ratio.caution}".strip()
    return Text(heading="Sample-ratio check", text=text)


def cautions(experiment: Experiment, *, only: Sequence[MetricResult] | None = None) -> list[str]:
    """What weakens the figures of all or of some metrics, a sentence each."""
    found = []
    if experiment.without_arm:
        found.append(f"{experiment.without_arm:,} rows belong to no arm and are left out.")
    for result in experiment.results if only is None else only:
        missing = missing_in(experiment, result)
        if missing:
            found.append(
                f"{missing:,} of {experiment.size:,} rows have no usable value in {result.metric.title} "
                "(empty, not a finite number, or for a conversion neither 0 nor 1) and are left out there."
            )
        reasons = {each.effect.caution: each.arm for each in result.others if each.effect and each.effect.caution}
        found += [f"{result.metric.title}, {arm}: {reason}" for reason, arm in reasons.items()]
    return found


def missing_in(experiment: Experiment, result: MetricResult) -> int:
    """Rows of the arms that have no usable value in a metric."""
    return experiment.size - sum(outcome.known for outcome in result.outcomes)


def _with_doubt(experiment: Experiment, verdict: Verdict) -> Verdict:
    if not experiment.ratio.is_suspicious:
        return verdict
    found = p_text(experiment.ratio.p_value)
    doubt = f"But the arms are uneven ({found}), so do not rely on this before the reason is known."
    return Verdict(sentence=f"{verdict.sentence} {doubt}", short=f"{verdict.short}, uneven arms", tone=Tone.WARNING)


def _gain(result: MetricResult, outcome: Outcome) -> float:
    """The difference, positive where it is for the better."""
    difference = (outcome.effect.difference if outcome.effect else None) or 0.0
    return -difference if result.metric.lower_is_better else difference


def _against(result: MetricResult, outcome: Outcome, confidence: float) -> str:
    return (
        f"{value_text(result, outcome.value)} against {value_text(result, result.control.value)} "
        f"in {result.control.arm}, "
        f"{difference_text(result, outcome, confidence)}, {p_text(outcome.p_value)}"
    )


def _difference(result: MetricResult, difference: float) -> str:
    return f"{difference * 100:+.2f} percentage points" if result.metric.is_rate else _number_text(difference, sign="+")


def _span(result: MetricResult, interval: Interval) -> str:
    if result.metric.is_rate:
        return f"{interval.low * 100:+.2f} to {interval.high * 100:+.2f}"
    return f"{_number_text(interval.low, sign='+')} to {_number_text(interval.high, sign='+')}"


def _number_text(value: float, *, sign: str = "") -> str:
    """Two digits of what is about one or more, three of what is small, none of what is large."""
    size = abs(value)
    return f"{value:{sign},.0f}" if size >= 100_000 else f"{value:{sign},.2f}" if size >= 0.1 else f"{value:{sign}.3g}"
