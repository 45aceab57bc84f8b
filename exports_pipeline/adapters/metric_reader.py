"""Reads metrics that were rolled up in Postgres."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    DateTime,
    Engine,
    FromClause,
    Row,
    Select,
    Text,
    column,
    func,
    literal,
    select,
    true,
)

from exports_pipeline.adapters.customer_sketch import count_of, merged
from exports_pipeline.adapters.event_tables import metric_rollups
from exports_pipeline.adapters.postgres import reading
from exports_pipeline.core.bucket import Bucket, Run, runs_of
from exports_pipeline.core.metric import Metric
from exports_pipeline.core.metric_store import MOST_POINTS, Line, Measure
from exports_pipeline.core.refusals import TooManyPoints

Where = Mapping[str, Sequence[str]]
_Instant = DateTime(timezone=True)
_rollup = metric_rollups.c


class MetricReader:
    """Answers what the events of some buckets amount to, told apart by dimensions, with one statement."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def lines(
        self, tenant: str, metric: Metric, buckets: Sequence[Bucket], *, where: Where, by: Sequence[str]
    ) -> tuple[Line, ...]:
        """The figures of each group in each bucket, those of most events first.

        Raises:
            TooManyPoints: there are more than `MOST_POINTS`.
        """
        with reading(self._engine) as connection:
            rows = connection.execute(_statement(tenant, metric, buckets, where, by).limit(MOST_POINTS + 1)).all()
        _refuse_too_many(len(rows))
        groups: dict[tuple[str, ...], dict[int, Measure]] = {} if by else {(): {}}
        totals: dict[tuple[str, ...], _Sum] = {}
        for row in rows:
            group, figures = tuple(row[6:]), _Sum(metric)
            figures.add(row)
            groups.setdefault(group, {})[row.place - 1] = figures.measure()
            totals.setdefault(group, _Sum(metric)).add(row)
        _refuse_too_many(len(groups) * len(buckets))
        empty = _Sum(metric).measure()
        lines = [
            Line(
                group=group,
                points=tuple(points.get(place, empty) for place in range(len(buckets))),
                total=totals[group].measure() if group in totals else empty,
            )
            for group, points in groups.items()
        ]
        return tuple(sorted(lines, key=lambda line: (-line.total.count, line.group)))


class _Sum:
    """Figures that rows are added to."""

    __slots__ = ("count", "max", "metric", "min", "sketches", "sum")

    def __init__(self, metric: Metric) -> None:
        self.metric = metric
        self.count = 0
        self.sum: Decimal | None = None
        self.min: Decimal | None = None
        self.max: Decimal | None = None
        self.sketches: list[bytes] = []

    def add(self, row: Row[Any]) -> None:
        self.count += int(row.events)
        if row.sum is not None:
            self.sum = row.sum if self.sum is None else self.sum + row.sum
            self.min = row.min if self.min is None else min(self.min, row.min)
            self.max = row.max if self.max is None else max(self.max, row.max)
        self.sketches += row.sketches or ()

    def measure(self) -> Measure:
        customers = count_of(merged(self.sketches)) if self.metric.takes_customers else None
        return Measure(count=self.count, sum=self.sum, min=self.min, max=self.max, customers=customers)


def _refuse_too_many(points: int) -> None:
    if points > MOST_POINTS:
        raise TooManyPoints(
            f"More than {MOST_POINTS:,} points; narrow the dates, or ask by fewer dimensions.", field="by"
        )


def _statement(tenant: str, metric: Metric, buckets: Sequence[Bucket], where: Where, by: Sequence[str]) -> Select[Any]:
    """Stored buckets found run by run over the primary key, and summed by the place of the bucket they lie in."""
    run = _as_table(runs_of(buckets))
    starts = literal([bucket.since for bucket in buckets], ARRAY(_Instant))
    dimensions = [_dimension(name).label(f"by_{place}") for place, name in enumerate(by)]
    found = (
        select(_rollup.bucket, _rollup.count, _rollup.sum, _rollup.min, _rollup.max, _rollup.sketch, *dimensions)
        .where(
            _rollup.tenant == tenant,
            _rollup.metric == metric.name,
            _rollup.granularity == run.c.granularity,
            _rollup.bucket >= run.c.since,
            _rollup.bucket < run.c.until,
            *(_is_one_of(_dimension(name), values) for name, values in where.items()),
        )
        .offset(0)  # or the planner, not knowing how short runs are, may join them with all buckets of the metric
        .lateral("found")
    )
    sketches = func.array_agg(found.c.sketch).filter(found.c.sketch.is_not(None))
    groups = [found.c[dimension.name] for dimension in dimensions]
    return (
        select(
            func.width_bucket(found.c.bucket, starts).label("place"),
            func.sum(found.c.count).label("events"),
            func.sum(found.c.sum).label("sum"),
            func.min(found.c.min).label("min"),
            func.max(found.c.max).label("max"),
            (sketches if metric.takes_customers else literal(None)).label("sketches"),
            *groups,
        )
        .select_from(run.join(found, true()))
        .group_by("place", *groups)
    )


def _as_table(runs: Iterable[Run]) -> FromClause:
    found = list(runs)
    return (
        func.unnest(
            literal([str(run.granularity) for run in found], ARRAY(Text)),
            literal([run.since for run in found], ARRAY(_Instant)),
            literal([run.until for run in found], ARRAY(_Instant)),
        )
        .table_valued(column("granularity", Text), column("since", _Instant), column("until", _Instant), name="run")
        .render_derived()
    )


def _dimension(name: str) -> ColumnElement[str]:
    """Its value; a bucket rolled up before the metric had the dimension, and not backfilled since, has none."""
    return func.coalesce(_rollup.dimensions[name].astext, "")


def _is_one_of(value: ColumnElement[str], values: Sequence[str]) -> ColumnElement[bool]:
    return value == func.any(literal(list(values), ARRAY(Text)))
