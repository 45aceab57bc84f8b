"""Questions about stored buckets, as statements that find them run by run over a key."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from functools import cache, lru_cache
from typing import Any

from exports_pipeline.core.bucket import Bucket, runs_of
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


@cache
def statement(where: tuple[str, ...], by: tuple[str, ...], figures: Figures) -> str:
    """Stored buckets told by the number of their metric and the place they lie in, and summed; customers row by row.

    Numbers are those of `metrics` from 1, places are from 1; those of edges (`core.midnights`) are negative.

    As a text that is kept: to compose it anew takes longer than Postgres needs to answer it.
    """
    told = "".join(f", {_value_of(name, f'by_{place}')} AS by_{place}" for place, name in enumerate(by))
    wanted = "".join(
        f" AND {_value_of(name, f'where_{place}')} = ANY (%(values_{place})s::text[])"
        for place, name in enumerate(where)
    )
    groups = "".join(f", by_{place}" for place in range(len(by)))
    grouped = "" if figures is Figures.CUSTOMERS else f"GROUP BY asked.number, place{groups}"
    return f"""
        SELECT
            asked.number,
            CASE WHEN run.is_edge THEN -width_bucket(found.bucket, %(edges)s::timestamptz[])
                ELSE width_bucket(found.bucket, %(starts)s::timestamptz[]) END AS place,
            {figures}{groups}
        FROM unnest(%(metrics)s::text[]) WITH ORDINALITY AS asked (metric, number)
        CROSS JOIN unnest(%(granularities)s::text[], %(sinces)s::timestamptz[], %(untils)s::timestamptz[],
                          %(are_edges)s::bool[]) AS run (granularity, since, until, is_edge)
        CROSS JOIN LATERAL (
            SELECT stored.bucket, stored.count, stored.sum, stored.min, stored.max, stored.sketch{told}
            FROM metric_rollups AS stored
            WHERE stored.tenant = %(tenant)s AND stored.metric = asked.metric AND stored.granularity = run.granularity
                AND stored.bucket >= run.since AND stored.bucket < run.until{wanted}
            OFFSET 0 -- or the planner, not knowing how short runs are, may join them with all buckets of the metric
        ) AS found
        {grouped}
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
        **places_of(tuple(buckets), tuple(edges), metrics[0].stored),
    }
    asked |= {f"by_{place}": name for place, name in enumerate(by)}
    for place, (name, values) in enumerate(where.items()):
        asked |= {f"where_{place}": name, f"values_{place}": list(values)}
    return asked


@lru_cache(maxsize=128)
def places_of(
    buckets: tuple[Bucket, ...], edges: tuple[Bucket, ...], stored: tuple[Granularity, ...]
) -> Mapping[str, str]:
    """What is to be read for some buckets and edges, and where they begin: all of it as Postgres writes arrays.

    Remembered, as one page asks several questions about the same time.
    """
    whole, others = runs_of(buckets, stored), runs_of(edges, stored)
    runs = [*whole, *others]
    return {
        "granularities": f"{{{','.join([run.granularity for run in runs])}}}",
        "sinces": instants_text([run.since for run in runs]),
        "untils": instants_text([run.until for run in runs]),
        "are_edges": f"{{{','.join(['f'] * len(whole) + ['t'] * len(others))}}}",
        "starts": instants_text([bucket.since for bucket in buckets]),
        "edges": instants_text([edge.since for edge in edges]),
    }


def instants_text(instants: Iterable[datetime]) -> str:
    """Instants as Postgres writes an array, which the driver does many times slower."""
    return f"{{{','.join([instant.isoformat() for instant in instants])}}}"


def _value_of(dimension: str, parameter: str) -> str:
    """Its value in a bucket; one rolled up before the metric had the dimension, and not backfilled since, has none."""
    if dimension == _CAMPAIGN:
        return "stored.campaign"
    return f"coalesce(stored.dimensions ->> CAST(%({parameter})s AS text), '')"
