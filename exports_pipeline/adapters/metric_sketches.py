"""Buckets of metrics that count customers: Postgres finds the customers, their sketches are made and merged here."""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Connection, FromClause, Text, cast, select, union_all

from exports_pipeline.adapters.customer_sketch import merged, sketch_of
from exports_pipeline.adapters.metric_events import customers_by_quarter
from exports_pipeline.adapters.sql_files import load_sql
from exports_pipeline.core.bucket import floor
from exports_pipeline.core.metric import STORED_OF_CUSTOMERS, Granularity, Metric

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
        for granularity in STORED_OF_CUSTOMERS:
            key = Key(tenant, metric, granularity, floor(bucket, granularity), dimensions)
            before, sketches = found.get(key, (0, []))
            found[key] = (before + events, [*sketches, sketch])
    for key, (events, sketches) in sorted(found.items()):
        yield Crowd(key, events, _merged(sketches))


def put(connection: Connection, crowds: Iterable[Crowd], *, are_new: bool = False) -> int:
    """Add these to the stored buckets; how many there were. `are_new` says that none of them is there yet."""
    written = 0
    for chunk in _chunks(crowds):
        stored: dict[int, bytes | None] = {}
        if not are_new:
            keys = json.dumps([_row(crowd.key, place=place) for place, crowd in enumerate(chunk)])
            found = connection.execute(load_sql("metric_sketches"), {"keys": keys})
            stored = {row.place: row.sketch for row in found}
        sketches = [_merged([crowd.sketch, stored.get(place)]) for place, crowd in enumerate(chunk)]
        rows = [
            _row(crowd.key, count=crowd.events, sketch=sketch.hex() if sketch else None)
            for crowd, sketch in zip(chunk, sketches, strict=True)
        ]
        connection.execute(load_sql("metric_put_sketches"), {"crowds": json.dumps(rows)})
        written += len(chunk)
    return written


def _row(key: Key, **more: object) -> dict[str, object]:
    """As JSON, which is written many times faster than an array of each column."""
    return key._asdict() | {"bucket": key.bucket.isoformat()} | more


def _merged(sketches: Iterable[bytes | None]) -> bytes | None:
    there = [sketch for sketch in sketches if sketch is not None]
    return merged(there) if len(there) > 1 else next(iter(there), None)


def _chunks(items: Iterable[Item]) -> Iterator[list[Item]]:
    iterator = iter(items)
    while chunk := list(islice(iterator, _CHUNK)):
        yield chunk
