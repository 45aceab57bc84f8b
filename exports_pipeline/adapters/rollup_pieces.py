"""Spans of time in pieces that the roll-ups have whole: some of them added, some of them taken away again."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from exports_pipeline.core.time_spans import Span

GRAINS = ("month", "week", "day")
"""The grains of the roll-ups besides the quarter of an hour, the longest first."""
_MONDAY = datetime(2000, 1, 3, tzinfo=UTC)
_QUARTER = timedelta(minutes=15)
_STEP = {"day": 24 * 4, "week": 7 * 24 * 4}
_LEAST = {"month": 14 * 24 * 4, "week": 4 * 24 * 4, "day": 12 * 4}
"""A shorter span is never more cheaply told by something so long."""
_ROWS_A_DAY = {"month": 3, "week": 8, "day": 20, "quarter": 60}
"""About how many rows there are to read for a day; longer buckets have not as many more of them."""


class Piece(NamedTuple):
    """Buckets of one grain that follow on one another: `[since, until)`."""

    grain: str
    sign: int
    """1 where the span has them; -1 where it has not, and something larger was added."""
    since: datetime
    until: datetime


class _Part(NamedTuple):
    """A piece in quarters of an hour since `_MONDAY`."""

    grain: str
    sign: int
    since: int
    until: int


@lru_cache(maxsize=10_000)
def pieces_of(span: Span, grains: Sequence[str] = GRAINS) -> tuple[Piece, ...]:
    """What adds up to a span, with few rows to read: 90 days are three months and some days more or less.

    A week of Prague is one of UTC, plus the hour before it, minus its last one. A quarter that an end cuts counts as a
    whole if it begins in the span.
    """
    since, until = (-((_MONDAY - moment) // _QUARTER) for moment in (span.since, span.until))
    return tuple(
        Piece(part.grain, part.sign, _MONDAY + part.since * _QUARTER, _MONDAY + part.until * _QUARTER)
        for part in _cover(since, until, 1, grains)
    )


def _cover(since: int, until: int, sign: int, grains: Sequence[str]) -> list[_Part]:
    """The cheapest parts, of these grains and of quarters; of a span that is reversed, with the opposite signs."""
    if until < since:
        since, until, sign = until, since, -sign
    grains = [grain for grain in grains if until - since >= _LEAST[grain]]
    if not grains:
        return [_Part("quarter", sign, since, until)] if since < until else []
    finer = _cover(since, until, sign, grains[1:])
    first, last = (_nearest(moment, grains[0]) for moment in (since, until))
    if first >= last:
        return finer
    whole = _Part(grains[0], sign, first, last)
    edges = [*_cover(since, first, sign, grains[1:]), *_cover(last, until, sign, grains[1:])]
    return min(finer, [whole, *edges], key=_cost)


def _nearest(moment: int, grain: str) -> int:
    if grain != "month":
        step = _STEP[grain]
        return (moment + step // 2) // step * step
    at = _MONDAY + moment * _QUARTER
    before = at.replace(day=1, hour=0, minute=0)
    after = (before + timedelta(days=31)).replace(day=1)
    return ((after if after - at < at - before else before) - _MONDAY) // _QUARTER


def _cost(parts: Sequence[_Part]) -> int:
    return sum((part.until - part.since) * _ROWS_A_DAY[part.grain] for part in parts)
