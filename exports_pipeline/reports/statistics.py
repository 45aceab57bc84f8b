"""The statistics of experiments: what two groups differ by, how sure that is, and what cannot be told.

Whatever cannot be computed is None with a sentence that says why; nothing here raises for odd data.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

from exports_pipeline.reports.distributions import chi_square_tail, fisher_exact, t_quantile, t_tails

SMALLEST_CELL = 5
"""Below this expected count the normal approximation is not trusted (Cochran 1954)."""
SUSPICIOUS = 0.01
"""Below this p-value the sizes of the arms are called uneven; a mismatch voids every other figure."""


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A confidence interval."""

    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Proportion:
    """Successes among a number of units."""

    successes: int
    total: int

    @property
    def rate(self) -> float | None:
        """The share of successes; None of nobody."""
        return self.successes / self.total if self.total else None


@dataclass(frozen=True, kw_only=True)
class Sample:
    """The size, mean and sample variance of numbers."""

    count: int
    mean: float | None
    variance: float | None

    @property
    def error(self) -> float | None:
        """The standard error of the mean."""
        if self.mean is None or self.variance is None or self.count < 2:
            return None
        return math.sqrt(max(0.0, self.variance) / self.count)


@dataclass(frozen=True, kw_only=True)
class Effect:
    """What an arm differs by from the control."""

    difference: float | None = None
    interval: Interval | None = None
    lift: float | None = None
    """The difference as a fraction of the control."""
    lift_interval: Interval | None = None
    p_value: float | None = None
    method: str = ""
    caution: str = ""
    """Why something above is missing or weak."""


@dataclass(frozen=True, kw_only=True)
class SampleRatio:
    """Whether the arms have the sizes that were planned."""

    p_value: float | None
    expected: tuple[float, ...]
    caution: str = ""

    @property
    def is_suspicious(self) -> bool:
        """Whether chance hardly explains the sizes."""
        return self.p_value is not None and self.p_value < SUSPICIOUS


def normal_quantile(confidence: float) -> float:
    """How many standard errors a two-sided interval reaches."""
    return NormalDist().inv_cdf(0.5 + confidence / 2)


def wilson_interval(of: Proportion, *, confidence: float = 0.95) -> Interval | None:
    """The score interval of a proportion (Wilson 1927); None of nobody."""
    if of.total == 0:
        return None
    z, n, rate = normal_quantile(confidence), of.total, of.successes / of.total
    centre = (rate + z * z / (2 * n)) / (1 + z * z / n)
    reach = z / (1 + z * z / n) * math.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n))
    return Interval(low=max(0.0, centre - reach), high=min(1.0, centre + reach))


def mean_interval(of: Sample, *, confidence: float = 0.95) -> Interval | None:
    """The interval of a mean by Student's t; None of fewer than two values."""
    if of.mean is None or of.error is None:
        return None
    reach = t_quantile(0.5 + confidence / 2, of.count - 1) * of.error
    return Interval(low=of.mean - reach, high=of.mean + reach)


def compare_proportions(control: Proportion, arm: Proportion, *, confidence: float = 0.95) -> Effect:
    """Two proportions: the pooled z-test, or Fisher's exact test where an expected count is small.

    The interval of the difference is Newcombe's (1998, method 10), that of the lift is on the logarithm of the
    ratio (Katz 1978).
    """
    a, b = control.rate, arm.rate
    mine, others = wilson_interval(arm, confidence=confidence), wilson_interval(control, confidence=confidence)
    if a is None or b is None or mine is None or others is None:
        return Effect(caution="An arm has nobody in it.")
    interval = Interval(
        low=b - a - math.hypot(b - mine.low, others.high - a), high=b - a + math.hypot(mine.high - b, a - others.low)
    )
    lift, lift_interval = _lift_of_rates(control, arm, confidence)
    if control.successes + arm.successes == 0:
        return Effect(difference=0.0, interval=interval, caution="Nobody converted in either arm.")
    total = control.total + arm.total
    pooled = (control.successes + arm.successes) / total
    if pooled == 1:
        return Effect(difference=0.0, interval=interval, lift=0.0, caution="Everybody converted in both arms.")
    smallest = min(control.total, arm.total) * min(pooled, 1 - pooled)
    if smallest < SMALLEST_CELL:
        p_value, method = (
            fisher_exact(control.successes, control.total, arm.successes, arm.total),
            "Fisher's exact test",
        )
        caution = "Few conversions or few units; only a very large effect would show."
    else:
        error = math.sqrt(pooled * (1 - pooled) * (1 / control.total + 1 / arm.total))
        p_value, method, caution = math.erfc(abs(b - a) / error / math.sqrt(2)), "two-proportion z-test", ""
    return Effect(
        difference=b - a,
        interval=interval,
        lift=lift,
        lift_interval=lift_interval,
        p_value=p_value,
        method=method,
        caution=caution,
    )


