"""Buckets of days in any zone, told by whole days of UTC and by what lies between their bounds and midnight there.

A day in Kolkata is one of UTC, and what is between 18:30 and midnight before it, less what is between these at its own
end. So each bound is read once, and serves the bucket that begins there and the one that ends.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise

from exports_pipeline.core.bucket import Bucket, floor
from exports_pipeline.core.metric import Granularity

_HALF_A_DAY = timedelta(hours=12)


@dataclass(frozen=True, kw_only=True)
class Shifted:
    """Buckets moved to the midnights of UTC that are nearest to their bounds, and the edges in between."""

    buckets: tuple[Bucket, ...]
    edges: tuple[Bucket, ...]
    """In order, and none of them empty."""
    signs: tuple[tuple[int, int], ...]
    """For each edge the place of its bound, from 0, and 1 if the edge lies before the bound."""

    def restored(self, found: Mapping[int, int]) -> list[int]:
        """How much there is in each bucket as it was, of how much there is in shifted ones and edges.

        The keys are places: of buckets from 1, of edges from -1 down. What is missing is nothing.
        """
        counts = [found.get(place, 0) for place in range(1, len(self.buckets) + 1)]
        for place, (bound, sign) in enumerate(self.signs, 1):
            count = sign * found.get(-place, 0)
            if bound > 0:
                counts[bound - 1] += count
            if bound < len(counts):
                counts[bound] -= count
        return counts


def shifted(buckets: Sequence[Bucket]) -> Shifted | None:
    """The same buckets at midnights of UTC; None where they lie there, or are shorter than days, or have gaps."""
    return _shifted(tuple((bucket.since, bucket.until) for bucket in buckets))


@lru_cache(maxsize=128)
def _shifted(spans: Sequence[tuple[datetime, datetime]]) -> Shifted | None:
    """Remembered, as one page asks several questions about the same time."""
    bounds = [*(since for since, _ in spans), spans[-1][1]]
    if any(one[1] != next_[0] for one, next_ in pairwise(spans)):
        return None
    if any(after - since <= _HALF_A_DAY for since, after in pairwise(bounds)):
        return None
    midnights = [floor(bound.astimezone(UTC) + _HALF_A_DAY, Granularity.DAY) for bound in bounds]
    edges, signs = [], []
    for place, (bound, midnight) in enumerate(zip(bounds, midnights, strict=True)):
        if bound != midnight:
            edges.append(_between(min(bound, midnight), max(bound, midnight)))
            signs.append((place, 1 if midnight < bound else -1))
    if not edges:
        return None
    moved = tuple(_between(since, until) for since, until in pairwise(midnights))
    return Shifted(buckets=moved, edges=tuple(edges), signs=tuple(signs))


def _between(since: datetime, until: datetime) -> Bucket:
    return Bucket(start=since, since=since, until=until)
