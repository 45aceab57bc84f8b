"""Buckets of metrics that count customers: Postgres finds the customers, their sketches are made and merged here."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Connection, FromClause, Text, cast, select, union_all

from exports_pipeline.adapters.customer_sketch import merged, sketch_of
from exports_pipeline.adapters.metric_events import customers_by_quarter
from exports_pipeline.adapters.sql_files import load_sql
from exports_pipeline.core.bucket import floor
from exports_pipeline.core.metric import STORED, Granularity, Metric

_CHUNK = 5_000
Item = TypeVar("Item")


class Key(NamedTuple):
    """The key of a stored bucket; `dimensions` is a JSON text."""

    tenant: str
    metric: str
    granularity: Granularity
    bucket: datetime
    dimensions: str


class Crowd(NamedTuple):
    """What a stored bucket has: a number of events, and their customers."""

    key: Key
    events: int
    sketch: bytes | None


def crowds_of_quarters(connection: Connection, metrics: Sequence[Metric], events: FromClause) -> Iterator[Crowd]:
    """The quarters of hours of some events, each key once."""
    if not metrics:
        return
    found = union_all(*(customers_by_quarter(metric, events) for metric in metrics)).subquery()
    columns = [cast(each, Text).label("dimensions") if each.name == "dimensions" else each for each in found.c]
    for row in connection.execute(select(*columns)):
        key = Key(row.tenant, row.metric, Granularity.QUARTER_HOUR, row.bucket, row.dimensions)
        yield Crowd(key, row.events, sketch_of(row.customers) if row.customers else None)


def crowds_of_shorter(connection: Connection, granularity: Granularity, windows: dict[str, Any]) -> Iterator[Crowd]:
    """The buckets of some windows, merged of the shorter ones, each key once; `windows` are the parameters."""
    for row in connection.execute(load_sql("metric_shorter_sketches"), windows):
        key = Key(row.tenant, row.metric, granularity, row.bucket, row.dimensions)
        yield Crowd(key, row.events, _merged(row.sketches))


def in_all_granularities(quarters: Iterable[Crowd]) -> Iterator[Crowd]:
    """The quarters of hours, and the longer buckets that they add up to, each key once."""
    found: dict[Key, tuple[int, list[bytes | None]]] = {}
    for (tenant, metric, _, bucket, dimensions), events, sketch in quarters:
        for granularity in STORED:
            key = Key(tenant, metric, granularity, floor(bucket, granularity), dimensions)
            before, sketches = found.get(key, (0, []))
            found[key] = (before + events, [*sketches, sketch])
    for key, (events, sketches) in found.items():
        yield Crowd(key, events, _merged(sketches))


def put(connection: Connection, crowds: Iterable[Crowd], *, are_new: bool = False) -> int:
    """Add these to the stored buckets; how many there were. `are_new` says that none of them is there yet."""
    written = 0
    for chunk in _chunks(crowds):
        keys = _as_columns(chunk)
        sketches = [crowd.sketch for crowd in chunk]
        if not are_new:
            for place, sketch in connection.execute(load_sql("metric_sketches"), keys):
                sketches[place - 1] = _merged([sketches[place - 1], sketch])
        counts = [crowd.events for crowd in chunk]
        connection.execute(load_sql("metric_put_sketches"), keys | {"counts": counts, "sketches": sketches})
        written += len(chunk)
    return written


def _as_columns(crowds: Sequence[Crowd]) -> dict[str, list[Any]]:
    names = ("tenants", "metrics", "granularities", "buckets", "dimensions")
    columns = zip(*(crowd.key for crowd in crowds), strict=True)
    found = dict(zip(names, map(list, columns), strict=True))
    return found | {"granularities": [str(each) for each in found["granularities"]]}


def _merged(sketches: Iterable[bytes | None]) -> bytes | None:
    there = [sketch for sketch in sketches if sketch is not None]
    return merged(there) if len(there) > 1 else next(iter(there), None)


def _chunks(items: Iterable[Item]) -> Iterator[list[Item]]:
    iterator = iter(items)
    while chunk := list(islice(iterator, _CHUNK)):
        yield chunk
