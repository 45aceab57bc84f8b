"""An export job that turned out to be large is marked, so that it waits for a place among the large ones."""

from alembic import op

revision = "0004_mark_large_export_jobs"
down_revision = "0003_create_audit_log"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE export_jobs ADD COLUMN is_large boolean NOT NULL DEFAULT false")
    op.execute("""
        CREATE INDEX export_jobs_waiting_large ON export_jobs (requester, created_at, id)
        WHERE status = 'pending' AND dispatched_at IS NULL AND is_large""")


def downgrade() -> None:
    op.execute("DROP INDEX export_jobs_waiting_large")
    op.execute("ALTER TABLE export_jobs DROP COLUMN is_large")
