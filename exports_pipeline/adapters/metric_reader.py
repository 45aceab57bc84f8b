"""Reads metrics that were rolled up in Postgres."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from psycopg import Connection
from sqlalchemy import Engine

from exports_pipeline.adapters.customer_sketch import Customers, read_sketch
from exports_pipeline.adapters.metric_question import Where, asked_of, statement
from exports_pipeline.adapters.postgres import reading
from exports_pipeline.core.bucket import Bucket
from exports_pipeline.core.metric import Aggregate, Metric
from exports_pipeline.core.metric_store import MOST_POINTS, Line, Measure
from exports_pipeline.core.midnights import Shifted, shifted
from exports_pipeline.core.refusals import TooManyPoints

MOST_SKETCHES = 100_000
"""Stored buckets with customers that one question may read, of two kilobytes each."""
Group = tuple[str, ...]


class MetricReader:
    """Answers what the events of some buckets amount to, told apart by dimensions, with one statement."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def lines(
        self,
        tenant: str,
        metric: Metric,
        buckets: Sequence[Bucket],
        *,
        where: Where,
        by: Sequence[str],
        is_of_points: bool = False,
    ) -> tuple[Line, ...]:
        """The figures of each group in each bucket, those of most events first.

        Of points alone, totals count no customers: to merge those of all buckets takes as long as all points do.

        Raises:
            TooManyPoints: there are more than `MOST_POINTS`, or their customers stand in more than `MOST_SKETCHES`.
        """
        kind = _Crowd if metric.takes_customers else _Sum
        shift = shifted(buckets) if metric.aggregate is Aggregate.COUNT else None
        groups: dict[Group, dict[int, _Sum | _Crowd]] = {} if by else {(): {}}
        points = 0
        for place, *figures in self._rows(tenant, metric, buckets, shift, where, by):
            group = tuple(figures[kind.COLUMNS :])
            places = groups.setdefault(group, {})
            if place not in places:
                places[place] = kind()
                points += place > 0
                _refuse_too_many(points)
            places[place].add(figures)
        if shift:
            restored = {group: _restored(shift, found) for group, found in groups.items()}
            groups = {group: found for group, found in restored.items() if found or not by}
        _refuse_too_many(len(groups) * len(buckets))
        empty = kind().measure()
        lines = []
        for group, found in groups.items():
            if is_of_points:
                total = Measure(count=sum(figures.count for figures in found.values()))
            else:
                total = _together(kind(), found.values())
            measures = {place: figures.measure() for place, figures in found.items()}
            shown = tuple(measures.get(place, empty) for place in range(1, len(buckets) + 1))
            lines.append(Line(group=group, points=shown, total=total))
        return tuple(sorted(lines, key=lambda line: (-line.total.count, line.group)))

    def _rows(
        self,
        tenant: str,
        metric: Metric,
        buckets: Sequence[Bucket],
        shift: Shifted | None,
        where: Where,
        by: Sequence[str],
    ) -> list[tuple[Any, ...]]:
        """The place of a bucket from 1, or of an edge from -1 down, its figures, and the values of `by`."""
        most = MOST_SKETCHES if metric.takes_customers else MOST_POINTS
        edges: Sequence[Bucket] = ()
        if shift:
            buckets, edges, most = shift.buckets, shift.edges, 2 * most
        wanted = statement(tuple(where), len(by), takes_customers=metric.takes_customers)
        asked = asked_of(tenant, metric, buckets, edges, where, by) | {"most": most + 1}
        # The driver's own cursor, as sketches come many times faster in the binary form.
        with reading(self._engine) as connection:
            driver: Connection[Any] = connection.connection.driver_connection  # type: ignore[assignment]  # it is psycopg
            with driver.cursor(binary=True) as cursor:
                rows = cursor.execute(wanted, asked).fetchall()
        if len(rows) > most:
            raise TooManyPoints(
                f"More than {most:,} stored figures; narrow the dates, or ask by fewer dimensions.", field="by"
            )
        return rows


class _Sum:
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

    def join(self, other: "_Sum") -> None:
        """Add what others amount to."""
        self.add((other.count, other.sum, other.min, other.max))

    def measure(self) -> Measure:
        """What they amount to."""
        return Measure(count=self.count, sum=self.sum, min=self.min, max=self.max)


class _Crowd:
    """Events and customers that rows are added to."""

    __slots__ = ("count", "customers")
    COLUMNS = 2

    def __init__(self) -> None:
        self.count = 0
        self.customers = Customers()

    def add(self, figures: Sequence[Any]) -> None:
        """Add a row's events and its sketch."""
        count, stored = figures[: self.COLUMNS]
        self.count += count
        if stored is not None:
            self.customers.add(read_sketch(stored))

    def join(self, other: "_Crowd") -> None:
        """Add the events and customers of others."""
        self.count += other.count
        self.customers.add(other.customers.sketch())

    def measure(self) -> Measure:
        """What they amount to."""
        return Measure(count=self.count, customers=self.customers.count())


def _together(total: _Sum | _Crowd, parts: Iterable[_Sum | _Crowd]) -> Measure:
    """What parts, of the kind of a total that is empty yet, amount to."""
    for part in parts:
        total.join(part)  # type: ignore[arg-type]  # all of them are of one kind
    return total.measure()


def _restored(shift: Shifted, found: Mapping[int, _Sum | _Crowd]) -> dict[int, _Sum | _Crowd]:
    counts = shift.restored({place: figures.count for place, figures in found.items()})
    return {place: _Sum(count) for place, count in enumerate(counts, 1) if count}


def _refuse_too_many(points: int) -> None:
    if points > MOST_POINTS:
        raise TooManyPoints(
            f"More than {MOST_POINTS:,} points; narrow the dates, or ask by fewer dimensions.", field="by"
        )
