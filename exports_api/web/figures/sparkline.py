"""A trend as a small line within a text: where it goes, not how high; the figures stand beside it."""

from collections.abc import Sequence

WIDTH, HEIGHT = 120, 28
_PAD = 3
_MOST = 60


def sparkline(series: Sequence[int]) -> str:
    """The points of an SVG polyline of `WIDTH` by `HEIGHT`; long series are drawn by sums of neighbours."""
    each = -(-len(series) // _MOST) or 1
    values = [sum(series[place : place + each]) for place in range(0, len(series), each)]
    if len(values) == 1:
        values *= 2
    top, step = max(values, default=0) or 1, (WIDTH - 2 * _PAD) / max(1, len(values) - 1)
    deep = HEIGHT - 2 * _PAD
    return " ".join(
        f"{_PAD + place * step:.4g},{_PAD + deep * (1 - value / top):.4g}" for place, value in enumerate(values)
    )
