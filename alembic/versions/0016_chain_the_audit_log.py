"""The audit log in months, append-only, with its personal part apart and a chain of hashes over its entries."""

from pathlib import Path

from alembic import op

revision = "0016_chain_the_audit_log"
down_revision = "0015_create_api_keys"
branch_labels = None
depends_on = None

_FUNCTIONS = Path(__file__).parents[1] / "sql"
_SEALED_AT_ONCE = 100_000
_NAMES = ("audit_guard", "audit_entries", "audit_sealing", "audit_months", "audit_erasure")
"""Files of functions, in the order they need each other."""


def upgrade() -> None:
    op.execute("DROP TRIGGER note_activity ON audit_log")
    op.execute("DROP TRIGGER roll_up ON audit_log")
    op.execute("ALTER TABLE audit_log RENAME TO audit_log_before")
    op.execute("ALTER SEQUENCE audit_log_id_seq RENAME TO audit_log_before_id_seq")
    op.execute("DROP INDEX audit_log_of_job, audit_log_of_actor, audit_log_by_time")
    op.execute("ALTER TABLE audit_log_before RENAME CONSTRAINT audit_log_pkey TO audit_log_before_pkey")
    _create_tables()
    _create_functions()
    months = op.get_bind().exec_driver_sql(
        "SELECT date_trunc('month', at, 'UTC') FROM audit_log_before UNION "
        "SELECT date_trunc('month', now(), 'UTC') + ahead * INTERVAL '1 month' FROM generate_series(0, 3) AS ahead"
    )
    for (month,) in months.all():
        op.execute(f"SELECT make_audit_month('{month:%Y-%m-%d}')")
    op.execute("""
        INSERT INTO audit_log (id, at, actor, action, job_id, details, salt, personal_digest)
        SELECT before.id, before.at, before.actor, before.action, before.job_id, before.details, salted.salt,
               sha256(salted.salt || convert_to('[null, null, null]', 'UTF8'))
        FROM audit_log_before AS before
        CROSS JOIN LATERAL (SELECT uuid_send(gen_random_uuid()) AS salt WHERE before.id IS NOT NULL) AS salted""")
    op.execute("SELECT setval('audit_log_id_seq', (SELECT coalesce(max(id), 0) + 1 FROM audit_log), false)")
    op.execute("INSERT INTO audit_unsealed (id, at) SELECT id, at FROM audit_log ORDER BY id")
    _roll_up_openings_of("jsonb_populate_record(CAST(NULL AS audit_log), to_jsonb(NEW))")
    op.execute("DROP TABLE audit_log_before")
    _create_triggers()
    while op.get_bind().exec_driver_sql(f"SELECT seal_audit_log({_SEALED_AT_ONCE})").scalar_one():
        pass


def _create_tables() -> None:
    # The sequence is plain: identity columns of partitioned tables came with Postgres 17.
    op.execute("CREATE SEQUENCE audit_log_id_seq")
    op.execute("""
        CREATE TABLE audit_log (
            id bigint NOT NULL,
            at timestamptz NOT NULL,
            actor uuid NOT NULL,
            subject uuid,
            service uuid,
            key_id uuid,
            action text NOT NULL,
            entity_type text NOT NULL DEFAULT '',
            entity_id text NOT NULL DEFAULT '',
            job_id uuid,
            before jsonb,
            after jsonb,
            details jsonb NOT NULL DEFAULT '{}',
            outcome text NOT NULL DEFAULT 'ok',
            request_id text NOT NULL DEFAULT '',
            address text,
            agent text,
            personal jsonb,
            salt bytea,
            personal_digest bytea NOT NULL,
            PRIMARY KEY (at, id)
        ) PARTITION BY RANGE (at)""")
    op.execute("ALTER SEQUENCE audit_log_id_seq OWNED BY audit_log.id")
    op.execute("CREATE INDEX audit_log_of_job ON audit_log (job_id, id)")
    op.execute("CREATE INDEX audit_log_of_actor ON audit_log (actor, at, id)")
    op.execute("CREATE INDEX audit_log_of_subject ON audit_log (subject, at, id) WHERE subject IS NOT NULL")
    op.execute("CREATE INDEX audit_log_of_action ON audit_log (action text_pattern_ops, at, id)")
    op.execute("CREATE INDEX audit_log_of_entity ON audit_log (entity_type, at, id)")
    op.execute("CREATE INDEX audit_log_not_ok ON audit_log (outcome, at, id) WHERE outcome <> 'ok'")
    # What happens at a time that no month is made for is kept all the same.
    op.execute("CREATE TABLE audit_log_default PARTITION OF audit_log DEFAULT")
    # Entries that are committed, or about to be, and have no seal yet: writers append to it and never meet in it.
    op.execute("CREATE TABLE audit_unsealed (id bigint NOT NULL, at timestamptz NOT NULL)")
    op.execute("""
        CREATE TABLE audit_seals (
            sequence bigint PRIMARY KEY,
            entry_id bigint NOT NULL UNIQUE,
            at timestamptz NOT NULL,
            digest bytea NOT NULL,
            previous_hash bytea NOT NULL,
            hash bytea NOT NULL
        )""")
    # Where the chain begins after a month was dropped: the last seal that went with it.
    op.execute("""
        CREATE TABLE audit_anchors (
            month date PRIMARY KEY,
            sequence bigint NOT NULL,
            hash bytea NOT NULL,
            entries bigint NOT NULL,
            dropped_at timestamptz NOT NULL
        )""")
    op.execute("REVOKE ALL ON audit_log, audit_log_default, audit_unsealed, audit_seals, audit_anchors FROM PUBLIC")


