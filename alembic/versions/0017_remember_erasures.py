"""The journal of erasures: what was asked, how far it is, and what was counted on the way."""

from alembic import op

revision = "0017_remember_erasures"
down_revision = "0016_chain_the_audit_log"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        CREATE TABLE erasures (
            id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
            user_id uuid NOT NULL,
            asked_by uuid NOT NULL,
            began_at timestamptz NOT NULL,
            counts jsonb NOT NULL DEFAULT '{}',
            digests jsonb NOT NULL DEFAULT '{}',
            erased_at timestamptz,
            certified_at timestamptz
        )""")
    # One at a time: whoever asks while one is under way goes on with it.
    op.execute("CREATE UNIQUE INDEX erasures_under_way ON erasures (user_id) WHERE certified_at IS NULL")
    op.execute("CREATE INDEX erasures_of_user ON erasures (user_id, began_at)")


def downgrade() -> None:
    op.execute("DROP TABLE erasures")
