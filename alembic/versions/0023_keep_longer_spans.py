"""Weeks of metrics that count customers, and months of the durations of journeys."""

import json
import zlib
from collections.abc import Callable
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from datasketches import hll_sketch, hll_union

from alembic import op

revision = "0023_keep_longer_spans"
down_revision = "0022_raise_the_second_wall"
branch_labels = None
depends_on = None

_CHECK = "metric_rollups_granularity_check"
_KEPT = "'quarter_hour', 'hour', 'day', 'month'"
_SKETCHES = """
    SELECT tenant, metric, bucket_start('week', bucket) AS week, dimensions, count, sketch
    FROM metric_rollups
    WHERE granularity = 'day' AND metric IN (SELECT DISTINCT metric FROM metric_rollups WHERE sketch IS NOT NULL)
    ORDER BY tenant, metric, week, dimensions"""
_PUT_SKETCH = sa.text("""
    INSERT INTO metric_rollups (tenant, metric, granularity, bucket, dimensions, count, sketch)
    VALUES (:tenant, :metric, 'week', :week, CAST(:dimensions AS jsonb), :count, :sketch)""")
_SECONDS_KEY = "tenant, campaign, granularity, bucket, segment, step, since_step"
_HISTOGRAMS = """
    SELECT tenant, campaign, bucket_start('month', bucket) AS month, segment, step, since_step, histogram
    FROM journey_seconds
    ORDER BY tenant, campaign, month, segment, step, since_step"""
_PUT_HISTOGRAM = sa.text("""
    INSERT INTO journey_seconds (tenant, campaign, granularity, bucket, segment, step, since_step, histogram)
    VALUES (:tenant, :campaign, 'month', :month, :segment, :step, :since_step, :histogram)""")

Added = Callable[[list[Any]], dict[str, object]]


def upgrade() -> None:
    _allow(f"{_KEPT}, 'week'")
    _add_up(_SKETCHES, ("tenant", "metric", "week", "dimensions"), _PUT_SKETCH, _crowd)
    op.execute("ALTER TABLE journey_seconds RENAME COLUMN day TO bucket")
    op.execute("""
        ALTER TABLE journey_seconds ADD COLUMN granularity text NOT NULL DEFAULT 'day'
        CHECK (granularity IN ('day', 'month'))""")
    op.execute("ALTER TABLE journey_seconds ALTER COLUMN granularity DROP DEFAULT")
    op.execute(f"ALTER TABLE journey_seconds DROP CONSTRAINT journey_seconds_pkey, ADD PRIMARY KEY ({_SECONDS_KEY})")
    names = ("tenant", "campaign", "month", "segment", "step", "since_step")
    _add_up(_HISTOGRAMS, names, _PUT_HISTOGRAM, _histogram)


def downgrade() -> None:
    op.execute("DELETE FROM journey_seconds WHERE granularity = 'month'")
    op.execute("""
        ALTER TABLE journey_seconds DROP CONSTRAINT journey_seconds_pkey, DROP COLUMN granularity,
        ADD PRIMARY KEY (tenant, campaign, bucket, segment, step, since_step)""")
    op.execute("ALTER TABLE journey_seconds RENAME COLUMN bucket TO day")
    op.execute("DELETE FROM metric_rollups WHERE granularity = 'week'")
    _allow(_KEPT)


def _allow(granularities: str) -> None:
    op.execute(f"ALTER TABLE metric_rollups DROP CONSTRAINT {_CHECK}")
    op.execute(f"ALTER TABLE metric_rollups ADD CONSTRAINT {_CHECK} CHECK (granularity IN ({granularities}))")


def _add_up(query: str, names: tuple[str, ...], put: sa.TextClause, added: Added) -> None:
    """Add the rows of each key up here, since Postgres cannot."""
    connection = op.get_bind()
    found = connection.execute(sa.text(query), execution_options={"yield_per": 1_000})
    for key, rows in groupby(found, key=lambda row: tuple(row)[: len(names)]):
        given = dict(zip(names, key, strict=True)) | added(list(rows))
        if "dimensions" in given:
            given["dimensions"] = json.dumps(given["dimensions"])
        connection.execute(put, given)


def _crowd(rows: list[Any]) -> dict[str, object]:
    sketches = [row.sketch for row in rows if row.sketch is not None]
    union = hll_union(12)
    for sketch in sketches:
        union.update(hll_sketch.deserialize(sketch))
    count = sum(row.count for row in rows)
    return {"count": count, "sketch": bytes(union.get_result().serialize_compact()) if sketches else None}


def _histogram(rows: list[Any]) -> dict[str, object]:
    total = sum(int.from_bytes(zlib.decompress(row.histogram), "little") for row in rows)
    return {"histogram": zlib.compress(total.to_bytes((total.bit_length() + 7) // 8, "little"), level=1)}
