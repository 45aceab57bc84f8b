"""Compares stored buckets with the raw events."""

from collections.abc import Iterator, Sequence
from json import loads
from random import Random
from typing import Any

from sqlalchemy import Connection, Engine, Text, cast, func, select

from exports_pipeline.adapters.customer_count import customers_in
from exports_pipeline.adapters.customer_sketch import sketch_of
from exports_pipeline.adapters.event_tables import metric_rollups, stale_minutes
from exports_pipeline.adapters.metric_events import customers_by_quarter, figures_by_quarter
from exports_pipeline.adapters.metric_rebuild import Window, events_within
from exports_pipeline.adapters.postgres import wrapped_errors
from exports_pipeline.adapters.sql_files import load_sql
from exports_pipeline.core.bucket import floor
from exports_pipeline.core.metric import Granularity, Metric
from exports_pipeline.core.metric_store import Measure, Mismatch

Picked = tuple[Metric, Granularity, Window]
Found = dict[str, Measure]
"""Measures by dimensions, as a JSON text."""


class MetricCheck:
    """Picks buckets at random, and adds up what should be in them."""

    def __init__(self, engine: Engine, metrics: Sequence[Metric]) -> None:
        self._engine = engine
        self._metrics = metrics

    def check(self, *, buckets: int, seed: int) -> list[Mismatch]:
        """The stored figures of some buckets that are not those of the events.

        Left out are buckets with stale minutes, which are known to be wrong until the next roll-up.

        Raises:
            LedgerUnavailable
        """
        random = Random(seed)  # noqa: S311 - it chooses what is looked at
        with (
            wrapped_errors(),
            self._engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection,
        ):
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")  # buckets are found by their key
            tenants = connection.execute(load_sql("metric_tenants")).all()
            if not tenants or not self._metrics:
                return []
            picked = {found for _ in range(buckets) if (found := self._pick(connection, random, tenants))}
            return [
                mismatch
                for metric, granularity, window in sorted(picked, key=lambda each: each[1:])
                if not _is_stale(connection, window)
                for mismatch in _mismatches(connection, metric, granularity, window)
            ]

    def _pick(self, connection: Connection, random: Random, tenants: Sequence[Any]) -> Picked | None:
        """A bucket that has an event, or a stored figure, near an instant at random; None if it is kept in part alone.

        Events are kept by months: of the week in which the first month begins, there are figures of some days only.
        """
        metric = random.choice(self._metrics)
        granularity = random.choice(metric.stored)
        tenant, first_at, last_at = random.choice(tenants)
        since = floor(first_at + random.random() * (last_at - first_at), granularity)
        given = {"tenant": tenant, "metric": metric.name, "granularity": granularity, "since": since}
        near = connection.execute(load_sql("metric_next_instant"), given).one()
        instants = [instant for instant in near if instant is not None] or [first_at]
        at = random.choice(instants)
        window = Window.of_minute(tenant, floor(at, Granularity.MINUTE)).widened(granularity)
        return (metric, granularity, window) if window.since >= floor(first_at, Granularity.MONTH) else None


def _is_stale(connection: Connection, window: Window) -> bool:
    stale = stale_minutes.c
    is_within = (stale.tenant == window.tenant) & (stale.minute >= window.since) & (stale.minute < window.until)
    return bool(connection.execute(select(select(stale_minutes).where(is_within).exists())).scalar_one())


def _mismatches(connection: Connection, metric: Metric, granularity: Granularity, window: Window) -> Iterator[Mismatch]:
    stored, direct = _stored(connection, metric, granularity, window), _direct(connection, metric, window)
    for dimensions in sorted(stored.keys() | direct.keys()):
        if stored.get(dimensions) != direct.get(dimensions):
            yield Mismatch(
                tenant=window.tenant,
                metric=metric.name,
                granularity=granularity,
                bucket=window.since,
                dimensions=loads(dimensions),
                stored=stored.get(dimensions),
                direct=direct.get(dimensions),
            )


def _stored(connection: Connection, metric: Metric, granularity: Granularity, window: Window) -> Found:
    rollup = metric_rollups.c
    columns = (rollup.count.label("events"), rollup.sum, rollup.min, rollup.max, rollup.sketch)
    rows = connection.execute(
        select(cast(rollup.dimensions, Text).label("dimensions"), *columns).where(
            rollup.tenant == window.tenant,
            rollup.metric == metric.name,
            rollup.granularity == granularity,
            rollup.bucket == window.since,
        )
    )
    return {row.dimensions: _measure(metric, row, customers_in([row.sketch] if row.sketch else [])) for row in rows}


def _direct(connection: Connection, metric: Metric, window: Window) -> Found:
    """The figures of the raw events of a whole window, added up by Postgres and not by us; customers one by one."""
    events = events_within([window])
    if not metric.takes_customers:
        quarters = figures_by_quarter(metric, events).subquery()
        figures = [func.sum(quarters.c.events).label("events"), func.sum(quarters.c.sum).label("sum")]
        figures += [func.min(quarters.c.min).label("min"), func.max(quarters.c.max).label("max")]
        dimensions = cast(quarters.c.dimensions, Text).label("key")
        rows = connection.execute(select(dimensions, *figures).group_by("key"))
        return {row.key: _measure(metric, row, 0) for row in rows}
    people: dict[str, tuple[int, set[str]]] = {}
    quarters = customers_by_quarter(metric, events).subquery()
    key = cast(quarters.c.dimensions, Text).label("key")
    for row in connection.execute(select(key, quarters.c.events, quarters.c.customers)):
        events_before, customers = people.get(row.key, (0, set()))
        people[row.key] = (events_before + row.events, customers | set(row.customers or ()))
    return {
        dimensions: Measure(count=count, customers=customers_in([sketch_of(customers)]))
        for dimensions, (count, customers) in people.items()
    }


def _measure(metric: Metric, row: Any, customers: int) -> Measure:
    if metric.takes_customers:
        return Measure(count=row.events, customers=customers)
    return Measure(count=int(row.events), sum=row.sum, min=row.min, max=row.max)
