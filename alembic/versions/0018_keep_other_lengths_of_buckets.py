"""Buckets of quarter-hours in place of minutes, and months beside hours and days; metrics told apart by less."""

import json
from itertools import groupby

import sqlalchemy as sa
from datasketches import hll_sketch, hll_union

from alembic import op

revision = "0018_keep_other_lengths"
down_revision = "0017_remember_erasures"
branch_labels = None
depends_on = None

_LONGER = (
    ("quarter_hour", "minute"),
    ("month", "day"),
)
_ALL = "'quarter_hour', 'hour', 'day', 'month'"
_BUCKET_START = """
CREATE FUNCTION bucket_start(granularity text, at timestamptz) RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE RETURN CASE granularity
    WHEN 'quarter_hour' THEN date_bin('15 minutes', at, '2000-01-03 00:00Z')
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
    # A day in India is no whole day of UTC, but whole quarters of hours; a year has many days, but few months.
    op.execute(_BUCKET_START)
    op.execute("ALTER TABLE metric_rollups DROP CONSTRAINT metric_rollups_granularity_check")
    # The same metrics told apart by less, so that a question about all campaigns at once reads a row and not many.
    _add_up("tenant, metric || '#', granularity, bucket, CAST('{}' AS jsonb)", "dimensions <> '{}'")
    _add_up(
        "tenant, metric || '#campaign', granularity, bucket, jsonb_build_object('campaign', dimensions ->> 'campaign')",
        f"{_COUNTING} AND {_BY_CAMPAIGN}",
    )
    for longer, shorter in _LONGER:
        start = f"bucket_start('{longer}', bucket)"
        _add_up(f"tenant, metric, '{longer}', {start}, dimensions", f"granularity = '{shorter}'")
    op.execute("DELETE FROM metric_rollups WHERE granularity = 'minute'")
    op.execute(
        f"ALTER TABLE metric_rollups ADD CONSTRAINT metric_rollups_granularity_check CHECK (granularity IN ({_ALL}))"
    )
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
        SELECT tenant, campaign, 'quarter_hour', bucket_start('quarter_hour', times[1]), segment, step, count(*)
        FROM journeys
        CROSS JOIN generate_series(1, cardinality(times)) AS step
        GROUP BY tenant, campaign, bucket_start('quarter_hour', times[1]), segment, step""")
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
    # The rows of a quarter of an hour stand in its first minute from now on: the sums of any zone of today are right.
    op.execute("ALTER TABLE metric_rollups DROP CONSTRAINT metric_rollups_granularity_check")
    op.execute("UPDATE metric_rollups SET granularity = 'minute' WHERE granularity = 'quarter_hour'")
    op.execute("ALTER TABLE journey_rollups DROP CONSTRAINT journey_rollups_granularity_check")
    for table, kept in (("journey_rollups", "'hour', 'day'"), ("metric_rollups", "'minute', 'hour', 'day'")):
        op.execute(f"DELETE FROM {table} WHERE granularity NOT IN ({kept})")  # noqa: S608 - names of our own
        op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {table}_granularity_check CHECK (granularity IN ({kept}))")
    op.execute("DELETE FROM metric_rollups WHERE metric LIKE '%#%'")
    op.execute("ALTER TABLE metric_rollups DROP COLUMN campaign")
    op.execute("DROP FUNCTION bucket_start")
