"""Schedules, and the tick ledger of their windows."""

from alembic import op

revision = "0010_create_schedules"
down_revision = "0009_create_destinations"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        CREATE TABLE schedules (
            id uuid PRIMARY KEY,
            user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
            name text NOT NULL,
            kind text NOT NULL CHECK (kind IN ('export', 'report')),
            body jsonb NOT NULL,
            formats text[] NOT NULL CHECK (cardinality(formats) > 0),
            cron text NOT NULL,
            timezone text NOT NULL,
            recipients jsonb NOT NULL,
            is_active boolean NOT NULL,
            catch_up text NOT NULL CHECK (catch_up IN ('one', 'all', 'none')),
            condition text NOT NULL CHECK (condition IN ('always', 'not_empty', 'changed')),
            key text[] NOT NULL,
            per_recipient boolean NOT NULL,
            expires_at timestamptz,
            created_at timestamptz NOT NULL,
            updated_at timestamptz NOT NULL,
            failures_in_row integer NOT NULL CHECK (failures_in_row >= 0),
            paused_reason text,
            planned_until timestamptz NOT NULL,
            next_due_at timestamptz
        )""")
    op.execute("CREATE INDEX schedules_due ON schedules (next_due_at) WHERE is_active")
    op.execute("CREATE INDEX schedules_newest ON schedules (created_at DESC, id DESC)")
    op.execute("CREATE INDEX schedules_of_user ON schedules (user_id, created_at DESC, id DESC)")
    # The key is what makes a window one: whoever plans it a second time finds it there.
    op.execute("""
        CREATE TABLE schedule_windows (
            schedule_id uuid NOT NULL REFERENCES schedules (id) ON DELETE CASCADE,
            due_at timestamptz NOT NULL,
            state text NOT NULL CHECK (state IN ('pending', 'ran', 'late', 'skipped', 'failed')),
            reason text,
            start_at timestamptz NOT NULL,
            by_hand boolean NOT NULL,
            is_late boolean NOT NULL DEFAULT false,
            started_at timestamptz,
            settled_at timestamptz,
            job_ids uuid[] NOT NULL DEFAULT '{}',
            withheld jsonb NOT NULL DEFAULT '{}',
            digests jsonb NOT NULL DEFAULT '{}',
            PRIMARY KEY (schedule_id, due_at)
        )""")
    op.execute("""
        CREATE INDEX schedule_windows_waiting ON schedule_windows (start_at)
        WHERE state = 'pending' AND started_at IS NULL""")
    op.execute("""
        CREATE INDEX schedule_windows_working ON schedule_windows (due_at)
        WHERE state = 'pending' AND started_at IS NOT NULL""")


def downgrade() -> None:
    op.execute("DROP TABLE schedule_windows")
    op.execute("DROP TABLE schedules")
