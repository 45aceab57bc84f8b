"""A level of the roll-ups that knows what data, destination and plan have in common, and quarters of hours of another.

The first has a fifth of the rows that `job` has of a month. The quarters are of `data_sent`: weeks of zones beside UTC
begin and end with some.
"""

from sqlalchemy import text

from alembic import op

revision = "0029_cross_three_facets"
down_revision = "0028_add_up_as_whole_numbers"
branch_labels = None
depends_on = None

_LEVEL, _PLACE = "data_sent_plan", 15
_LEVELS = ("all", "error", "sent", "data", "plan", "user", "job")
_LEVELS += ("data_error", "data_sent", "sent_plan", "data_plan", "user_sent", "user_plan", "user_data")
_GRAINS = ("day", "week", "month")
_WITH_QUARTERS = "data_sent"
_PLACES = {_WITH_QUARTERS: 9, _LEVEL: _PLACE}
_PARTS = (*((_LEVEL, grain) for grain in _GRAINS), (_WITH_QUARTERS, "quarter"))
_SUMS = ("completed", "failed", "cancelled", "rows", "bytes", "ran", "queue_us", "run_us")
_ADDED_UP = ", ".join(f"total_of(rollup.{name})" for name in _SUMS)
_KIND = f"""kind_id('{_LEVEL}', type => kind.type, dataset => kind.dataset, tags => kind.tags, format => kind.format,
                destinations => kind.destinations, list => kind.list, plan => kind.plan)"""
_LAST_BUCKETS = "(14, 'user_data')"
_HAS_QUARTERS = "levels.place <= 7"
_LAST_KIND = "kind_id('user_data', kind.user_id, kind.owner_key, kind.type, kind.dataset, kind.tags, kind.format)"
_FUNCTIONS = (
    ("rollup_buckets()", _LAST_BUCKETS, f"{_LAST_BUCKETS}, ({_PLACE}, '{_LEVEL}')"),
    ("rollup_buckets()", _HAS_QUARTERS, f"{_HAS_QUARTERS} OR levels.level = '{_WITH_QUARTERS}'"),
    ("crossing_kinds(job_kinds)", _LAST_KIND, f"{_LAST_KIND},\n        {_KIND}"),
    # Sums that stay whole numbers (migration 0028) make up for what a level more takes.
    ("roll_up_tail(integer)", "sum(figures.", "total_of(figures."),
)
"""What each function says before and after."""
_SEES = """
    (SELECT exports_may('MANAGE_EXPORTS', 'VIEW_INSIGHTS_ALL', 'EXPORT_ALL'))
    OR kind IN (SELECT unnest((SELECT exports_kinds())::integer[]))"""


def upgrade() -> None:
    # Until all of it is there nothing is rolled up, and no kind is made.
    op.execute("SELECT pg_advisory_xact_lock(hashtext('job_rollups'))")
    _allow((*_LEVELS, _LEVEL))
    op.execute(f"""
        CREATE TABLE job_rollups_{_LEVEL} PARTITION OF job_rollups FOR VALUES IN ('{_LEVEL}')
        PARTITION BY LIST (grain)""")
    _raise_wall(f"job_rollups_{_LEVEL}")
    for level, grain in _PARTS:
        _create_part(level, grain)
    for name, before, after in _FUNCTIONS:
        _change(name, before, after)
    op.execute(f"UPDATE job_kinds AS kind SET kinds = kinds || {_KIND} WHERE level = 'job'")  # noqa: S608 - words of ours
    for level, grain in _PARTS:
        _fill(level, grain)


def downgrade() -> None:
    op.execute("SELECT pg_advisory_xact_lock(hashtext('job_rollups'))")
    for name, before, after in _FUNCTIONS:
        _change(name, after, before)
    op.execute(f"DROP TABLE job_rollups_{_LEVEL}")
    op.execute(f"DROP TABLE job_rollups_{_WITH_QUARTERS}_quarter")
    op.execute(f"DELETE FROM job_kinds WHERE level = '{_LEVEL}'")  # noqa: S608 - words of ours
    op.execute(f"UPDATE job_kinds SET kinds = kinds[1:{_PLACE - 1}] WHERE level = 'job'")  # noqa: S608 - a number
    _allow(_LEVELS)


def _allow(levels: tuple[str, ...]) -> None:
    op.execute("ALTER TABLE job_kinds DROP CONSTRAINT job_kinds_level_check")
    op.execute(f"ALTER TABLE job_kinds ADD CONSTRAINT job_kinds_level_check CHECK (level IN {levels})")


def _create_part(level: str, grain: str) -> None:
    op.execute(f"""
        CREATE TABLE job_rollups_{level}_{grain} PARTITION OF job_rollups_{level} FOR VALUES IN ('{grain}')
        WITH (fillfactor = 80)""")
    _raise_wall(f"job_rollups_{level}_{grain}")


def _fill(level: str, grain: str) -> None:
    """Add up the roll-ups of `job`, as rows of the ledger may have been deleted since; in the order of time."""
    op.execute(f"""
        INSERT INTO job_rollups
        SELECT '{level}', '{grain}', rollup.bucket, kind.kinds[{_PLACES[level]}] AS crossed, {_ADDED_UP}
        FROM job_rollups AS rollup JOIN job_kinds AS kind ON kind.id = rollup.kind
        WHERE rollup.level = 'job' AND rollup.grain = '{grain}' GROUP BY rollup.bucket, crossed
        ORDER BY rollup.bucket, crossed""")  # noqa: S608 - words of ours


def _raise_wall(table: str) -> None:
    """The wall of the other roll-ups, as migration 0022 raised it."""
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"GRANT SELECT ON {table} TO exports_api")
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON {table} TO exports_pipeline")
    op.execute(f"CREATE POLICY pipeline ON {table} TO exports_pipeline USING (true) WITH CHECK (true)")
    op.execute(f"CREATE POLICY api_reads ON {table} FOR SELECT TO exports_api USING ({_SEES})")


def _change(function: str, before: str, after: str) -> None:
    """Have a function say something else; all the rest of it stays."""
    bind = op.get_bind()
    asked = text("SELECT pg_get_functiondef(CAST(:name AS regprocedure))")
    made: str = bind.execute(asked, {"name": function}).scalar_one()
    if before not in made:
        raise LookupError(f"{function} was changed by hand; make it say {before!r} again.")
    bind.exec_driver_sql(made.replace(before, after).replace("%", "%%"))
