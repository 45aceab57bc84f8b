"""Create the audit log."""

from alembic import op

revision = "0003_create_audit_log"
down_revision = "0002_create_deliveries"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        CREATE TABLE audit_log (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            at timestamptz NOT NULL,
            actor uuid NOT NULL,
            action text NOT NULL,
            job_id uuid,
            details jsonb NOT NULL
        )""")
    op.execute("CREATE INDEX audit_log_of_job ON audit_log (job_id, id)")
    op.execute("CREATE INDEX audit_log_of_actor ON audit_log (actor, id)")


def downgrade() -> None:
    op.execute("DROP TABLE audit_log")
