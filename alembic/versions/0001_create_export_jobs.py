"""Create the users and the ledger of export jobs."""

from alembic import op

revision = "0001_create_export_jobs"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        CREATE TABLE users (
            id uuid PRIMARY KEY,
            owner_key text NOT NULL,
            email text,
            telegram_chat_id text,
            created_at timestamptz NOT NULL,
            seen_at timestamptz NOT NULL
        )""")
    op.execute("""
        CREATE TABLE export_jobs (
            id uuid PRIMARY KEY,
            type text NOT NULL CHECK (type IN ('export', 'report')),
            status text NOT NULL CHECK (status IN ('pending', 'running', 'completed', 'failed', 'cancelled')),
            attempt integer NOT NULL CHECK (attempt >= 1),
            forgiven integer NOT NULL CHECK (forgiven >= 0 AND forgiven <= attempt),
            requester uuid NOT NULL REFERENCES users (id),
            owner_key text NOT NULL,
            permissions text[] NOT NULL,
            dataset text NOT NULL,
            dataset_id uuid NOT NULL,
            format text NOT NULL,
            filters jsonb NOT NULL,
            options jsonb NOT NULL,
            recipients jsonb NOT NULL,
            metadata jsonb NOT NULL,
            progress jsonb NOT NULL,
            run_id text,
            error_code text,
            error_sentence text,
            error_fault text CHECK (error_fault IN ('requester', 'service')),
            created_at timestamptz NOT NULL,
            due_at timestamptz NOT NULL,
            dispatched_at timestamptz,
            started_at timestamptz,
            heartbeat_at timestamptz,
            completed_at timestamptz,
            expires_at timestamptz,
            triggered_by text NOT NULL,
            export_type text NOT NULL,
            tag_summary text[] NOT NULL,
            volume bigint,
            idempotency_key text,
            request_digest text,
            CHECK (status <> 'completed' OR (metadata ? 'sha256' AND expires_at IS NOT NULL)),
            CHECK (status <> 'failed' OR error_code IS NOT NULL)
        ) WITH (fillfactor = 70)""")
    op.execute("CREATE INDEX export_jobs_of_requester ON export_jobs (requester, created_at DESC, id DESC)")
    op.execute("""
        CREATE UNIQUE INDEX export_jobs_idempotency ON export_jobs (requester, idempotency_key)
        WHERE idempotency_key IS NOT NULL""")
    op.execute("""
        CREATE INDEX export_jobs_waiting ON export_jobs (requester, created_at, id)
        WHERE status = 'pending' AND dispatched_at IS NULL""")
    op.execute("""
        CREATE INDEX export_jobs_busy ON export_jobs (requester)
        WHERE status = 'running' OR (status = 'pending' AND dispatched_at IS NOT NULL)""")
    op.execute("CREATE INDEX export_jobs_completed ON export_jobs (completed_at DESC) WHERE status = 'completed'")


def downgrade() -> None:
    op.execute("DROP TABLE export_jobs")
    op.execute("DROP TABLE users")
