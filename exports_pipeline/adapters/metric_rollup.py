"""Rolls events up: adds those of new batches, and makes anew the buckets of minutes whose events were changed.

What holds after each transaction: but for stale minutes, every stored bucket is what the events of its time amount to
whose batches are marked as rolled up. A batch is marked in the transaction that adds it, so killing anything anywhere
changes no figure.
"""

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import datetime

from sqlalchemy import ARRAY, BigInteger, Connection, Engine, FromClause, Text, cast, func, literal, select, union_all
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError

from exports_pipeline.adapters.event_tables import analytics_events, metric_rollups
from exports_pipeline.adapters.metric_events import figures_by_quarter
from exports_pipeline.adapters.metric_hook import FollowingRollUp
from exports_pipeline.adapters.metric_rebuild import Window, rebuild
from exports_pipeline.adapters.metric_sketches import crowds_of_quarters, in_all_granularities, put
from exports_pipeline.adapters.metric_transaction import NO_LOCK, alone, in_one, sqlstate
from exports_pipeline.adapters.postgres import wrapped_errors
from exports_pipeline.adapters.sql_files import load_sql
from exports_pipeline.core.metric import STORED, Metric
from exports_pipeline.core.metric_store import LATE_AFTER, RolledUp

MOST_EVENTS = 50_000
"""Of one transaction, or a batch more."""
MOST_MINUTES = 500
"""Made anew in one transaction."""
_KEY = ("tenant", "metric", "granularity", "bucket", "dimensions_key")
_COLUMNS = (*_KEY[:-1], "dimensions", "count", "sum", "min", "max")


class MetricRollUp:
    """The roll-up of some metrics, and of what follows in the same transactions."""

    def __init__(
        self,
        engine: Engine,
        metrics: Sequence[Metric],
        *,
        also: Sequence[FollowingRollUp] = (),
        most_events: int = MOST_EVENTS,
    ) -> None:
        self._engine = engine
        self._plain = [metric for metric in metrics if not metric.takes_customers]
        self._counting = [metric for metric in metrics if metric.takes_customers]
        self._also = also
        self._most_events = most_events

    def roll_up(self, now: datetime) -> RolledUp:
        """Add and mend until nothing is left to do.

        Raises:
            LedgerUnavailable
        """
        with wrapped_errors(), alone(self._engine, waits=False) as connection:
            if connection is None:
                return RolledUp(is_busy=True)
            done = self._added_and_mended(connection, now)
            while retold := in_one(connection, self._catch_up):
                done = _sum(done, RolledUp(retold=retold))
                done = _sum(done, self._added_and_mended(connection, now))
            return done

    def _added_and_mended(self, connection: Connection, now: datetime) -> RolledUp:
        done = RolledUp()
        while (step := in_one(connection, lambda each: self._add(each, now))).batches:
            done = _sum(done, step)
        while in_one(connection, self._is_stale) and (mended := self._mended(connection)) is not None:
            done = _sum(done, mended)
        return done

    def _add(self, connection: Connection, now: datetime) -> RolledUp:
        rows = connection.execute(load_sql("metric_open_batches"), {"most_events": self._most_events}).all()
        if not rows:
            return RolledUp()
        ids = [row.id for row in rows]
        connection.execute(load_sql("metric_close_batches"), {"batch_ids": ids, "now": now})
        of_batches = {"batch_ids": ids, "late_after": LATE_AFTER}
        late = connection.execute(load_sql("metric_late"), of_batches).scalar_one()
        event = analytics_events.c
        events = (
            select(analytics_events).where(event.batch_id == func.any(literal(ids, ARRAY(BigInteger)))).cte("fresh")
        )
        buckets = self._add_figures(connection, events)
        quarters = crowds_of_quarters(connection, self._counting, events)
        buckets += put(connection, in_all_granularities(quarters))
        for each in self._also:
            each.add(connection, ids)
        return RolledUp(batches=len(ids), events=sum(row.events for row in rows), buckets=buckets, late=late)

    def _add_figures(self, connection: Connection, events: FromClause) -> int:
        """Add the events' figures to the buckets of all granularities, in one statement."""
        if not self._plain:
            return 0
        quarters = union_all(*(figures_by_quarter(metric, events) for metric in self._plain)).cte("quarters")
        granularity = (
            func.unnest(literal([str(each) for each in STORED], ARRAY(Text)))
            .table_valued("name", name="granularity")
            .render_derived()
        )
        bucket = func.bucket_start(granularity.c.name, quarters.c.bucket)
        rows = (
            select(
                quarters.c.tenant,
                quarters.c.metric,
                granularity.c.name,
                bucket.label("rolled"),
                quarters.c.dimensions,
                cast(func.sum(quarters.c.events), BigInteger).label("count"),
                func.sum(quarters.c.sum).label("sum"),
                func.min(quarters.c.min).label("min"),
                func.max(quarters.c.max).label("max"),
            )
            .select_from(quarters.join(granularity, literal(value=True)))
            .group_by(quarters.c.tenant, quarters.c.metric, granularity.c.name, "rolled", quarters.c.dimensions)
            # In the order of the key: neighbours are written one after the other, while their page is at hand.
            .order_by(quarters.c.tenant, quarters.c.metric, granularity.c.name, "rolled")
        )
        stored, more = metric_rollups.c, insert(metric_rollups)
        more = more.from_select(_COLUMNS, rows)
        added = more.on_conflict_do_update(
            index_elements=_KEY,
            set_={
                "count": stored.count + more.excluded.count,
                "sum": func.coalesce(stored.sum + more.excluded.sum, stored.sum, more.excluded.sum),
                "min": func.least(stored.min, more.excluded.min),
                "max": func.greatest(stored.max, more.excluded.max),
            },
        )
        return connection.execute(added, execution_options={"preserve_rowcount": True}).rowcount

    def _is_stale(self, connection: Connection) -> bool:
        has_minutes = connection.exec_driver_sql("SELECT EXISTS (SELECT FROM stale_minutes)").scalar_one()
        return bool(has_minutes) or any(each.is_stale(connection) for each in self._also)

    def _catch_up(self, connection: Connection) -> int:
        return sum(each.catch_up(connection) for each in self._also)

    def _mended(self, connection: Connection) -> RolledUp | None:
        """Mend once; not at all, this time, while somebody takes long to say what is stale."""
        try:
            return in_one(connection, self._mend)
        except DBAPIError as error:
            if sqlstate(error) == NO_LOCK:
                return None
            raise

    def _mend(self, connection: Connection) -> RolledUp:
        # Who corrects an event of a minute that is on the list already may leave it there untouched: if it went off the
        # list meanwhile, that correction would be lost. Nobody adds to the list while this transaction has its view.
        # We wait for less than Postgres does before it looks for deadlocks, so that we are the one who gives way.
        connection.exec_driver_sql("SET LOCAL lock_timeout = '500ms'")
        connection.exec_driver_sql("LOCK TABLE stale_minutes, stale_customers IN SHARE ROW EXCLUSIVE MODE")
        stale = connection.execute(load_sql("metric_stale"), {"most_minutes": MOST_MINUTES}).all()
        windows = [Window.of_minute(row.tenant, row.minute) for row in stale]
        buckets = rebuild(connection, [*self._plain, *self._counting], windows)
        for each in self._also:
            each.mend(connection)
        return RolledUp(buckets=buckets, repaired=len(windows))


def _sum(one: RolledUp, other: RolledUp) -> RolledUp:
    numbers = [each.name for each in fields(RolledUp) if each.name != "is_busy"]
    return replace(one, **{name: getattr(one, name) + getattr(other, name) for name in numbers})
