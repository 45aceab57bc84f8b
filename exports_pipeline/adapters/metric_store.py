"""Metrics in Postgres."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from exports_pipeline.adapters.expired_rows import delete_before
from exports_pipeline.adapters.metric_backfill import backfill
from exports_pipeline.adapters.metric_check import MetricCheck
from exports_pipeline.adapters.metric_hook import FollowingRollUp
from exports_pipeline.adapters.metric_reader import MetricReader
from exports_pipeline.adapters.metric_rollup import MOST_EVENTS, MetricRollUp
from exports_pipeline.adapters.postgres import reading
from exports_pipeline.adapters.sql_files import load_sql
from exports_pipeline.core.bucket import Bucket, buckets_between, count_of_buckets
from exports_pipeline.core.metric import Granularity, Metric, Metrics, kept_for
from exports_pipeline.core.metric_store import LATE_AFTER, MOST_BUCKETS, Line, Mismatch, RolledUp, Series
from exports_pipeline.core.refusals import InvalidDateRange, TooManyPoints


class PostgresMetricStore:
    """`MetricStore` over Postgres; `also` names roll-ups of the same events that follow in the same transactions.

    Roll-ups and backfills may take longer than anything else does, so they have an engine that waits for an answer.
    """

    def __init__(
        self,
        engine: Engine,
        metrics: Metrics,
        *,
        patient: Engine | None = None,
        also: Sequence[FollowingRollUp] = (),
        most_events: int = MOST_EVENTS,
    ) -> None:
        self._metrics = metrics
        self._engine = engine
        self._also = tuple(also)
        self._reader = MetricReader(engine)
        self._patient = patient or engine
        self._rollup = MetricRollUp(self._patient, kept_for(metrics), also=self._also, most_events=most_events)
        self._check = MetricCheck(self._patient, kept_for(metrics))

    @property
    def metrics(self) -> Metrics:
        """The metrics that are declared."""
        return self._metrics

    def series(
        self,
        tenant: str,
        metric: str,
        *,
        from_: date,
        to: date,
        granularity: Granularity,
        zone: ZoneInfo,
        where: Mapping[str, Sequence[str]] | None = None,
        by: Sequence[str] = (),
    ) -> Series:
        """The figures of some days by the clock of a zone, of as few stored buckets as give them exactly."""
        found = self._checked(metric, from_, to, where, by)
        if count_of_buckets(from_, to, granularity) > MOST_BUCKETS:
            raise TooManyPoints(f"More than {MOST_BUCKETS:,} points; choose fewer days or longer buckets.", field="to")
        buckets = tuple(buckets_between(from_, to, granularity, zone))
        (lines,) = self._reader.lines(tenant, [found], buckets, where=where or {}, by=by)
        return Series(metric=found, by=tuple(by), buckets=buckets, lines=lines)

    def totals(
        self,
        tenant: str,
        metric: str,
        *,
        from_: date,
        to: date,
        zone: ZoneInfo,
        where: Mapping[str, Sequence[str]] | None = None,
        by: Sequence[str] = (),
    ) -> tuple[Line, ...]:
        """The figures of all the days together."""
        found = self._checked(metric, from_, to, where, by)
        (lines,) = self._reader.lines(tenant, [found], [whole_range(from_, to, zone)], where=where or {}, by=by)
        return tuple(Line(group=line.group, points=(), total=line.total) for line in lines)

    def lines(
        self,
        tenant: str,
        metrics: Sequence[str],
        buckets: Sequence[Bucket],
        *,
        where: Mapping[str, Sequence[str]] | None = None,
        by: Sequence[str] = (),
    ) -> list[tuple[Line, ...]]:
        """The figures of some metrics in any buckets that follow on one another."""
        found = [self._known(metric, where, by) for metric in metrics]
        return self._reader.lines(tenant, found, buckets, where=where or {}, by=by, is_of_points=True)

    def roll_up(self, now: datetime) -> RolledUp:
        """Add all events that are new, and make anew what was changed."""
        return self._rollup.roll_up(now)

    def has_new(self) -> bool:
        """Whether a roll-up would find anything to do."""
        with reading(self._engine) as connection:
            return bool(connection.execute(load_sql("metric_has_new")).scalar_one()) or any(
                each.is_stale(connection) or each.is_behind(connection) for each in self._also
            )

    def has_late(self) -> bool:
        """Whether there are new events that are late, or minutes whose events were changed."""
        with reading(self._engine) as connection:
            return bool(connection.execute(load_sql("metric_has_late"), {"late_after": LATE_AFTER}).scalar_one())

    def backfill(self, metrics: Sequence[str] | None, *, from_: date, to: date) -> int:
        """Make metrics anew from the events of some days of UTC, in one transaction; roll-ups wait meanwhile."""
        chosen = self._metrics.choose(metrics)
        refuse_reversed(from_, to)
        days = whole_range(from_, to, ZoneInfo("UTC"))
        return backfill(self._patient, kept_for(chosen), since=days.since, until=days.until)

    def forget(self, *, before: datetime) -> int:
        """Delete the buckets that begin before then; how many there were."""
        return delete_before(self._engine, "metric_rollups", "bucket", before)

    def check(self, *, buckets: int, seed: int) -> list[Mismatch]:
        """Compare so many randomly chosen buckets with the events themselves."""
        return self._check.check(buckets=buckets, seed=seed)

    def _checked(
        self, name: str, from_: date, to: date, where: Mapping[str, Sequence[str]] | None, by: Sequence[str]
    ) -> Metric:
        refuse_reversed(from_, to)
        return self._known(name, where, by)

    def _known(self, name: str, where: Mapping[str, Sequence[str]] | None, by: Sequence[str]) -> Metric:
        metric = self._metrics.find(name)
        metric.check_dimensions(list(where or {}), field="where")
        metric.check_dimensions(by, field="by")
        return metric


def whole_range(from_: date, to: date, zone: ZoneInfo) -> Bucket:
    """Some days as one bucket."""
    first = next(buckets_between(from_, from_, Granularity.DAY, zone))
    last = next(buckets_between(to, to, Granularity.DAY, zone))
    return Bucket(start=first.start, since=first.since, until=last.until)


def refuse_reversed(from_: date, to: date) -> None:
    """Refuse a range that ends before it begins.

    Raises:
        InvalidDateRange
    """
    if to < from_:
        raise InvalidDateRange(field="to")
