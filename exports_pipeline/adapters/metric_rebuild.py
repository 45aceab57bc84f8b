"""Makes stored buckets anew from the raw events: quarters of hours from events, all others from shorter ones."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Self

from sqlalchemy import ARRAY, Connection, DateTime, FromClause, Text, column, func, insert, literal, select, union_all

from exports_pipeline.adapters.event_tables import analytics_events, metric_rollups
from exports_pipeline.adapters.metric_events import figures_by_quarter, is_of_open_batch
from exports_pipeline.adapters.metric_sketches import crowds_of_quarters, crowds_of_shorter, put
from exports_pipeline.adapters.sql_files import load_sql
from exports_pipeline.core.bucket import after, floor
from exports_pipeline.core.metric import STORED_OF_CUSTOMERS, Granularity, Metric

_SHORTER = {
    Granularity.HOUR: Granularity.QUARTER_HOUR,
    Granularity.DAY: Granularity.HOUR,
    Granularity.MONTH: Granularity.DAY,
}
"""What the buckets of each granularity are made of."""
_SHORTER_OF_CUSTOMERS = _SHORTER | {
    Granularity.SIX_HOURS: Granularity.HOUR,
    Granularity.DAY: Granularity.SIX_HOURS,
    Granularity.WEEK: Granularity.DAY,
}
"""The same of metrics that count customers."""
_COLUMNS = ("granularity", "tenant", "metric", "bucket", "dimensions", "count", "sum", "min", "max")
_Instant = DateTime(timezone=True)


class Window(NamedTuple):
    """A stretch of a tenant's time, `[since, until)` in UTC."""

    tenant: str
    since: datetime
    until: datetime

    @classmethod
    def of_minute(cls, tenant: str, minute: datetime) -> Self:
        """One minute."""
        return cls(tenant, minute, after(minute, Granularity.MINUTE))

    def widened(self, granularity: Granularity) -> Self:
        """The whole buckets that this lies in."""
        last = floor(self.until - timedelta(microseconds=1), granularity)
        return self._replace(since=floor(self.since, granularity), until=after(last, granularity))


def rebuild(
    connection: Connection,
    metrics: Sequence[Metric],
    windows: Collection[Window],
    granularities: Sequence[Granularity] = STORED_OF_CUSTOMERS,
) -> int:
    """Replace all buckets of some granularities that have to do with some minutes; how many there are now.

    What counts are the events whose batch is rolled up, so that those of open batches are added later, once. The
    windows are whole minutes, of which none is in two windows.
    """
    if not metrics or not windows:
        return 0
    written = 0
    for granularity in granularities:
        having = [metric for metric in metrics if granularity in metric.stored]
        if not having:
            continue
        wider = {window.widened(granularity) for window in windows}
        _drop(connection, having, wider, granularity)
        if granularity is Granularity.QUARTER_HOUR:
            written += _put_quarters(connection, having, wider)
        else:
            written += _put_longer(connection, having, wider, granularity)
    return written


def events_within(windows: Iterable[Window]) -> FromClause:
    """The raw events of some windows whose batches are rolled up."""
    given = _as_columns(windows)
    table = (
        func.unnest(
            literal(given["tenants"], ARRAY(Text)),
            literal(given["sinces"], ARRAY(_Instant)),
            literal(given["untils"], ARRAY(_Instant)),
        )
        .table_valued(column("tenant", Text), column("since", _Instant), column("until", _Instant), name="w")
        .render_derived()
    )
    event = analytics_events.c
    is_within = (event.tenant == table.c.tenant) & (event.occurred_at >= table.c.since)
    found = select(analytics_events).join(table, is_within & (event.occurred_at < table.c.until))
    return found.where(~is_of_open_batch()).cte("found")


def _put_quarters(connection: Connection, metrics: Sequence[Metric], windows: Collection[Window]) -> int:
    written = 0
    events = events_within(windows)
    if plain := [metric for metric in metrics if not metric.takes_customers]:
        figures = union_all(*(figures_by_quarter(metric, events) for metric in plain)).subquery()
        rows = select(literal(str(Granularity.QUARTER_HOUR)).label("granularity"), *figures.c)
        made = insert(metric_rollups).from_select(_COLUMNS, rows)
        written += connection.execute(made, execution_options={"preserve_rowcount": True}).rowcount
    counting = [metric for metric in metrics if metric.takes_customers]
    return written + put(connection, crowds_of_quarters(connection, counting, events), are_new=True)


def _put_longer(
    connection: Connection, metrics: Sequence[Metric], windows: Collection[Window], granularity: Granularity
) -> int:
    given = _as_columns(windows) | {"granularity": granularity}
    written = 0
    if plain := [metric.name for metric in metrics if not metric.takes_customers]:
        made = given | {"metrics": plain, "shorter": _SHORTER[granularity]}
        written += connection.execute(load_sql("metric_longer"), made).rowcount
    if counting := [metric.name for metric in metrics if metric.takes_customers]:
        made = given | {"metrics": counting, "shorter": _SHORTER_OF_CUSTOMERS[granularity]}
        found = crowds_of_shorter(connection, granularity, made)
        written += put(connection, found, are_new=True)
    return written


def _drop(
    connection: Connection, metrics: Sequence[Metric], windows: Iterable[Window], granularity: Granularity
) -> None:
    given = _as_columns(windows) | {"granularity": granularity, "metrics": [metric.name for metric in metrics]}
    connection.execute(load_sql("metric_drop"), given)


def _as_columns(windows: Iterable[Window]) -> dict[str, Any]:
    columns = zip(*sorted(windows), strict=True)
    return dict(zip(("tenants", "sinces", "untils"), map(list, columns), strict=True))
