"""Reads metrics that were rolled up in Postgres."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from psycopg import Connection
from sqlalchemy import Engine

from exports_pipeline.adapters.customer_sketch import Customers, read_sketch
from exports_pipeline.adapters.metric_question import Where, asked_of, instants_text, statement
from exports_pipeline.adapters.postgres import reading
from exports_pipeline.core.bucket import Bucket, runs_of
from exports_pipeline.core.metric import Metric
from exports_pipeline.core.metric_store import MOST_POINTS, Line, Measure
from exports_pipeline.core.refusals import TooManyPoints

MOST_SKETCHES = 100_000
"""Stored buckets with customers that one question may read, of two kilobytes each."""
Group = tuple[str, ...]


class MetricReader:
    """Answers what the events of some buckets amount to, told apart by dimensions, with one statement."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def lines(
        self, tenant: str, metric: Metric, buckets: Sequence[Bucket], *, where: Where, by: Sequence[str]
    ) -> tuple[Line, ...]:
        """The figures of each group in each bucket, those of most events first.

        Raises:
            TooManyPoints: there are more than `MOST_POINTS`, or their customers stand in more than `MOST_SKETCHES`.
        """
        kind = _Crowd if metric.takes_customers else _Sum
        groups: dict[Group, dict[int, _Sum | _Crowd]] = {} if by else {(): {}}
        totals: dict[Group, _Sum | _Crowd] = {}
        points = 0
        for place, *figures in self._rows(tenant, metric, buckets, where, by):
            group = tuple(figures[kind.COLUMNS :])
            places = groups.setdefault(group, {})
            if place not in places:
                places[place] = kind()
                points += 1
                _refuse_too_many(points)
            if group not in totals:
                totals[group] = kind()
            kind.add(figures, places[place], totals[group])  # type: ignore[arg-type]  # all of them are of one kind
        _refuse_too_many(len(groups) * len(buckets))
        empty = kind().measure()
        lines = []
        for group, found in groups.items():
            measures = {place: figures.measure() for place, figures in found.items()}
            shown = tuple(measures.get(place, empty) for place in range(1, len(buckets) + 1))
            total = totals[group].measure() if group in totals else empty
            lines.append(Line(group=group, points=shown, total=total))
        return tuple(sorted(lines, key=lambda line: (-line.total.count, line.group)))

    def _rows(
        self, tenant: str, metric: Metric, buckets: Sequence[Bucket], where: Where, by: Sequence[str]
    ) -> list[tuple[Any, ...]]:
        """The place of a bucket from 1, its figures, and the values of `by`."""
        most = MOST_SKETCHES if metric.takes_customers else MOST_POINTS
        runs = runs_of(buckets)
        wanted = statement(tuple(where), len(by), takes_customers=metric.takes_customers)
        asked = asked_of(tenant, metric.kept_by([*where, *by]), runs, where, by)
        asked |= {"starts": instants_text(bucket.since for bucket in buckets), "most": most + 1}
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

    def __init__(self) -> None:
        self.count = 0
        self.sum: Decimal | None = None
        self.min: Decimal | None = None
        self.max: Decimal | None = None

    @staticmethod
    def add(figures: Sequence[Any], *sums: "_Sum") -> None:
        """Add a row's events, sum, minimum and maximum."""
        count, total, least, most = figures[: _Sum.COLUMNS]
        for each in sums:
            each.count += int(count)
            if total is not None:
                each.sum = total if each.sum is None else each.sum + total
                each.min = least if each.min is None else min(each.min, least)
                each.max = most if each.max is None else max(each.max, most)

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

    @staticmethod
    def add(figures: Sequence[Any], *crowds: "_Crowd") -> None:
        """Add a row's events and its sketch, which is unpacked once."""
        count, stored = figures[: _Crowd.COLUMNS]
        sketch = read_sketch(stored) if stored is not None else None
        for each in crowds:
            each.count += count
            if sketch is not None:
                each.customers.add(sketch)

    def measure(self) -> Measure:
        """What they amount to."""
        return Measure(count=self.count, customers=self.customers.count())


def _refuse_too_many(points: int) -> None:
    if points > MOST_POINTS:
        raise TooManyPoints(
            f"More than {MOST_POINTS:,} points; narrow the dates, or ask by fewer dimensions.", field="by"
        )
