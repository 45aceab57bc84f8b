"""The manifests of completed export jobs: as signed, and longer than their files."""

from alembic import op

revision = "0007_create_manifests"
down_revision = "0006_count_what_ended"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE manifests (
            job_id uuid PRIMARY KEY REFERENCES export_jobs (id) ON DELETE CASCADE,
            manifest json NOT NULL
        )
        """
    )


def downgrade() -> None:
    op.execute("DROP TABLE manifests")
