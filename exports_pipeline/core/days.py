"""Days by the clock of a zone, as the figures of a page are asked for."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from exports_pipeline.core.bucket import Bucket, buckets_between, count_of_buckets
from exports_pipeline.core.metric import Granularity
from exports_pipeline.core.metric_store import MOST_BUCKETS
from exports_pipeline.core.refusals import InvalidDateRange, TooManyPoints

_DAY = timedelta(days=1)
_LEAST, LATEST = date(1000, 1, 1), date(9990, 1, 1)
TOO_FAR = "The range is too far from our time."


@dataclass(frozen=True, kw_only=True)
class Days:
    """Some days, both ends inclusive, and the buckets that they are shown in."""

    from_: date
    to: date
    zone: ZoneInfo
    granularity: Granularity = Granularity.DAY

    @property
    def previous(self) -> "Days":
        """As many days before."""
        return replace(self, from_=self.from_ - (self.to - self.from_) - _DAY, to=self.from_ - _DAY)

    def buckets(self) -> tuple[Bucket, ...]:
        """The buckets of a series, in order and without gaps.

        Raises:
            InvalidDateRange, TooManyPoints.
        """
        self._check()
        if count_of_buckets(self.from_, self.to, self.granularity) > MOST_BUCKETS:
            raise TooManyPoints(f"More than {MOST_BUCKETS:,} points; choose fewer days or longer buckets.", field="to")
        return _buckets(self.from_, self.to, self.granularity, self.zone)

    def whole(self) -> Bucket:
        """All the days as one bucket; of days that `buckets` takes."""
        first, last = (next(buckets_between(day, day, Granularity.DAY, self.zone)) for day in (self.from_, self.to))
        return Bucket(start=first.start, since=first.since, until=last.until)

    def _check(self) -> None:
        if self.to < self.from_:
            raise InvalidDateRange(field="to")
        if self.from_ < _LEAST or self.to > LATEST:
            raise InvalidDateRange(TOO_FAR, field="from" if self.from_ < _LEAST else "to")


@lru_cache(maxsize=32)
def _buckets(first: date, last: date, granularity: Granularity, zone: ZoneInfo) -> tuple[Bucket, ...]:
    """Remembered, as a dashboard asks many questions about the same days."""
    return tuple(buckets_between(first, last, granularity, zone))
