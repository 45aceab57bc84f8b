"""Reads metrics that were rolled up in Postgres."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import Engine, Row, TextClause, text

from exports_pipeline.adapters.customer_sketch import count_of, merged
from exports_pipeline.adapters.postgres import reading
from exports_pipeline.core.bucket import Bucket, runs_of
from exports_pipeline.core.metric import Metric
from exports_pipeline.core.metric_store import MOST_POINTS, Line, Measure
from exports_pipeline.core.refusals import TooManyPoints

Where = Mapping[str, Sequence[str]]


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
            statement = _statement(len(by), len(where), takes_customers=metric.takes_customers)
            rows = connection.execute(statement, _asked(tenant, metric, buckets, where, by)).all()
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


@cache
def _statement(by: int, where: int, *, takes_customers: bool) -> TextClause:
    """Stored buckets found run by run over the primary key, and summed by the place of the bucket they lie in.

    As a text that is kept, for so many dimensions: to compose it anew takes longer than Postgres needs to answer it.
    """
    groups = "".join(f", by_{place}" for place in range(by))
    # A bucket rolled up before the metric had the dimension, and not backfilled since, has none.
    dimensions = "".join(
        f", coalesce(stored.dimensions ->> CAST(:by_{place} AS text), '') AS by_{place}" for place in range(by)
    )
    wanted = "".join(
        f" AND coalesce(stored.dimensions ->> CAST(:where_{place} AS text), '') = ANY (CAST(:values_{place} AS text[]))"
        for place in range(where)
    )
    sketches = "array_agg(found.sketch) FILTER (WHERE found.sketch IS NOT NULL)" if takes_customers else "NULL"
    return text(f"""
        SELECT width_bucket(found.bucket, CAST(:starts AS timestamptz[])) AS place, sum(found.count) AS events,
               sum(found.sum) AS sum, min(found.min) AS min, max(found.max) AS max, {sketches} AS sketches{groups}
        FROM unnest(CAST(:granularities AS text[]), CAST(:sinces AS timestamptz[]), CAST(:untils AS timestamptz[]))
            AS run (granularity, since, until)
        CROSS JOIN LATERAL (
            SELECT stored.bucket, stored.count, stored.sum, stored.min, stored.max, stored.sketch{dimensions}
            FROM metric_rollups AS stored
            WHERE stored.tenant = :tenant AND stored.metric = :metric AND stored.granularity = run.granularity
                AND stored.bucket >= run.since AND stored.bucket < run.until{wanted}
            OFFSET 0 -- or the planner, not knowing how short runs are, may join them with all buckets of the metric
        ) AS found
        GROUP BY place{groups}
        LIMIT :most""")  # noqa: S608 - names of our own


def _asked(tenant: str, metric: Metric, buckets: Sequence[Bucket], where: Where, by: Sequence[str]) -> dict[str, Any]:
    runs = runs_of(buckets)
    asked: dict[str, Any] = {
        "tenant": tenant,
        "metric": metric.name,
        "starts": [bucket.since for bucket in buckets],
        "granularities": [str(run.granularity) for run in runs],
        "sinces": [run.since for run in runs],
        "untils": [run.until for run in runs],
        "most": MOST_POINTS + 1,
    }
    asked |= {f"by_{place}": name for place, name in enumerate(by)}
    for place, (name, values) in enumerate(where.items()):
        asked |= {f"where_{place}": name, f"values_{place}": list(values)}
    return asked
