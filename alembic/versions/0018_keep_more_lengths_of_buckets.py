"""Buckets of quarter-hours, quarter-days, weeks and months beside those of minutes, hours and days."""

import json
from itertools import groupby

import sqlalchemy as sa
from datasketches import hll_sketch, hll_union

from alembic import op

revision = "0018_keep_more_lengths"
down_revision = "0017_remember_erasures"
branch_labels = None
depends_on = None

_LONGER = (
    ("quarter_hour", "minute"),
    ("quarter_day", "hour"),
    ("week", "day"),
    ("month", "day"),
)
_ALL = "'minute', 'quarter_hour', 'hour', 'quarter_day', 'day', 'week', 'month'"
_BUCKET_START = """
CREATE FUNCTION bucket_start(granularity text, at timestamptz) RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE RETURN CASE granularity
    WHEN 'quarter_hour' THEN date_bin('15 minutes', at, '2000-01-03 00:00Z')
    WHEN 'quarter_day' THEN date_bin('6 hours', at, '2000-01-03 00:00Z')
    ELSE date_trunc(granularity, at, 'UTC')
END"""
_COUNTING = "metric IN (SELECT DISTINCT metric FROM metric_rollups WHERE sketch IS NOT NULL)"
_BY_CAMPAIGN = "dimensions ->> 'campaign' IS NOT NULL AND dimensions - 'campaign' <> '{}'"
_ADD_UP = """
    INSERT INTO metric_rollups (tenant, metric, granularity, bucket, dimensions, count, sum, min, max)
    SELECT {key}, sum(count), sum(sum), min(min), max(max) FROM metric_rollups WHERE {which} GROUP BY 1, 2, 3, 4, 5"""
_SKETCHES = """
    SELECT {key}, sketch FROM metric_rollups WHERE {which} AND sketch IS NOT NULL ORDER BY 1, 2, 3, 4, 5"""
_PUT_SKETCH = """
    UPDATE metric_rollups SET sketch = :sketch
    WHERE tenant = :tenant AND metric = :metric AND granularity = :granularity AND bucket = :bucket
        AND dimensions = CAST(:dimensions AS jsonb)
        AND dimensions_key = CAST(md5(CAST(CAST(:dimensions AS jsonb) AS text)) AS uuid)"""


def upgrade() -> None:
    # A day in India is no whole day of UTC, a year has many days: with few buckets of more lengths, few rows are read.
    op.execute(_BUCKET_START)
    op.execute("ALTER TABLE metric_rollups DROP CONSTRAINT metric_rollups_granularity_check")
    op.execute(
        f"ALTER TABLE metric_rollups ADD CONSTRAINT metric_rollups_granularity_check CHECK (granularity IN ({_ALL}))"
    )
    # The same metrics told apart by less, so that a question about all campaigns at once reads a row and not many.
    _add_up("tenant, metric || '#', granularity, bucket, CAST('{}' AS jsonb)", "dimensions <> '{}'")
    _add_up(
        "tenant, metric || '#campaign', granularity, bucket, jsonb_build_object('campaign', dimensions ->> 'campaign')",
        f"{_COUNTING} AND {_BY_CAMPAIGN}",
    )
    for longer, shorter in _LONGER:
        start = f"bucket_start('{longer}', bucket)"
        _add_up(f"tenant, metric, '{longer}', {start}, dimensions", f"granularity = '{shorter}'")
    # One campaign is read without the rows of all the others. Not of minutes, which are many and made into others only.
    op.execute(
        "ALTER TABLE metric_rollups "
        "ADD campaign text NOT NULL GENERATED ALWAYS AS (coalesce(dimensions ->> 'campaign', '')) STORED"
    )
    op.execute(
        "CREATE INDEX metric_rollups_of_campaign ON metric_rollups (tenant, metric, granularity, campaign, bucket) "
        "WHERE granularity <> 'minute'"
    )
    op.execute("ALTER TABLE journey_rollups DROP CONSTRAINT journey_rollups_granularity_check")
    op.execute(
        f"ALTER TABLE journey_rollups ADD CONSTRAINT journey_rollups_granularity_check CHECK (granularity IN ({_ALL}))"
    )
    op.execute("""
        INSERT INTO journey_rollups (tenant, campaign, granularity, bucket, segment, step, journeys)
        SELECT tenant, campaign, longer, bucket_start(longer, times[1]), segment, step, count(*)
        FROM journeys
        CROSS JOIN generate_series(1, cardinality(times)) AS step
        CROSS JOIN unnest('{quarter_hour, quarter_day}'::text[]) AS longer
        GROUP BY tenant, campaign, longer, bucket_start(longer, times[1]), segment, step""")
    # Customers whose journeys are still to be told by a new funnel.
    op.execute("""
        CREATE TABLE customers_to_retell (
            tenant text NOT NULL,
            customer text NOT NULL,
            PRIMARY KEY (tenant, customer)
        )""")


def _add_up(key: str, which: str) -> None:
    """Add stored buckets up to others; their sketches here, since Postgres cannot."""
    connection = op.get_bind()
    pieces = {"key": key, "which": which}
    connection.exec_driver_sql(_ADD_UP.format(**pieces))
    found = connection.execute(sa.text(_SKETCHES.format(**pieces)), execution_options={"yield_per": 1_000})
    names = ("tenant", "metric", "granularity", "bucket", "dimensions")
    for columns, rows in groupby(found, key=lambda row: tuple(row)[:5]):
        union = hll_union(12)
        for row in rows:
            union.update(hll_sketch.deserialize(row.sketch))
        given = dict(zip(names, columns, strict=True)) | {"dimensions": json.dumps(columns[4])}
        sketch = bytes(union.get_result().serialize_compact())
        connection.execute(sa.text(_PUT_SKETCH), given | {"sketch": sketch})


def downgrade() -> None:
    op.execute("DROP TABLE customers_to_retell")
    for table, kept in (("journey_rollups", "'hour', 'day'"), ("metric_rollups", "'minute', 'hour', 'day'")):
        op.execute(f"DELETE FROM {table} WHERE granularity NOT IN ({kept})")  # noqa: S608 - names of our own
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {table}_granularity_check")
        op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {table}_granularity_check CHECK (granularity IN ({kept}))")
    op.execute("DELETE FROM metric_rollups WHERE metric LIKE '%#%'")
    op.execute("ALTER TABLE metric_rollups DROP COLUMN campaign")
    op.execute("DROP FUNCTION bucket_start")
