"""Ann has the API's own connection and writes SQL; she finds nothing of Bob's, in any table that there is."""

from datetime import timedelta

import psycopg
import pytest
from sqlalchemy import text

from exports_pipeline.adapters.acting import NOBODY, Acting, act_as
from exports_pipeline.adapters.user_store import PostgresUserStore
from exports_pipeline.core.catalog import user_id
from exports_pipeline_tests.acting import REFUSED, acting
from exports_pipeline_tests.builders import requester
from exports_pipeline_tests.every_table import TEAM
from exports_pipeline_tests.fakes.clock import NOON

LATER = NOON + timedelta(hours=1)
ANN, BOB = requester("ann"), requester("bob")
MANAGER = requester("ann", "MANAGE_EXPORTS", "VIEW_AUDIT")
OPEN = {"alembic_version"}
"""Tables that hold nothing of anybody."""
OF_EVERYBODY = {"job_totals", "delivery_totals", "seconds_totals", "journey_definition"}
"""Tables whose rows are nobody's; the API has no business with them."""
OF_PIPELINE = {"customers_to_retell", "erasures", "audit_anchors", "audit_unsealed"}
"""Tables that a user has no business with, though they tell of users."""
TABLES = """
    SELECT relname, relrowsecurity, relispartition, relkind IN ('r', 'p') AS is_table FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f') ORDER BY relname"""
COLUMNS = """
    SELECT attname FROM pg_attribute WHERE attrelid = CAST(:table AS regclass) AND attnum > 0 AND NOT attisdropped
    AND attgenerated = '' ORDER BY attnum"""
DEFINERS = {
    "exports_kinds",
    "exports_teams",
    "place_of_job",
    "queue_counts",
    "queue_outlook",
    "is_active_user",
    "make_event_month",
}


@pytest.fixture
def tables(engine):
    """Everything in the schema that has rows."""
    with engine.connect() as connection:
        return connection.execute(text(TABLES)).all()


@pytest.fixture
def as_ann(walled):
    """Runs a statement as the API does when Ann asks: the result, or the code of the refusal."""
    return acting(walled, ANN)


def count(table):
    return f'SELECT count(*) FROM "{table}"'


def test_every_table_has_policies_or_is_known_to_hold_nothing_of_anybody(tables):
    assert {each.relname for each in tables if each.is_table and not each.relrowsecurity} == OPEN


def test_every_table_has_something_of_bobs(bobs, tables, engine):
    """Or the tests below would find nothing because there is nothing: a new table belongs into every_table.py."""
    with engine.connect() as connection:
        empty = {
            each.relname
            for each in tables
            if each.is_table and not each.relispartition and not connection.execute(text(count(each.relname))).scalar()
        }
    assert empty == set()


def test_what_ann_reads_is_nothing_of_bobs(bobs, tables, as_ann):
    for each in tables:
        assert as_ann(count(each.relname)) in ([(0,)], REFUSED), each.relname


def test_bob_and_those_who_manage_read_what_is_theirs_to_read(bobs, tables, walled):
    """The control: the walls stand where they should, and not everywhere."""
    as_bob, as_manager = acting(walled, BOB), acting(walled, MANAGER)
    whole = {each.relname for each in tables if each.is_table and not each.relispartition}
    mine = {table for table in whole if as_bob(count(table)) not in ([(0,)], REFUSED)}
    assert mine == whole - OPEN - OF_EVERYBODY - OF_PIPELINE
    of_others = {each.relname for each in tables if as_manager(count(each.relname)) not in ([(0,)], REFUSED)}
    assert of_others >= {"users", "export_jobs", "deliveries", "links", "audit_log", "job_rollups", "schedules"}
    assert of_others & {"telegram_invitations", "analytics_events", "metric_rollups"} == set()


def test_nobody_reads_nothing(bobs, tables, walled):
    as_nobody = acting(walled, None)
    for each in tables:
        assert as_nobody(count(each.relname)) in ([(0,)], REFUSED), each.relname


