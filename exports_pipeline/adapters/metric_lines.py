"""Rows of stored buckets, added up to the lines of a metric."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from exports_pipeline.adapters.customer_count import customers_in
from exports_pipeline.core.metric_store import MOST_POINTS, Line, Measure
from exports_pipeline.core.midnights import Shifted
from exports_pipeline.core.refusals import TooManyPoints

Group = tuple[str, ...]
Row = tuple[Any, ...]
"""The number of its metric, the place it lies in, its figures, and its group."""
PLACE, FIGURES = 1, 2
"""Where they stand in a row."""


class Tally:
    """Events that rows are added to."""

    __slots__ = ("count",)
    COLUMNS = 1

    def __init__(self, count: int = 0) -> None:
        self.count = count

    def add(self, row: Row) -> None:
        """Add a row's events."""
        self.count += row[FIGURES]

    def join(self, other: "Tally") -> None:
        """Add others' events."""
        self.count += other.count

    def measure(self) -> Measure:
        """What they amount to."""
        return Measure(count=self.count)


class Sum:
    """Figures that rows are added to."""

    __slots__ = ("count", "max", "min", "sum")
    COLUMNS = 4

    def __init__(self) -> None:
        self.count = 0
        self.sum: Decimal | None = None
        self.min: Decimal | None = None
        self.max: Decimal | None = None

    def add(self, row: Row) -> None:
        """Add a row's events, sum, minimum and maximum."""
        self._add(*row[FIGURES : FIGURES + self.COLUMNS])

    def join(self, other: "Sum") -> None:
        """Add what others amount to."""
        self._add(other.count, other.sum, other.min, other.max)

    def _add(self, count: int, total: Decimal | None, least: Decimal | None, most: Decimal | None) -> None:
        self.count += count
        if total is not None and least is not None and most is not None:
            self.sum = total if self.sum is None else self.sum + total
            self.min = least if self.min is None else min(self.min, least)
            self.max = most if self.max is None else max(self.max, most)

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

    def add(self, row: Row) -> None:
        """Add a row's events and its sketch."""
        self.count += row[FIGURES]
        stored = row[FIGURES + 1]
        if stored is not None:
            self.sketches.append(stored)

    def join(self, other: "Crowd") -> None:
        """Add the events and customers of others."""
        self.count += other.count
        self.sketches += other.sketches

    def measure(self) -> Measure:
        """What they amount to."""
        return Measure(count=self.count, customers=customers_in(self.sketches))


Kind = type[Tally] | type[Sum] | type[Crowd]


class Lines:
    """The lines of one metric, as its rows come in: one line without dimensions, else one for each group found."""

    def __init__(self, kind: Kind, *, is_grouped: bool) -> None:
        self._kind, self._is_grouped = kind, is_grouped
        self._group = FIGURES + kind.COLUMNS
        self._found: dict[Group, dict[int, Any]] = {} if is_grouped else {(): {}}

    def add(self, row: Row) -> None:
        """Add a row, which lies in the place of its bucket, from 1, or of its edge, from -1 down."""
        group, place = row[self._group :], row[PLACE]
        places = self._found.get(group)
        if places is None:
            places = self._found[group] = {}
        figures = places.get(place)
        if figures is None:
            figures = places[place] = self._kind()
        figures.add(row)

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
                total = self._together(found.values())
            measures = {place: figures.measure() for place, figures in found.items()}
            shown = tuple(measures.get(place, empty) for place in range(1, buckets + 1))
            lines.append(Line(group=group, points=shown, total=total))
        return tuple(sorted(lines, key=lambda line: (-line.total.count, line.group)))

    def _together(self, parts: Iterable[Any]) -> Measure:
        total: Any = self._kind()
        for part in parts:
            total.join(part)
        measure: Measure = total.measure()
        return measure


def _restored(shift: Shifted, found: Mapping[int, Tally]) -> dict[int, Tally]:
    counts = shift.restored({place: tally.count for place, tally in found.items()})
    return {place: Tally(count) for place, count in enumerate(counts, 1) if count}
