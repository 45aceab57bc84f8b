"""What is read of the activity of users: beside hours and days, whole weeks and months of UTC within a bucket."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from exports_pipeline.core.bucket import Bucket, runs_of
from exports_pipeline.core.metric import Granularity

ANY_ACTION = "any "
"""What stands before the granularity of rows that add up all actions of a user."""
_DAY = timedelta(days=1)
_COMPOSED = (Granularity.MINUTE, Granularity.HOUR, Granularity.DAY)


class StoredRun(NamedTuple):
    """Stored buckets that follow on one another, `[since, until)` in UTC."""

    granularity: str
    since: datetime
    until: datetime


def stored_runs(buckets: Sequence[Bucket], *, by_action: bool) -> list[StoredRun]:
    """The fewest stored buckets that make up these, none of which lies in two of them.

    Minutes are read from the log itself, which has its actions anyway.
    """
    found = [
        run
        for bucket in buckets
        for each in runs_of([bucket], _COMPOSED)
        for run in (
            _coarser(each.since, each.until, ("month", "week"))
            if each.granularity is Granularity.DAY
            else [StoredRun(each.granularity.value, each.since, each.until)]
        )
    ]
    if by_action:
        return found
    return [
        run if run.granularity == "minute" else run._replace(granularity=ANY_ACTION + run.granularity) for run in found
    ]


def _coarser(since: datetime, until: datetime, granularities: Sequence[str]) -> Iterator[StoredRun]:
    """Whole days as the longest of these that are within, and the days beside them."""
    if since >= until:
        return
    if not granularities:
        yield StoredRun("day", since, until)
        return
    longest, *shorter = granularities
    first, last = _begin(since - _DAY, longest, places=1), _begin(until, longest)
    if first >= last:
        yield from _coarser(since, until, shorter)
        return
    yield from _coarser(since, first, shorter)
    yield StoredRun(longest, first, last)
    yield from _coarser(last, until, shorter)


def _begin(day: datetime, granularity: str, *, places: int = 0) -> datetime:
    """The beginning of the week or the month of a day, or of the one after it."""
    if granularity == "week":
        return day - day.weekday() * _DAY + 7 * places * _DAY
    first = day.replace(day=1)
    return (first + 31 * places * _DAY).replace(day=1)