def test_ann_changes_and_deletes_nothing_of_bobs(bobs, tables, as_ann, engine):
    for each in (each for each in tables if each.is_table):
        with engine.connect() as connection:
            columns = connection.execute(text(COLUMNS), {"table": each.relname}).scalars().all()
        assert as_ann(f'DELETE FROM "{each.relname}"') in (0, REFUSED), each.relname
        assert as_ann(f'TRUNCATE "{each.relname}" CASCADE') == REFUSED, each.relname
        for column in columns:
            assert as_ann(f'UPDATE "{each.relname}" SET "{column}" = DEFAULT') in (0, REFUSED, "428C9"), each.relname


def test_ann_writes_nothing_in_bobs_name(bobs, tables, as_ann, engine):
    for each in tables:
        if not each.is_table or each.relispartition:
            continue
        with engine.connect() as connection:
            columns = ", ".join(connection.execute(text(COLUMNS), {"table": each.relname}).scalars())
            row = connection.execute(text(f"SELECT to_jsonb(t)::text FROM {each.relname} AS t LIMIT 1")).scalar_one()
        copied = (
            f"INSERT INTO {each.relname} ({columns}) OVERRIDING SYSTEM VALUE "
            f"SELECT {columns} FROM jsonb_populate_record(NULL::{each.relname}, CAST(:row AS jsonb))"
        )
        assert as_ann(copied, {"row": row}) == REFUSED, each.relname


@pytest.mark.parametrize(
    "statement",
    [
        "SET ROLE exports_pipeline",
        "SET ROLE exports",
        "SET SESSION AUTHORIZATION exports",
        "RESET ROLE; SET ROLE exports_pipeline",
        "SET row_security = off; SELECT * FROM export_jobs",
        "ALTER TABLE export_jobs DISABLE ROW LEVEL SECURITY",
        "CREATE POLICY mine ON export_jobs TO exports_api USING (true)",
        "DROP POLICY api_reads ON export_jobs",
        "GRANT exports_pipeline TO exports_api",
        "ALTER ROLE exports_api BYPASSRLS",
        "CREATE TABLE mine (x int)",
        "CREATE SCHEMA mine",
        "CREATE FUNCTION public.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE TRIGGER mine BEFORE INSERT ON export_jobs EXECUTE FUNCTION note_activity()",
        "DROP TABLE export_jobs CASCADE",
        "DROP FUNCTION queue_counts",
        "SELECT * FROM pg_statistic",
        "SELECT * FROM pg_authid",
        "COPY export_jobs TO PROGRAM 'cat'",
        "COPY export_jobs FROM STDIN",
        "SELECT pg_read_file('postgresql.conf')",
        "SELECT lo_import('/etc/passwd')",
        "SELECT * FROM place_in_queue(gen_random_uuid())",
        "SELECT seal_audit_log(1)",
        "SELECT make_audit_month('2031-01-01')",
        "SELECT drop_audit_month('2020-01-01', now())",
        "SELECT erase_audit_person(gen_random_uuid(), gen_random_uuid(), now())",
        "UPDATE users SET roles = '{administrator}'",
        "UPDATE api_keys SET act_for = '{bob}'",
        "INSERT INTO team_members SELECT id, (exports_me())[1], true FROM teams",
        "SELECT set_config('session_replication_role', 'replica', true)",
        "SELECT * FROM dagster.runs",
    ],
)
def test_ann_gets_no_further(bobs, as_ann, statement):
    assert as_ann(statement) in {REFUSED, "0A000", "3F000", "42P01"}


def test_copies_statistics_and_plans_tell_ann_nothing_of_bobs(bobs, tables, engine, walled, as_ann):
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
    assert as_ann("SELECT count(*) FROM pg_stats WHERE schemaname = 'public'") == [(0,)]
    assert as_ann("SELECT count(*) FROM pg_stats_ext_exprs") == [(0,)]
    act_as(Acting.of(ANN))
    with walled.connect() as connection:
        driver = connection.connection.driver_connection
        for each in ("export_jobs", "audit_log", "destinations", "metric_rollups"):
            with driver.cursor() as cursor, cursor.copy(f"COPY (SELECT * FROM {each}) TO STDOUT") as lines:
                assert list(lines) == []
            with driver.cursor() as cursor, cursor.copy(f"COPY {each} TO STDOUT") as lines:
                assert list(lines) == []
    act_as(NOBODY)


