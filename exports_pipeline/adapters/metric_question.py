"""Questions about stored buckets, as statements that find them run by run over a key."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from functools import cache, lru_cache
from typing import Any

from exports_pipeline.core.bucket import Bucket, Run, after, count_of_stored, floor, runs_of
from exports_pipeline.core.metric import Granularity, Metric

Where = Mapping[str, Sequence[str]]
_CAMPAIGN = "campaign"
"""The dimension that is a column by itself, with an index."""


class Figures(StrEnum):
    """What is read of stored buckets."""

    COUNT = "total_of(found.count)"
    VALUES = "total_of(found.count), sum(found.sum), min(found.min), max(found.max)"
    CUSTOMERS = "found.count, found.sketch"
    """Row by row: Postgres cannot add sketches up."""


_PLACE = "width_bucket(found.bucket, %(starts)s::timestamptz[])"
_PLACE_OR_EDGE = f"CASE WHEN run.is_other THEN -width_bucket(found.bucket, %(edges)s::timestamptz[]) ELSE {_PLACE} END"
_IS_LAST = """(
            SELECT NOT EXISTS (
                SELECT FROM metric_rollups AS later
                WHERE later.tenant = %(tenant)s AND later.metric = ANY (%(metrics)s::text[])
                    AND later.granularity = ANY (%(stored)s::text[]) AND later.bucket >= %(end)s::timestamptz))"""
"""Whether nothing is stored after the end."""


@cache
def statement(where: tuple[str, ...], by: tuple[str, ...], figures: Figures) -> str:
    """Stored buckets told by the number of their metric and the place they lie in, and summed; customers row by row.

    Numbers are those of `metrics` from 1, places are from 1; those of edges (`core.midnights`) are negative. Customers
    have no edges. Where nothing is stored after the end, they are read in the longer buckets that reach beyond it.

    As a text that is kept: to compose it anew takes longer than Postgres needs to answer it.
    """
    is_of_customers = figures is Figures.CUSTOMERS
    told = "".join(f", {_value_of(name, f'by_{place}')} AS by_{place}" for place, name in enumerate(by))
    wanted = "".join(
        f" AND {_value_of(name, f'where_{place}')} = ANY (%(values_{place})s::text[])"
        for place, name in enumerate(where)
    )
    groups = "".join(f", by_{place}" for place in range(len(by)))
    return f"""
        SELECT asked.number, {_PLACE if is_of_customers else _PLACE_OR_EDGE} AS place, {figures}{groups}
        FROM unnest(%(metrics)s::text[]) WITH ORDINALITY AS asked (metric, number)
        CROSS JOIN unnest(%(granularities)s::text[], %(sinces)s::timestamptz[], %(untils)s::timestamptz[],
                          %(are_others)s::bool[]) AS run (granularity, since, until, is_other)
        CROSS JOIN LATERAL (
            SELECT stored.bucket, stored.count, stored.sum, stored.min, stored.max, stored.sketch{told}
            FROM metric_rollups AS stored
            WHERE stored.tenant = %(tenant)s AND stored.metric = asked.metric AND stored.granularity = run.granularity
                AND stored.bucket >= run.since AND stored.bucket < run.until{wanted}
            OFFSET 0 -- or the planner, not knowing how short runs are, may join them with all buckets of the metric
        ) AS found
        {f"WHERE run.is_other = {_IS_LAST}" if is_of_customers else f"GROUP BY asked.number, place{groups}"}
        LIMIT %(most)s"""  # noqa: S608 - names of our own


def asked_of(
    tenant: str,
    metrics: Sequence[Metric],
    buckets: Sequence[Bucket],
    edges: Sequence[Bucket],
    where: Where,
    by: Sequence[str],
) -> dict[str, Any]:
    """The parameters of the statement but `most`; the metrics have the same buckets stored."""
    asked: dict[str, Any] = {
        "tenant": tenant,
        "metrics": [metric.kept_by([*where, *by]).name for metric in metrics],
        **_places(tuple(buckets), tuple(edges), metrics[0]),
    }
    asked |= {f"by_{place}": name for place, name in enumerate(by)}
    for place, (name, values) in enumerate(where.items()):
        asked |= {f"where_{place}": name, f"values_{place}": list(values)}
    return asked


def _places(buckets: tuple[Bucket, ...], edges: tuple[Bucket, ...], metric: Metric) -> Mapping[str, str]:
    if metric.takes_customers:
        return places_of_customers(buckets, metric.stored)
    return places_of(buckets, edges, metric.stored)


@lru_cache(maxsize=128)
def places_of(
    buckets: tuple[Bucket, ...], edges: tuple[Bucket, ...], stored: tuple[Granularity, ...]
) -> Mapping[str, str]:
    """What is to be read for some buckets and edges, and where they begin: all of it as Postgres writes arrays.

    Remembered, as one page asks several questions about the same time.
    """
    return _told(runs_of(buckets, stored), runs_of(edges, stored)) | {
        "starts": instants_text([bucket.since for bucket in buckets]),
        "edges": instants_text([edge.since for edge in edges]),
    }


@lru_cache(maxsize=128)
def places_of_customers(buckets: tuple[Bucket, ...], stored: tuple[Granularity, ...]) -> Mapping[str, str]:
    """What is to be read for some buckets, and in place of it where nothing is stored after the end of the last one.

    Thirty days until today are then some days and the month that we are in, not some weeks, days and hours of it.
    """
    *others, last = buckets
    ends = [last.until, *(after(floor(last.until, each), each) for each in stored)]
    beyond = min(
        [replace(last, until=end) for end in ends],
        key=lambda bucket: count_of_stored(runs_of([bucket], stored), before=last.until),
    )
    return _told(runs_of(buckets, stored), runs_of([*others, beyond], stored)) | {
        "starts": instants_text([bucket.since for bucket in buckets]),
        "stored": f"{{{','.join(stored)}}}",
        "end": last.until.isoformat(),
    }


def _told(runs: Sequence[Run], others: Sequence[Run]) -> dict[str, str]:
    """Runs, and other ones that are told from them."""
    both = [*runs, *others]
    return {
        "granularities": f"{{{','.join([run.granularity for run in both])}}}",
        "sinces": instants_text([run.since for run in both]),
        "untils": instants_text([run.until for run in both]),
        "are_others": f"{{{','.join(['f'] * len(runs) + ['t'] * len(others))}}}",
    }


def instants_text(instants: Iterable[datetime]) -> str:
    """Instants as Postgres writes an array, which the driver does many times slower."""
    return f"{{{','.join([instant.isoformat() for instant in instants])}}}"


def _value_of(dimension: str, parameter: str) -> str:
    """Its value in a bucket; one rolled up before the metric had the dimension, and not backfilled since, has none."""
    if dimension == _CAMPAIGN:
        return "stored.campaign"
    return f"coalesce(stored.dimensions ->> CAST(%({parameter})s AS text), '')"
