"""When a user last got a slot, so that among those with equally many the one served longest ago comes first."""

from alembic import op

revision = "0005_remember_who_was_served"
down_revision = "0004_mark_large_export_jobs"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE users ADD COLUMN served_at timestamptz")


def downgrade() -> None:
    op.execute("ALTER TABLE users DROP COLUMN served_at")
