"""Journeys: how far, and how fast, one customer went through the steps of a campaign's funnel.

The funnel is ordered and a customer counts once per campaign: the first pick-up begins the journey; the first event at
that time or later that does for the second step reaches it, if it lies within the window, which is counted from the
pick-up; and so on from step to step. One event may do for several steps. The journey belongs to the cohort of the
pick-up's day, and to its segment (of several pick-ups at the same instant, to the first segment in order of code
points).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

from exports_pipeline.core.bucket import floor
from exports_pipeline.core.histogram import packed
from exports_pipeline.core.metric import Granularity


@dataclass(frozen=True, kw_only=True, order=True)
class Touch:
    """An event that does for a step, counted from 1."""

    at: datetime
    step: int
    segment: str


@dataclass(frozen=True, kw_only=True)
class Journey:
    """The journey of one customer through one campaign."""

    tenant: str
    campaign: str
    customer: str
    segment: str
    times: tuple[datetime, ...]
    """When each step was reached; there is at least the first."""

    @property
    def began_at(self) -> datetime:
        """When the first step was reached."""
        return self.times[0]


def durations(times: Sequence[datetime]) -> Iterator[tuple[int, int, timedelta]]:
    """For every step but the first: its number, since which step, and how long; since the one before and the first."""
    for step, (before, at) in enumerate(pairwise(times), 2):
        yield step, step - 1, at - before
        if step > 2:
            yield step, 1, at - times[0]


def tell(touches: Iterable[Touch], *, window: timedelta) -> tuple[str, tuple[datetime, ...]] | None:
    """Segment and times of the journey that the events of one customer in one campaign make; None without a pick-up."""
    segment, times = "", list[datetime]()
    for touch in sorted(touches):
        if times and touch.at > times[0] + window:
            break
        if touch.step == len(times) + 1:
            times.append(touch.at)
            segment = segment if touch.step > 1 else touch.segment
    return (segment, tuple(times)) if times else None


COHORTS = (Granularity.QUARTER_HOUR, Granularity.HOUR, Granularity.DAY)
"""Buckets of UTC that cohorts are counted by; what no whole quarter holds is read from the journeys themselves."""
DURATIONS = (Granularity.DAY, Granularity.MONTH)
"""Buckets of UTC that have histograms of the durations of cohorts."""

CountKey = tuple[str, str, Granularity, datetime, str, int]
"""Tenant, campaign, granularity, bucket, segment, step."""
SecondsKey = tuple[str, str, Granularity, datetime, str, int, int]
"""Tenant, campaign, granularity, bucket, segment, step, since which step."""


@dataclass(frozen=True)
class JourneyChange:
    """What changed journeys change in the roll-ups: counts, and histograms as `histogram.packed` makes them."""

    counts: Counter[CountKey] = field(default_factory=Counter)
    histograms: dict[SecondsKey, int] = field(default_factory=lambda: defaultdict(int))

    def add(self, journey: Journey, sign: int) -> None:
        """Let a journey be counted (1) or no longer be counted (-1)."""
        for granularity in COHORTS:
            bucket = floor(journey.began_at, granularity)
            place = (journey.tenant, journey.campaign, granularity, bucket, journey.segment)
            for step in range(1, len(journey.times) + 1):
                self.counts[*place, step] += sign
        taken = [(step, since, sign * packed([duration])) for step, since, duration in durations(journey.times)]
        for granularity in DURATIONS:
            bucket = floor(journey.began_at, granularity)
            place = (journey.tenant, journey.campaign, granularity, bucket, journey.segment)
            for step, since, histogram in taken:
                self.histograms[*place, step, since] += histogram