def _create_functions() -> None:
    (schema,) = op.get_bind().exec_driver_sql("SELECT quote_ident(current_schema())").one()
    for name in _NAMES:
        # pg_temp last: whoever calls must not put tables of their own in front of ours.
        statement = (_FUNCTIONS / f"{name}.sql").read_text().replace("SEARCHED", f"{schema}, pg_temp")
        op.get_bind().connection.driver_connection.execute(statement)  # several statements, and signs of percent


def _roll_up_openings_of(entry: str) -> None:
    """Make the functions of migration 0013 anew, which take a row of the table; a partition's is of another type."""
    functions = (_FUNCTIONS / "roll_up_ended_jobs.sql").read_text(encoding="utf-8")
    op.execute("DROP FUNCTION roll_up_opening, openings_of")
    of_openings = functions[functions.index("CREATE FUNCTION openings_of") :].replace(
        "openings_of(NEW)", f"openings_of({entry})"
    )
    op.get_bind().connection.driver_connection.execute(of_openings)


def _follow_entries() -> None:
    """What reads along, as migrations 0012 and 0013 made it."""
    op.execute("""
        CREATE TRIGGER note_activity AFTER INSERT ON audit_log REFERENCING NEW TABLE AS entered
        FOR EACH STATEMENT EXECUTE FUNCTION note_activity()""")
    op.execute("""
        CREATE TRIGGER roll_up AFTER INSERT ON audit_log FOR EACH ROW
        WHEN (NEW.action IN ('link.opened', 'export.download_link'))
        EXECUTE FUNCTION roll_up_opening()""")


def _create_triggers() -> None:
    for table in ("audit_log", "audit_seals", "audit_anchors"):
        op.execute(f"""
            CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION refuse_audit_change()""")
    for table in ("audit_log", "audit_log_default", "audit_seals", "audit_anchors"):
        op.execute(f"""
            CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()""")
    op.execute("""
        CREATE TRIGGER complete_entry BEFORE INSERT ON audit_log
        FOR EACH ROW EXECUTE FUNCTION complete_audit_entry()""")
    op.execute("""
        CREATE TRIGGER await_seal AFTER INSERT ON audit_log REFERENCING NEW TABLE AS entered
        FOR EACH STATEMENT EXECUTE FUNCTION await_audit_seal()""")
    _follow_entries()


def downgrade() -> None:
    op.execute("ALTER TABLE audit_log RENAME TO audit_log_chained")
    op.execute("ALTER SEQUENCE audit_log_id_seq RENAME TO audit_log_chained_id_seq")
    op.execute("""
        CREATE TABLE audit_log (
            id bigint GENERATED ALWAYS AS IDENTITY,
            at timestamptz NOT NULL,
            actor uuid NOT NULL,
            action text NOT NULL,
            job_id uuid,
            details jsonb NOT NULL
        )""")
    op.execute("""
        INSERT INTO audit_log (id, at, actor, action, job_id, details) OVERRIDING SYSTEM VALUE
        SELECT id, at, actor, action, job_id, details FROM audit_log_chained""")
    op.execute("""
        SELECT setval(pg_get_serial_sequence('audit_log', 'id'), (
            SELECT coalesce(max(id), 0) + 1 FROM audit_log), false)
    """)
    op.execute("DROP TRIGGER roll_up ON audit_log_chained")
    _roll_up_openings_of("NEW")
    op.execute("DROP TABLE audit_log_chained, audit_unsealed, audit_seals, audit_anchors")
    op.execute("DROP AGGREGATE audit_chain(bytea, bytea)")
    op.execute(
        "DROP FUNCTION seal_audit_log, make_audit_month, drop_audit_month, erase_audit_person, complete_audit_entry, "
        "await_audit_seal, refuse_audit_change, audit_link"
    )
    op.execute("ALTER TABLE audit_log ADD PRIMARY KEY (id)")
    op.execute("CREATE INDEX audit_log_of_job ON audit_log (job_id, id)")
    op.execute("CREATE INDEX audit_log_of_actor ON audit_log (actor, id)")
    op.execute("CREATE INDEX audit_log_by_time ON audit_log (at)")
    _follow_entries()
