"""Makes metrics anew from the events of whole days."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine

from exports_pipeline.adapters.metric_rebuild import Window, rebuild
from exports_pipeline.adapters.metric_transaction import alone, in_one
from exports_pipeline.adapters.postgres import wrapped_errors
from exports_pipeline.adapters.sql_files import load_sql
from exports_pipeline.core.metric import STORED_OF_CUSTOMERS, Granularity, Metric

_LONGER = (Granularity.WEEK, Granularity.MONTH)
_UP_TO_DAYS = tuple(granularity for granularity in STORED_OF_CUSTOMERS if granularity not in _LONGER)


def backfill(engine: Engine, metrics: Sequence[Metric], *, since: datetime, until: datetime) -> int:
    """Replace all buckets of some whole days of UTC, `[since, until)`, in one transaction; how many there are now.

    It waits for a roll-up that is at work. Events of open batches are left to the next one.

    Raises:
        LedgerUnavailable
    """

    def work(connection: Connection) -> int:
        made = sum(rebuild(connection, metrics, day, _UP_TO_DAYS) for day in _days(connection, since, until))
        return made + rebuild(connection, metrics, _windows(connection, since, until), _LONGER)

    with wrapped_errors(), alone(engine, waits=True) as connection:
        return in_one(connection, work) if connection else 0


def _days(connection: Connection, since: datetime, until: datetime) -> Iterator[list[Window]]:
    """The windows of one day after the other, so that what is in memory is of one day."""
    while since < until:
        after = since + timedelta(days=1)
        yield _windows(connection, since, after)
        since = after


def _windows(connection: Connection, since: datetime, until: datetime) -> list[Window]:
    rows = connection.execute(load_sql("metric_tenants_between"), {"since": since, "until": until})
    return [Window(row.tenant, since, until) for row in rows]
