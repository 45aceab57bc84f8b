"""List and plan of a job as columns: behind the second wall an index finds a column, and no part of a document.

Row-level security lets Postgres look at a row only after the policy has, unless what looks is known to tell nothing of
the row (LEAKPROOF): comparing texts is, reading JSON is not.
"""

from alembic import op

revision = "0026_keep_labels_of_jobs"
down_revision = "0025_keep_six_hours"
branch_labels = None
depends_on = None

_PART = "coalesce(metadata #>> '{{labels,{}}}', '')"


def upgrade() -> None:
    columns = ", ".join(
        f"ADD COLUMN {name} text NOT NULL GENERATED ALWAYS AS ({_PART.format(name)}) STORED"
        for name in ("list", "plan")
    )
    op.execute(f"ALTER TABLE export_jobs {columns}")
    _index("plan, list")


def downgrade() -> None:
    _index(f"({_PART.format('plan')}), ({_PART.format('list')})")
    op.execute("ALTER TABLE export_jobs DROP COLUMN list, DROP COLUMN plan")


def _index(labels: str) -> None:
    op.execute("DROP INDEX export_jobs_largest")
    op.execute(f"""
        CREATE INDEX export_jobs_largest
        ON export_jobs (volume DESC, completed_at, dataset, format, requester, {labels})
        WHERE status = 'completed'""")
