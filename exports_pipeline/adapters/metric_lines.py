"""Rows of stored buckets, added up to the lines of a metric."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from exports_pipeline.adapters.customer_count import customers_in
from exports_pipeline.core.metric_store import MOST_POINTS, Line, Measure
from exports_pipeline.core.midnights import Shifted
from exports_pipeline.core.refusals import TooManyPoints

Group = tuple[str, ...]


class Sum:
    """Figures that rows are added to."""

    __slots__ = ("count", "max", "min", "sum")
    COLUMNS = 4

    def __init__(self, count: int = 0) -> None:
        self.count = count
        self.sum: Decimal | None = None
        self.min: Decimal | None = None
        self.max: Decimal | None = None

    def add(self, figures: Sequence[Any]) -> None:
        """Add a row's events, sum, minimum and maximum."""
        count, total, least, most = figures[: self.COLUMNS]
        self.count += int(count)
        if total is not None:
            self.sum = total if self.sum is None else self.sum + total
            self.min = least if self.min is None else min(self.min, least)
            self.max = most if self.max is None else max(self.max, most)

    def join(self, other: "Sum") -> None:
        """Add what others amount to."""
        self.add((other.count, other.sum, other.min, other.max))

    def measure(self) -> Measure:
        """What they amount to."""
        return Measure(count=self.count, sum=self.sum, min=self.min, max=self.max)


class Crowd:
    """Events and sketches of customers that rows are added to."""

    __slots__ = ("count", "sketches")
    COLUMNS = 2

    def __init__(self) -> None:
        self.count = 0
        self.sketches: list[bytes] = []

    def add(self, figures: Sequence[Any]) -> None:
        """Add a row's events and its sketch."""
        count, stored = figures[: self.COLUMNS]
        self.count += count
        if stored is not None:
            self.sketches.append(stored)

    def join(self, other: "Crowd") -> None:
        """Add the events and customers of others."""
        self.count += other.count
        self.sketches += other.sketches

    def measure(self) -> Measure:
        """What they amount to."""
        return Measure(count=self.count, customers=customers_in(self.sketches))


class Lines:
    """The lines of one metric, as its rows come in: one line without dimensions, else one for each group found."""

    def __init__(self, kind: type[Sum] | type[Crowd], *, is_grouped: bool) -> None:
        self._kind, self._is_grouped = kind, is_grouped
        self._found: dict[Group, dict[int, Sum | Crowd]] = {} if is_grouped else {(): {}}

    def add(self, place: int, figures: Sequence[Any]) -> None:
        """Add a row: the place of its bucket from 1, or of its edge from -1 down; its figures, and its group."""
        places = self._found.setdefault(tuple(figures[self._kind.COLUMNS :]), {})
        if place not in places:
            places[place] = self._kind()
        places[place].add(figures)

    def lines(self, buckets: int, shift: Shifted | None, *, is_of_points: bool) -> tuple[Line, ...]:
        """Those of most events first, each of so many buckets.

        Of points alone, totals count no customers: to merge those of all buckets takes as long as all points do.

        Raises:
            TooManyPoints: there are more than `MOST_POINTS`.
        """
        groups = self._found
        if shift:
            restored = {group: _restored(shift, found) for group, found in groups.items()}
            groups = {group: found for group, found in restored.items() if found or not self._is_grouped}
        if len(groups) * buckets > MOST_POINTS:
            raise TooManyPoints(
                f"More than {MOST_POINTS:,} points; narrow the dates, or ask by fewer dimensions.", field="by"
            )
        empty = self._kind().measure()
        lines = []
        for group, found in groups.items():
            if is_of_points:
                total = Measure(count=sum(figures.count for figures in found.values()))
            else:
                total = _together(self._kind(), found.values())
            measures = {place: figures.measure() for place, figures in found.items()}
            shown = tuple(measures.get(place, empty) for place in range(1, buckets + 1))
            lines.append(Line(group=group, points=shown, total=total))
        return tuple(sorted(lines, key=lambda line: (-line.total.count, line.group)))


def _together(total: Sum | Crowd, parts: Iterable[Sum | Crowd]) -> Measure:
    """What parts, of the kind of a total that is empty yet, amount to."""
    for part in parts:
        total.join(part)  # type: ignore[arg-type]  # all of them are of one kind
    return total.measure()


def _restored(shift: Shifted, found: Mapping[int, Sum | Crowd]) -> dict[int, Sum | Crowd]:
    counts = shift.restored({place: figures.count for place, figures in found.items()})
    return {place: Sum(count) for place, count in enumerate(counts, 1) if count}
