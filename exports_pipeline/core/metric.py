"""Metrics as they are declared: which events count, how they are aggregated, and by what they can be told apart."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property

from exports_pipeline.core.refusals import UnknownDimension, UnknownMetric

DIMENSIONS = ("campaign", "category", "label", "event_type", "segment")
"""What every event has; `segment` stands in its metadata."""
NARROWER = "#"
"""Stands behind the name of a metric that is kept beside a declared one, where no name of a declared one has it."""
METADATA = "metadata."
"""What the name of a dimension begins with that is a text in the event's metadata."""


class Granularity(StrEnum):
    """How long a bucket of time is; weeks begin on Monday (ISO 8601)."""

    MINUTE = "minute"
    QUARTER_HOUR = "quarter_hour"
    HOUR = "hour"
    SIX_HOURS = "six_hours"
    """From midnight, six, noon and six in the evening of UTC."""
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


STORED = (Granularity.QUARTER_HOUR, Granularity.HOUR, Granularity.DAY, Granularity.MONTH)
"""Buckets of UTC that are kept, the shortest first; all others are composed of them."""
STORED_OF_CUSTOMERS = (
    Granularity.QUARTER_HOUR,
    Granularity.HOUR,
    Granularity.SIX_HOURS,
    Granularity.DAY,
    Granularity.WEEK,
    Granularity.MONTH,
)
"""The same of metrics that count customers: their sketches are merged one by one, not added up by the database."""
ASKED = (Granularity.HOUR, Granularity.DAY, Granularity.WEEK, Granularity.MONTH)
"""Buckets of any time zone that a series may have."""


class Aggregate(StrEnum):
    """What a metric makes of the events of a bucket."""

    COUNT = "count"
    SUM = "sum"
    MIN = "min"
    MAX = "max"
    MEAN = "mean"
    DISTINCT = "distinct"
    """Customers, each of them once."""


@dataclass(frozen=True, kw_only=True)
class EventFilter:
    """Which events count: those with one of the values in every field that names any."""

    event_type: tuple[str, ...] = ()
    category: tuple[str, ...] = ()
    label: tuple[str, ...] = ()
    campaign: tuple[str, ...] = ()

    @property
    def fields(self) -> dict[str, tuple[str, ...]]:
        """The fields that name values."""
        fields = ("event_type", "category", "label", "campaign")
        return {field: getattr(self, field) for field in fields if getattr(self, field)}


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One metric."""

    name: str
    title: str = ""
    unit: str = ""
    """What its numbers count, as `s` or `EUR`."""
    events: EventFilter = EventFilter()
    aggregate: Aggregate = Aggregate.COUNT
    dimensions: tuple[str, ...] = ()
    """What its figures can be filtered and told apart by."""

    @property
    def takes_values(self) -> bool:
        """Whether it aggregates `value`; then events without one do not count."""
        return self.aggregate in {Aggregate.SUM, Aggregate.MIN, Aggregate.MAX, Aggregate.MEAN}

    @property
    def takes_customers(self) -> bool:
        """Whether it counts customers."""
        return self.aggregate is Aggregate.DISTINCT

    @property
    def stored(self) -> tuple[Granularity, ...]:
        """The buckets that are kept of it, the shortest first."""
        return STORED_OF_CUSTOMERS if self.takes_customers else STORED

    @cached_property
    def kept(self) -> "tuple[Metric, ...]":
        """This metric, and the same told apart by less: what is asked of all campaigns at once is then a row, not many.

        By campaign alone, as pages ask for one or for all of them; and by label alone, of which there are few where
        campaigns and segments are many, but for customers, whose sketches Postgres cannot add up.
        """
        narrower: list[tuple[str, ...]] = [()] if self.dimensions else []
        alone = ("campaign",) if self.takes_customers else ("campaign", "label")
        if len(self.dimensions) > 1:
            narrower += [(each,) for each in alone if each in self.dimensions]
        named = {f"{self.name}{NARROWER}{','.join(each)}": each for each in narrower}
        return (self, *(replace(self, name=name, dimensions=each) for name, each in named.items()))

    def kept_by(self, names: Iterable[str]) -> "Metric":
        """That of the metrics that are kept which is told apart by these dimensions, and by the fewest others."""
        fitting = [each for each in self.kept if set(names) <= set(each.dimensions)]
        return min(fitting, key=lambda each: len(each.dimensions))

    def check_dimensions(self, names: Sequence[str], *, field: str) -> None:
        """Refuse what the metric cannot be told apart by.

        Raises:
            UnknownDimension
        """
        for name in names:
            if name not in self.dimensions:
                known = ", ".join(self.dimensions) or "none"
                raise UnknownDimension(f"{self.name} has no dimension {name!r}; it has: {known}.", field=field)


class Metrics:
    """All metrics, by name, in order."""

    def __init__(self, metrics: Sequence[Metric] = ()) -> None:
        self._by_name = {metric.name: metric for metric in metrics}

    def __iter__(self) -> Iterator[Metric]:
        return iter(self._by_name.values())

    def find(self, name: str) -> Metric:
        """The metric of that name.

        Raises:
            UnknownMetric: there is none.
        """
        if name not in self._by_name:
            raise UnknownMetric(field="metric")
        return self._by_name[name]

    def choose(self, names: Sequence[str] | None) -> tuple[Metric, ...]:
        """The metrics of these names; all for None.

        Raises:
            UnknownMetric: one of them is not there.
        """
        return tuple(self) if names is None else tuple(self.find(name) for name in dict.fromkeys(names))


def kept_for(metrics: Iterable[Metric]) -> tuple[Metric, ...]:
    """All metrics that are kept for these."""
    return tuple(kept for metric in metrics for kept in metric.kept)
