"""Quarters of days of metrics that count customers."""

import json
from collections.abc import Iterator
from itertools import groupby, islice
from typing import Any

import sqlalchemy as sa
from datasketches import hll_sketch, hll_union

from alembic import op

revision = "0025_keep_six_hours"
down_revision = "0024_keep_features_of_users"
branch_labels = None
depends_on = None

_CHECK = "metric_rollups_granularity_check"
_KEPT = "'quarter_hour', 'hour', 'day', 'month', 'week'"
_BUCKET_START = """
CREATE OR REPLACE FUNCTION bucket_start(granularity text, at timestamptz) RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE RETURN CASE granularity
    WHEN 'quarter_hour' THEN date_bin('15 minutes', at, '2000-01-03 00:00Z'){more}
    ELSE date_trunc(granularity, at, 'UTC')
END"""
_SIX_HOURS = "\n    WHEN 'six_hours' THEN date_bin('6 hours', at, '2000-01-03 00:00Z')"
_KEY = ("tenant", "metric", "six_hours", "dimensions")
# Weeks are of customers alone, also where no event of a metric has a customer, and so no sketch.
_SKETCHES = sa.text("""
    SELECT tenant, metric, bucket_start('six_hours', bucket) AS six_hours, dimensions, count, sketch
    FROM metric_rollups
    WHERE granularity = 'hour'
        AND metric IN (SELECT DISTINCT metric FROM metric_rollups WHERE granularity = 'week' OR sketch IS NOT NULL)
    ORDER BY tenant, metric, six_hours, dimensions""")
_PUT = sa.text("""
    INSERT INTO metric_rollups (tenant, metric, granularity, bucket, dimensions, count, sketch)
    VALUES (:tenant, :metric, 'six_hours', :six_hours, CAST(:dimensions AS jsonb), :count, :sketch)""")
_CHUNK = 1_000


def upgrade() -> None:
    op.execute(_BUCKET_START.format(more=_SIX_HOURS))
    _allow(f"{_KEPT}, 'six_hours'")
    connection = op.get_bind()
    crowds = _crowds(connection)
    while chunk := list(islice(crowds, _CHUNK)):
        connection.execute(_PUT, chunk)


def downgrade() -> None:
    op.execute("DELETE FROM metric_rollups WHERE granularity = 'six_hours'")
    _allow(_KEPT)
    op.execute(_BUCKET_START.format(more=""))


def _allow(granularities: str) -> None:
    op.execute(f"ALTER TABLE metric_rollups DROP CONSTRAINT {_CHECK}")
    op.execute(f"ALTER TABLE metric_rollups ADD CONSTRAINT {_CHECK} CHECK (granularity IN ({granularities}))")


def _crowds(connection: sa.Connection) -> Iterator[dict[str, object]]:
    """The hours of customers added up to quarters of days; here, since Postgres cannot merge their sketches."""
    found = connection.execute(_SKETCHES, execution_options={"yield_per": _CHUNK})
    for key, rows in groupby(found, key=lambda row: tuple(row)[: len(_KEY)]):
        given: dict[str, object] = dict(zip(_KEY, key, strict=True)) | _added(list(rows))
        yield given | {"dimensions": json.dumps(given["dimensions"])}


def _added(rows: list[Any]) -> dict[str, object]:
    sketches = [row.sketch for row in rows if row.sketch is not None]
    union = hll_union(12)
    for sketch in sketches:
        union.update(hll_sketch.deserialize(sketch))
    count = sum(row.count for row in rows)
    return {"count": count, "sketch": bytes(union.get_result().serialize_compact()) if sketches else None}
