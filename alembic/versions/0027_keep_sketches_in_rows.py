"""Sketches of customers stand in their rows: out of line, each takes as long to find as the row itself.

A sketch of many customers has two kilobytes, a little more than what Postgres moves out of line unless told otherwise.
"""

from alembic import op

revision = "0027_keep_sketches_in_rows"
down_revision = "0026_keep_labels_of_jobs"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE metric_rollups SET (toast_tuple_target = 8160)")
    # To write a value as it is leaves it where it is.
    op.execute("UPDATE metric_rollups SET sketch = sketch || ''::bytea WHERE octet_length(sketch) > 1500")


def downgrade() -> None:
    op.execute("ALTER TABLE metric_rollups RESET (toast_tuple_target)")
