"""Note ended jobs in a tail, and roll it up by weeks, months and crossed facets, too.

`job_tail` has an entry for each job that ended since the last roll-up, and one with opposite signs where an end was
taken back by a retry: the exact figures at any moment are those of `job_rollups` and of `job_tail`, added up. The tail
names the kind of level `job`; `roll_up_tail` counts its entries at every level that `job_kinds.kinds` of it names.
Besides the quarter and the day there are now ISO weeks and months, and levels that know what two facets have in common.
"""

from pathlib import Path

from alembic import op

revision = "0019_roll_up_by_tail"
down_revision = "0018_keep_other_lengths"
branch_labels = None
depends_on = None

_SQL = Path(__file__).parents[1] / "sql"
_OLD_LEVELS = ("all", "error", "sent", "data", "plan", "user", "job")
_NEW_LEVELS = ("data_error", "data_sent", "sent_plan", "data_plan", "user_sent", "user_plan", "user_data")
_OLD_GRAINS, _NEW_GRAINS = ("quarter", "day"), ("week", "month")
_SUMS = ("completed", "failed", "cancelled", "rows", "bytes", "ran", "queue_us", "run_us")
_ADDED_UP = ", ".join(f"sum(rollup.{name})" for name in _SUMS)


def upgrade() -> None:
    _allow((*_OLD_LEVELS, *_NEW_LEVELS), (*_OLD_GRAINS, *_NEW_GRAINS))
    for level in _NEW_LEVELS:
        op.execute(f"""
            CREATE TABLE job_rollups_{level} PARTITION OF job_rollups FOR VALUES IN ('{level}')
            PARTITION BY LIST (grain)""")
        _create_part(level, "day")
    for level in (*_OLD_LEVELS, *_NEW_LEVELS):
        for grain in _NEW_GRAINS:
            _create_part(level, grain)
    op.execute("""
        CREATE TABLE job_tail (
            ended_at timestamptz NOT NULL,
            kind integer NOT NULL,
            completed bigint NOT NULL,
            failed bigint NOT NULL,
            cancelled bigint NOT NULL,
            rows bigint NOT NULL,
            bytes bigint NOT NULL,
            ran bigint NOT NULL,
            queue_us bigint NOT NULL,
            run_us bigint NOT NULL
        )""")
    # A question for many kinds went through it kind by kind, and every row of the roll-ups stood in it.
    op.execute("DROP INDEX job_rollups_of_kind")
    # The largest of some jobs are found in the index alone, but for tags and recipients.
    op.execute("DROP INDEX export_jobs_largest")
    op.execute("""
        CREATE INDEX export_jobs_largest
        ON export_jobs (volume DESC, completed_at, dataset, format, requester,
                        (coalesce(metadata #>> '{labels,plan}', '')), (coalesce(metadata #>> '{labels,list}', '')))
        WHERE status = 'completed'""")
    op.execute("DROP FUNCTION rollups_of")
    _run("roll_up_by_tail.sql")
    op.execute("UPDATE job_kinds AS kind SET kinds = kinds || crossing_kinds(kind) WHERE level = 'job'")
    # From the roll-ups, not from the ledger: rows of it may have been deleted since they were counted. In the order of
    # time, in which they are asked for.
    for place, level in enumerate(_NEW_LEVELS, len(_OLD_LEVELS) + 1):
        op.execute(f"""
            INSERT INTO job_rollups
            SELECT '{level}', 'day', rollup.bucket, kind.kinds[{place}] AS crossed, {_ADDED_UP}
            FROM job_rollups AS rollup JOIN job_kinds AS kind ON kind.id = rollup.kind
            WHERE rollup.level = 'job' AND rollup.grain = 'day' GROUP BY rollup.bucket, crossed
            ORDER BY rollup.bucket, crossed""")  # noqa: S608 - words of ours
    for grain in _NEW_GRAINS:
        op.execute(f"""
            INSERT INTO job_rollups
            SELECT rollup.level, '{grain}', bucket_of('{grain}', rollup.bucket) AS begins, rollup.kind, {_ADDED_UP},
                   sum_counts(rollup.queue_counts), sum_counts(rollup.run_counts)
            FROM job_rollups AS rollup WHERE rollup.grain = 'day'
            GROUP BY rollup.level, begins, rollup.kind ORDER BY rollup.level, begins, rollup.kind""")  # noqa: S608 - words of ours
    _roll_up_activity()