def test_a_function_of_anns_is_never_shown_a_row_of_bobs(bobs, logins):
    """Conditions that may tell what they see come after the policies, however cheap they say they are."""
    leak = (
        "CREATE FUNCTION pg_temp.leak(anything text) RETURNS bool LANGUAGE plpgsql COST 0.0000001 AS "
        "$$ BEGIN RAISE NOTICE 'seen %', anything; RETURN true; END $$"
    )
    heard = []
    with psycopg.connect(logins("exports_api"), autocommit=True) as connection:
        connection.add_notice_handler(lambda notice: heard.append(notice.message_primary))
        connection.execute("SELECT set_config('exports.users', %s, false)", [f"{{{ANN.user_id}}}"])
        connection.execute(leak)
        for column, table in (("dataset", "export_jobs"), ("address", "deliveries"), ("email", "users")):
            connection.execute(f"SELECT 1 FROM {table} WHERE pg_temp.leak({column})")
            connection.execute(f"SELECT 1 FROM {table} WHERE length({column}) / 0 = 1")
    assert heard == []


def test_functions_that_see_everything_are_few_and_tell_nothing_of_bob(bobs, as_ann, walled):
    _, waiting = bobs
    definers = as_ann(
        "SELECT proname FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace "
        "AND prorettype <> 'trigger'::regtype AND has_function_privilege(oid, 'execute')"
    )
    assert {name for (name,) in definers} == DEFINERS
    place = "SELECT place FROM place_of_job(:job)"
    assert (as_ann(place, {"job": waiting}), acting(walled, BOB)(place, {"job": waiting})) == ([], [(1,)])
    counts = "SELECT own, everybody FROM queue_counts(:user, 10, 10)"
    assert as_ann(counts, {"user": BOB.user_id}) == [(0, 1)]
    assert as_ann("SELECT is_active_user(:user)", {"user": user_id("nobody")}) == [(False,)]
    outlook = "SELECT wait_s FROM queue_outlook(:user, 'csv', 1)"
    assert as_ann(outlook, {"user": BOB.user_id}) == as_ann(outlook, {"user": ANN.user_id})


def test_who_acts_is_told_when_it_is_somebody_else_and_not_again(walled, engine):
    last = text("SELECT query LIKE '%set_config%' FROM pg_stat_activity WHERE pid = :pid")
    told = []
    for who in (ANN, ANN, BOB, None, None, ANN):
        act_as(Acting.of(who) if who else NOBODY)
        with walled.connect() as lent, engine.connect() as beside:
            pid = lent.connection.driver_connection.info.backend_pid
            is_told = beside.execute(last, {"pid": pid}).scalar_one()
            told.append((is_told, lent.execute(text("SELECT exports_me()")).scalar_one()))
    act_as(NOBODY)
    ann, bob = [ANN.user_id], [BOB.user_id]
    assert told == [(True, ann), (False, ann), (True, bob), (True, []), (False, []), (True, ann)]


def test_what_is_shared_with_a_team_is_seen_by_its_members_and_changed_by_nobody_else(bobs, walled, engine):
    """The control of Bob's things: that Ann sees none of them hangs on her being in no team of his."""
    shared = ("export_jobs", "schedules", "destinations")
    with engine.begin() as connection:
        PostgresUserStore(engine).seen(ANN, at=NOON)
        connection.execute(
            text("INSERT INTO team_members VALUES (:team, :ann, false)"), {"team": TEAM, "ann": ANN.user_id}
        )
        for table in shared:
            connection.execute(text(f"UPDATE {table} SET shared_with = :teams"), {"teams": [TEAM]})
    as_ann = acting(walled, ANN)
    for table in shared:
        assert as_ann(count(table)) != [(0,)], table
        assert as_ann(f"UPDATE {table} SET shared_with = DEFAULT") == 0, table
    assert as_ann("SELECT count(*) FROM team_members") == [(2,)]
    assert as_ann("SELECT count(*) FROM users") == [(2,)]
    assert as_ann(count("api_keys")) == [(0,)]
