"""Metrics by label and by campaign alone, beside those by all dimensions; what users did is read from the key."""

from alembic import op

revision = "0020_read_fewer_pages"
down_revision = "0019_roll_up_by_tail"
branch_labels = None
depends_on = None

_OF_SUMS = "NOT IN (SELECT DISTINCT metric FROM metric_rollups WHERE sketch IS NOT NULL)"
_KEPT = """
    INSERT INTO metric_rollups (tenant, metric, granularity, bucket, dimensions, count, sum, min, max)
    SELECT
        tenant, metric || '#{0}', granularity, bucket, jsonb_build_object('{0}', dimensions ->> '{0}'),
        sum(count), sum(sum), min(min), max(max)
    FROM metric_rollups
    WHERE dimensions ->> '{0}' IS NOT NULL AND dimensions - '{0}' <> '{{}}'
        AND metric {1}
    GROUP BY 1, 2, 3, 4, 5
    ORDER BY 1, 2, 3, 4, 5
    ON CONFLICT DO NOTHING"""
_ALONE = ("label", "campaign")
_KEY = "ALTER TABLE activity_rollups DROP CONSTRAINT activity_rollups_pkey, ADD PRIMARY KEY "
_OF_KEY = "(granularity, bucket, actor, action)"


def upgrade() -> None:
    for dimension in _ALONE:
        op.execute(_KEPT.format(dimension, _OF_SUMS))
    # Rows of weeks and months lie far from each other, each in a page of its own, since they were first written among
    # those of hours. The key has all that is asked for, and has it in order.
    op.execute(f"{_KEY} {_OF_KEY} INCLUDE (entries, first_at, last_at)")


def downgrade() -> None:
    op.execute(f"{_KEY} {_OF_KEY}")
    op.execute(f"DELETE FROM metric_rollups WHERE metric ~ '#(label|campaign)$' AND metric {_OF_SUMS}")  # noqa: S608 - words of ours
