"""Histograms of durations that can be added and subtracted, and give a median within one percent.

Buckets grow by one fiftieth, so that the harmonic mean of a bucket's ends is within 1 % of whatever lies in it (the
bound of DDSketch: Masson, Rim, Lee, VLDB 2019). Ends are whole microseconds, made by whole numbers alone: the
bucket of a duration is the same on every machine, and what was added can be taken out again.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import timedelta
from functools import cache
from struct import iter_unpack
from zlib import compress, decompress

RELATIVE_ERROR = 0.01
"""Of a median, at most; durations under a millisecond count as none."""
_SHORTEST_US = 1_000
_LONGEST_US = 20 * 366 * 86_400_000_000
_LANE_BYTES = 4
_LANE_BITS = 8 * _LANE_BYTES
_MICROSECOND = timedelta(microseconds=1)


def packed(durations: Iterable[timedelta]) -> int:
    """The histogram of durations, as one whole number with 32 bits for each bucket.

    The sum and the difference of such numbers are the histograms of the sum and the difference, as long as a bucket
    holds fewer than 2**32 durations.
    """
    ends = _ends()
    return sum(1 << _LANE_BITS * bisect_left(ends, duration // _MICROSECOND) for duration in durations)


def of_lanes(counts: Iterable[tuple[int, int]]) -> int:
    """The histogram of buckets and how many durations are in each."""
    return sum(count << _LANE_BITS * bucket for bucket, count in counts)


def ends_us() -> Sequence[int]:
    """The last microsecond of each bucket but the last, which has no end."""
    return _ends()


def as_bytes(histogram: int) -> bytes:
    """A histogram as it is stored: lane after lane, compressed, since most of them are empty."""
    return compress(histogram.to_bytes((histogram.bit_length() + 7) // 8, "little"), level=1)


def of_bytes(stored: bytes) -> int:
    """A histogram as it was stored."""
    return int.from_bytes(decompress(stored), "little")


def median_seconds(histogram: int) -> float | None:
    """The median, within one percent of the true one; of two in the middle, their mean. None where there is nothing."""
    lanes = histogram.to_bytes((histogram.bit_length() // _LANE_BITS + 1) * _LANE_BYTES, "little")
    counts = [count for (count,) in iter_unpack("<I", lanes)]
    total = sum(counts)
    if total == 0:
        return None
    lower, upper = _ranked(counts, (total - 1) // 2), _ranked(counts, total // 2)
    return (_middle_us(lower) + _middle_us(upper)) / 2 / 1_000_000


def _ranked(counts: Iterable[int], rank: int) -> int:
    """The bucket of the duration with so many before it."""
    seen = 0
    for bucket, count in enumerate(counts):
        seen += count
        if seen > rank:
            return bucket
    raise IndexError(rank)


@cache
def _ends() -> list[int]:
    """The last microsecond of every bucket; the first holds what is shorter than can be told."""
    ends = [_SHORTEST_US - 1, _SHORTEST_US]
    while ends[-1] < _LONGEST_US:
        ends.append(ends[-1] + ends[-1] // 50)
    return ends


def _middle_us(bucket: int) -> float:
    """The number within one percent of everything in a bucket."""
    if bucket == 0:
        return 0
    ends = _ends()
    first, last = ends[bucket - 1] + 1, ends[bucket]
    return 2 * first * last / (first + last)