def downgrade() -> None:
    op.execute("DELETE FROM activity_rollups WHERE granularity NOT IN ('hour', 'day')")
    op.execute("ALTER TABLE activity_rollups DROP CONSTRAINT activity_rollups_granularity_check")
    op.execute("ALTER TABLE activity_rollups ADD CHECK (granularity IN ('hour', 'day'))")
    op.execute("SELECT roll_up_tail(2147483647)")
    op.execute("DROP FUNCTION roll_up_tail, add_to_rollups, rollups_of, tail_of, crossing_kinds, bucket_of")
    op.execute("DROP FUNCTION rollup_buckets")
    op.execute("DROP TABLE job_tail")
    for level in _NEW_LEVELS:
        op.execute(f"DROP TABLE job_rollups_{level}")
    for level in _OLD_LEVELS:
        for grain in _NEW_GRAINS:
            op.execute(f"DROP TABLE job_rollups_{level}_{grain}")
    op.execute(f"DELETE FROM job_kinds WHERE level = ANY ('{{{','.join(_NEW_LEVELS)}}}')")  # noqa: S608 - words of ours
    op.execute(f"UPDATE job_kinds SET kinds = kinds[1:{len(_OLD_LEVELS)}] WHERE level = 'job'")  # noqa: S608 - a number
    _allow(_OLD_LEVELS, _OLD_GRAINS)
    op.execute("CREATE INDEX job_rollups_of_kind ON job_rollups (kind, bucket)")
    op.execute("DROP INDEX export_jobs_largest")
    op.execute("CREATE INDEX export_jobs_largest ON export_jobs (volume DESC) WHERE status = 'completed'")
    # The functions as they were; their file makes all of them, so that none may be there.
    op.execute("DROP FUNCTION roll_up_job, roll_up_opening CASCADE")
    op.execute("DROP FUNCTION openings_of")
    op.execute("DROP AGGREGATE sum_counts(integer[])")
    op.execute("DROP FUNCTION add_counts, seconds_counts, kinds_of, kind_id, kind_digest")
    _run("roll_up_ended_jobs.sql")
    op.execute("""
        CREATE TRIGGER roll_up AFTER UPDATE OF status ON export_jobs FOR EACH ROW
        WHEN (OLD.status <> NEW.status AND (OLD.status IN ('completed', 'failed', 'cancelled')
                                            OR NEW.status IN ('completed', 'failed', 'cancelled')))
        EXECUTE FUNCTION roll_up_job()""")
    op.execute("""
        CREATE TRIGGER roll_up AFTER INSERT ON audit_log FOR EACH ROW
        WHEN (NEW.action IN ('link.opened', 'export.download_link'))
        EXECUTE FUNCTION roll_up_opening()""")


def _roll_up_activity() -> None:
    """Weeks and months of what users did, and of each granularity rows for all their actions together."""
    op.execute("ALTER TABLE activity_rollups DROP CONSTRAINT activity_rollups_granularity_check")
    op.execute("ALTER TABLE activity_rollups ADD CHECK (granularity ~ '^(any )?(hour|day|week|month)$')")
    for length in _NEW_GRAINS:
        op.execute(f"""
            INSERT INTO activity_rollups
            SELECT '{length}', date_trunc('{length}', bucket, 'UTC') AS begins, actor, action, sum(entries),
                   min(first_at), max(last_at)
            FROM activity_rollups WHERE granularity = 'day' GROUP BY begins, actor, action""")  # noqa: S608 - words of ours
    op.execute("""
        INSERT INTO activity_rollups
        SELECT 'any ' || granularity, bucket, actor, '', sum(entries), min(first_at), max(last_at)
        FROM activity_rollups GROUP BY granularity, bucket, actor""")


def _allow(levels: tuple[str, ...], grains: tuple[str, ...]) -> None:
    for table, column, words in (("job_kinds", "level", levels), ("job_rollups", "grain", grains)):
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {table}_{column}_check")
        op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {table}_{column}_check CHECK ({column} IN {words})")


def _create_part(level: str, grain: str) -> None:
    op.execute(f"""
        CREATE TABLE job_rollups_{level}_{grain} PARTITION OF job_rollups_{level} FOR VALUES IN ('{grain}')
        WITH (fillfactor = 80)""")


def _run(name: str) -> None:
    op.get_bind().connection.cursor().execute((_SQL / name).read_text(encoding="utf-8"))