def compare_means(control: Sample, arm: Sample, *, confidence: float = 0.95) -> Effect:
    """Two means of unlike variance: Welch's t-test (1947) with Satterthwaite's degrees of freedom.

    The interval of the lift is by the delta method, and missing where the control's mean is not clearly unlike zero.
    """
    if control.mean is None or arm.mean is None:
        return Effect(caution="An arm has no value.")
    difference = arm.mean - control.mean
    if control.error is None or arm.error is None:
        return Effect(difference=difference, caution="An arm has fewer than two values.")
    error = math.hypot(control.error, arm.error)
    if error == 0:
        return Effect(difference=difference, caution="The values do not vary, so no test can be made.")
    shares = (control.error**4 / (control.count - 1), arm.error**4 / (arm.count - 1))
    freedom = error**4 / sum(shares) if sum(shares) else float(control.count + arm.count - 2)
    reach = t_quantile(0.5 + confidence / 2, freedom) * error
    lift, lift_interval = _lift_of_means(control, arm, confidence)
    few = min(control.count, arm.count) < 30
    return Effect(
        difference=difference,
        interval=Interval(low=difference - reach, high=difference + reach),
        lift=lift,
        lift_interval=lift_interval,
        p_value=t_tails(difference / error, freedom),
        method="Welch's t-test",
        caution="Fewer than 30 values in an arm; the test leans on them being near normal." if few else "",
    )


def sample_ratio(counts: Sequence[int], shares: Sequence[float] | None = None) -> SampleRatio:
    """Whether counts fit planned shares, by Pearson's chi-square; equal shares if none are planned."""
    total, weights = sum(counts), list(shares or [1.0] * len(counts))
    expected = tuple(total * weight / sum(weights) for weight in weights)
    if len(counts) < 2 or total == 0:
        return SampleRatio(p_value=None, expected=expected, caution="There are no two arms to compare.")
    statistic = sum((count - wanted) ** 2 / wanted for count, wanted in zip(counts, expected, strict=True))
    caution = "Too few units for a sound check." if min(expected) < SMALLEST_CELL else ""
    return SampleRatio(p_value=chi_square_tail(statistic, len(counts) - 1), expected=expected, caution=caution)


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """P-values corrected for their number (Holm 1979), in the given order; unknown ones stay unknown and uncounted."""
    known = sorted((value, place) for place, value in enumerate(p_values) if value is not None)
    corrected: list[float | None] = [None] * len(p_values)
    highest = 0.0
    for rank, (value, place) in enumerate(known):
        highest = max(highest, min(1.0, value * (len(known) - rank)))
        corrected[place] = highest
    return corrected


def _lift_of_rates(control: Proportion, arm: Proportion, confidence: float) -> tuple[float | None, Interval | None]:
    if control.successes == 0:
        return None, None
    ratio = (arm.successes / arm.total) / (control.successes / control.total)
    if arm.successes == 0:
        return -1.0, None
    error = math.sqrt(1 / arm.successes - 1 / arm.total + 1 / control.successes - 1 / control.total)
    reach = math.exp(normal_quantile(confidence) * error)
    return ratio - 1, Interval(low=ratio / reach - 1, high=ratio * reach - 1)


def _lift_of_means(control: Sample, arm: Sample, confidence: float) -> tuple[float | None, Interval | None]:
    if control.mean is None or arm.mean is None or not control.mean:
        return None, None
    lift = (arm.mean - control.mean) / abs(control.mean)
    if control.error is None or arm.error is None or abs(control.mean) < 3 * control.error:
        return lift, None
    ratio = arm.mean / control.mean
    reach = normal_quantile(confidence) * math.hypot(arm.error, ratio * control.error) / abs(control.mean)
    return lift, Interval(low=lift - reach, high=lift + reach)
