"""Buckets of quarter-hours, quarter-days, weeks and months beside those of minutes, hours and days."""

from itertools import groupby

import sqlalchemy as sa
from datasketches import hll_sketch, hll_union

from alembic import op

revision = "0019_keep_more_lengths"
down_revision = "0013_roll_up_ended_jobs"
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
_ADD_UP = """
    INSERT INTO metric_rollups (tenant, metric, granularity, bucket, dimensions, count, sum, min, max)
    SELECT tenant, metric, '{longer}', bucket_start('{longer}', bucket), dimensions, sum(count), sum(sum), min(min),
        max(max)
    FROM metric_rollups
    WHERE granularity = '{shorter}'
    GROUP BY tenant, metric, bucket_start('{longer}', bucket), dimensions"""
_SKETCHES = """
    SELECT tenant, metric, bucket_start('{longer}', bucket) AS start, dimensions_key, sketch
    FROM metric_rollups
    WHERE granularity = '{shorter}' AND sketch IS NOT NULL
    ORDER BY 1, 2, 3, 4"""
_PUT_SKETCH = """
    UPDATE metric_rollups SET sketch = :sketch
    WHERE tenant = :tenant AND metric = :metric AND granularity = '{longer}' AND bucket = :start
        AND dimensions_key = :dimensions_key"""


def upgrade() -> None:
    # A day in India is no whole day of UTC, a year has many days: with few buckets of more lengths, few rows are read.
    op.execute(_BUCKET_START)
    op.execute("ALTER TABLE metric_rollups DROP CONSTRAINT metric_rollups_granularity_check")
    op.execute(
        f"ALTER TABLE metric_rollups ADD CONSTRAINT metric_rollups_granularity_check CHECK (granularity IN ({_ALL}))"
    )
    for longer, shorter in _LONGER:
        op.execute(_ADD_UP.format(longer=longer, shorter=shorter))
        _merge_sketches(longer, shorter)
    # One campaign is read without the rows of all the others.
    op.execute(
        "ALTER TABLE metric_rollups "
        "ADD campaign text NOT NULL GENERATED ALWAYS AS (coalesce(dimensions ->> 'campaign', '')) STORED"
    )
    op.execute(
        "CREATE INDEX metric_rollups_of_campaign ON metric_rollups (tenant, metric, granularity, campaign, bucket)"
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


def _merge_sketches(longer: str, shorter: str) -> None:
    connection, put = op.get_bind(), sa.text(_PUT_SKETCH.format(longer=longer))
    wanted = sa.text(_SKETCHES.format(longer=longer, shorter=shorter))
    found = connection.execute(wanted, execution_options={"yield_per": 1_000})
    for key, rows in groupby(found, key=lambda row: tuple(row)[:4]):
        union = hll_union(12)
        for row in rows:
            union.update(hll_sketch.deserialize(row.sketch))
        names = ("tenant", "metric", "start", "dimensions_key")
        sketch = bytes(union.get_result().serialize_compact())
        connection.execute(put, dict(zip(names, key, strict=True)) | {"sketch": sketch})


def downgrade() -> None:
    op.execute("DROP TABLE customers_to_retell")
    for table, kept in (("journey_rollups", "'hour', 'day'"), ("metric_rollups", "'minute', 'hour', 'day'")):
        op.execute(f"DELETE FROM {table} WHERE granularity NOT IN ({kept})")  # noqa: S608 - names of our own
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {table}_granularity_check")
        op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {table}_granularity_check CHECK (granularity IN ({kept}))")
    op.execute("ALTER TABLE metric_rollups DROP COLUMN campaign")
    op.execute("DROP FUNCTION bucket_start")
