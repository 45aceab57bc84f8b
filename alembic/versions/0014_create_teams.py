"""Roles of users, teams, and what is shared with them."""

from alembic import op

revision = "0014_create_teams"
down_revision = "0013_roll_up_ended_jobs"
branch_labels = None
depends_on = None

_SHARED = ("export_jobs", "schedules", "destinations")


def upgrade() -> None:
    # What the last token named; NULL where it named no roles, as no token did before.
    op.execute("ALTER TABLE users ADD COLUMN claimed_roles text[]")
    op.execute("ALTER TABLE users ADD COLUMN roles text[] NOT NULL DEFAULT '{}'")
    op.execute("CREATE INDEX users_newest ON users (created_at DESC, id DESC)")
    op.execute("""
        CREATE TABLE teams (
            id uuid PRIMARY KEY,
            name text NOT NULL UNIQUE,
            created_at timestamptz NOT NULL
        )""")
    op.execute("""
        CREATE TABLE team_members (
            team_id uuid REFERENCES teams ON DELETE CASCADE,
            user_id uuid REFERENCES users ON DELETE CASCADE,
            is_lead boolean NOT NULL,
            PRIMARY KEY (team_id, user_id)
        )""")
    op.execute("CREATE INDEX team_members_of_user ON team_members (user_id)")
    # Beside the row, not in a table of shares: whoever reads a job learns in the same statement who may see it.
    for table in _SHARED:
        op.execute(f"ALTER TABLE {table} ADD COLUMN shared_with uuid[] NOT NULL DEFAULT '{{}}'")
        op.execute(f"CREATE INDEX {table}_shared ON {table} USING gin (shared_with) WHERE shared_with <> '{{}}'")


def downgrade() -> None:
    for table in _SHARED:
        op.execute(f"ALTER TABLE {table} DROP COLUMN shared_with")
    op.execute("DROP TABLE team_members, teams")
    op.execute("DROP INDEX users_newest")
    op.execute("ALTER TABLE users DROP COLUMN roles, DROP COLUMN claimed_roles")
