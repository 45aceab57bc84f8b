"""The datasets about the service itself: whose rows one sees, and that their figures are those of the tables."""

import csv
import io
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import psycopg
import pytest

from exports_pipeline.adapters.activity_store import PostgresActivityStore
from exports_pipeline.adapters.job_store import PostgresJobStore
from exports_pipeline.adapters.postgres_warehouse import PostgresWarehouse
from exports_pipeline.adapters.system_datasets import with_system_datasets
from exports_pipeline.checkup.finding import State
from exports_pipeline.checkup.postgres_datasets import check_postgres_datasets
from exports_pipeline.core.activity import FEATURES, OTHER
from exports_pipeline.core.catalog import Catalog
from exports_pipeline.core.filters import Filters, select
from exports_pipeline.core.recipient import Channel, Recipient
from exports_pipeline.core.refusals import UnknownDataset
from exports_pipeline.settings import Settings
from exports_pipeline_tests.adapters.test_system_catalogue import NAMES, NO_SCHEMA
from exports_pipeline_tests.builders import entry, new_job, requester, stored_file
from exports_pipeline_tests.fakes.clock import NOON
from exports_pipeline_tests.tables import exported

NAUGHTY = (
    "' OR true --",
    "ann'; DROP TABLE users; --",
    "%",
    "%s",
    "%(p0)s",
    "ann\x00",
    "",
    "ANN",
    "*",
    "{ann}",
    "ann ",
)


@pytest.fixture
def catalog():
    return with_system_datasets(Catalog(()), NO_SCHEMA)


@pytest.fixture
def ledger(engine, migrated):
    """The tables after two users, who have requested, received and scheduled; and events of two tenants."""
    with engine.begin() as connection:
        connection.exec_driver_sql("TRUNCATE activity_tail, activity_rollups")
    jobs = PostgresJobStore(engine)
    mail = Recipient(channel=Channel.EMAIL, address="secret@example.com")
    for name, count in (("ann", 3), ("bob", 2)):
        for place in range(count):
            job = new_job(name, minutes=place, recipients=(mail,))
            jobs.add(job, entry(job))
            if place == 0:
                jobs.claim(job.id, 1, run_id="run", now=NOON + timedelta(seconds=30))
                jobs.complete(
                    job.id,
                    1,
                    stored_file(),
                    now=NOON + timedelta(seconds=90),
                    expires_at=NOON + timedelta(days=1),
                    recipients=(mail,),
                    manifest={},
                )
    with psycopg.connect(migrated, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO schedules SELECT gen_random_uuid(), id, owner_key || ' daily', 'export', '{}', '{csv}', "
            "'0 7 * * *', 'UTC', '[]', true, 'all', 'always', '{}', false, NULL, now(), now(), 0, NULL, now(), NULL "
            "FROM users"
        )
        connection.execute(
            "INSERT INTO schedule_windows (schedule_id, due_at, state, start_at, by_hand, started_at) "
            "SELECT id, '2026-01-01T07:00Z', 'ran', '2026-01-01T07:00Z', false, '2026-01-01T07:00:01.5Z' FROM schedules"
        )
        connection.execute(
            "CREATE TABLE IF NOT EXISTS events_of_tests PARTITION OF analytics_events FOR VALUES FROM ('2026-01-01') "
            "TO ('2026-02-01')"
        )
        for tenant, value in (("ann", "12345678901234567890.123456789"), ("bob", None)):
            connection.execute(
                "INSERT INTO analytics_events VALUES (%s, 'e1', 1, 'call', '', '', %s, '2026-01-02', 'c', 'x', '{}')",
                (tenant, value),
            )
            connection.execute(
                "INSERT INTO metric_rollups VALUES (%s, 'calls', %s, '2026-01-02', %s, 1, %s, NULL, NULL, NULL)",
                (tenant, "hour", '{"campaign": "c"}', value),
            )
    yield PostgresWarehouse(migrated)
    with psycopg.connect(migrated, autocommit=True) as connection:
        connection.execute("DROP TABLE events_of_tests")
        connection.execute("TRUNCATE metric_rollups")


def rows_of(ledger, catalog, name, who, **filters):
    """The rows of an export as CSV, by column."""
    selection = select(catalog.find(name, who), Filters(**filters), who)
    body, _ = exported(ledger, selection, formula_guard=False)
    return list(csv.DictReader(io.StringIO(body.decode())))


@pytest.mark.parametrize("login", ["owner", "exports_api", "exports_pipeline"])
def test_behind_a_dataset_stand_rows_of_its_owner_alone(ledger, catalog, migrated, logins, login):
    """Whatever the SQL of a packaged dataset forgets, and whoever reads it."""
    warehouse = PostgresWarehouse(migrated if login == "owner" else logins(login))
    seen = {}
    for who in (requester("ann"), requester("bob"), requester("root", "EXPORT_ALL")):
        selection = select(catalog.find("exports_ledger", who), Filters(), who)
        with warehouse.read() as snapshot:
            snapshot.see(selection)
            counts = [
                snapshot.ask(f"SELECT count(*) FROM {table}", {})[0][0]
                for table in ("export_jobs", "deliveries", "audit_log", "schedule_windows", "analytics_events")
            ]
        seen[who.owner_key] = counts
    assert seen == {"ann": [3, 1, 3, 1, 1], "bob": [2, 1, 2, 1, 1], "root": [5, 2, 5, 2, 2]}


ISOLATED = {name: "owner_key" for name in NAMES if name not in {"audit_log", "data_access"}} | {
    "events": "tenant",
    "campaign_metrics": "tenant",
}


@pytest.mark.parametrize(("name", "owner"), ISOLATED.items())
def test_nobody_but_administrators_sees_rows_of_others(ledger, catalog, name, owner):
    seen = {
        who: {row[owner] for row in rows_of(ledger, catalog, name, requester(who))} for who in ("ann", "bob", "eve")
    }
    assert seen == {"ann": {"ann"}, "bob": {"bob"}, "eve": set()}
    assert {row[owner] for row in rows_of(ledger, catalog, name, requester("root", "EXPORT_ALL"))} == {"ann", "bob"}


def test_who_views_all_insights_gets_those_of_everybody_and_nothing_else(ledger, catalog):
    auditor = requester("ann", "VIEW_INSIGHTS_ALL")
    seen = {name: {row[owner] for row in rows_of(ledger, catalog, name, auditor)} for name, owner in ISOLATED.items()}
    assert seen == {name: {"ann", "bob"} if name == "export_insights" else {"ann"} for name in ISOLATED}


@pytest.mark.parametrize("key", NAUGHTY)
def test_an_owner_key_is_a_value_and_nothing_else(ledger, catalog, key):
    eve = replace(requester("eve"), owner_key=key)
    for name in ISOLATED:
        assert rows_of(ledger, catalog, name, eve) == []
        dataset = catalog.find(name, eve)
        selection = select(dataset, Filters(), eve)
        assert ledger.values(selection, dataset.tag, prefix="", limit=10) == []
        assert ledger.time_range(selection) is None
        assert ledger.count_up_to(selection, most=10) == 0


def test_users_whose_id_is_made_of_their_name_see_their_rows_by_the_owner_key_of_their_token(ledger, catalog):
    shared = replace(requester("colleague"), owner_key="ann")
    assert len(rows_of(ledger, catalog, "exports_ledger", shared)) == 3


def test_the_audit_log_is_unknown_to_whoever_may_not_view_it(ledger, catalog):
    for permissions in ((), ("EXPORT_ALL",), ("MANAGE_EXPORTS", "UNMASK")):
        with pytest.raises(UnknownDataset):
            catalog.find("audit_log", requester("root", *permissions))
        assert "audit_log" not in [each.name for each in catalog.visible_to(requester("root", *permissions))]
    rows = rows_of(ledger, catalog, "audit_log", requester("auditor", "VIEW_AUDIT"))
    assert {row["owner_key"] for row in rows} == {"ann", "bob"}
    assert {row["dataset"] for row in rows} == {"sales"}


def test_addresses_and_details_are_masked_unless_one_may_unmask(ledger, catalog):
    masked = rows_of(ledger, catalog, "deliveries", requester("ann"))
    plain = rows_of(ledger, catalog, "deliveries", requester("ann", "UNMASK"))
    assert {row["address"] for row in plain} == {"secret@example.com"}
    assert "secret" not in str(masked)
    assert "sales" not in {
        row["details"] for row in rows_of(ledger, catalog, "audit_log", requester("a", "VIEW_AUDIT"))
    }


def test_figures_of_the_ledger_are_those_of_its_table(ledger, catalog):
    rows = rows_of(ledger, catalog, "exports_ledger", requester("ann"))
    done = [row for row in rows if row["status"] == "completed"]
    assert len(rows) == 3
    assert [(row["row_count"], row["file_size_bytes"], row["queue_seconds"], row["run_seconds"]) for row in done] == [
        ("3", "42", "30.000", "60.000")
    ]
    assert {row["channels"] for row in rows} == {'["email"]'}


def test_filters_of_the_ledger_narrow_it(ledger, catalog):
    ann = requester("ann")
    assert len(rows_of(ledger, catalog, "exports_ledger", ann, tag_ids=("finance",))) == 0
    assert len(rows_of(ledger, catalog, "exports_ledger", ann, account_ids=("sales",))) == 3
    assert rows_of(ledger, catalog, "exports_ledger", ann, end_date=NOON.date() - timedelta(days=1)) == []


def test_user_activity_counts_the_audit_log(ledger, catalog):
    rows = rows_of(ledger, catalog, "user_activity", requester("root", "EXPORT_ALL"))
    assert {(row["owner_key"], row["action"]): int(row["times"]) for row in rows} == {
        ("ann", "export.requested"): 3,
        ("bob", "export.requested"): 2,
    }
    assert {row["feature"] for row in rows} == {"exports"}


def test_user_activity_is_the_same_whatever_is_rolled_up(ledger, catalog, engine):
    root = requester("root", "EXPORT_ALL")

    def told():
        rows = rows_of(ledger, catalog, "user_activity", root)
        return sorted(tuple(row.values()) for row in rows)

    def another_entry():
        with engine.begin() as connection:
            connection.exec_driver_sql(
                "INSERT INTO audit_log (at, actor, action, details) "
                "SELECT at + interval '5 s', actor, action, '{}' FROM audit_log"
            )

    def directly():
        with engine.connect() as connection:
            return connection.exec_driver_sql(
                "SELECT count(*), sum(extract(epoch FROM last - first)) FROM (SELECT min(at) AS first, max(at) AS last "
                "FROM audit_log GROUP BY actor, action, (at AT TIME ZONE 'UTC')::date) AS each"
            ).one()

    another_entry()
    before = told()
    PostgresActivityStore(engine).roll_up()
    assert told() == before
    another_entry()  # some of a day rolled up, some not
    partly = rows_of(ledger, catalog, "user_activity", root)
    seconds = sum(
        (datetime.fromisoformat(row["last_at"]) - datetime.fromisoformat(row["first_at"])).total_seconds()
        for row in partly
    )
    assert (len(partly), seconds) == tuple(map(int, directly()))
    assert sum(int(row["times"]) for row in partly) == 2 * 2 * 5


@pytest.mark.parametrize("name", ["user_activity", "audit_log"])
def test_features_are_those_of_the_activity_endpoints(ledger, catalog, migrated, name):
    with psycopg.connect(migrated, autocommit=True) as connection:
        for kind in (*FEATURES, "dance"):
            done = "INSERT INTO audit_log (at, actor, action, details) SELECT now(), id, %s, '{}' FROM users"
            connection.execute(done, (f"{kind}.x",))
    rows = rows_of(ledger, catalog, name, requester("ann", "VIEW_AUDIT"))
    found = {row["action"].removesuffix(".x"): row["feature"] for row in rows if row["action"].endswith(".x")}
    assert found == {**FEATURES, "dance": OTHER}


def test_windows_come_with_the_names_of_their_schedules(ledger, catalog):
    [row] = rows_of(ledger, catalog, "tick_ledger", requester("ann"))
    assert (row["schedule"], row["state"], row["seconds_after_due"]) == ("ann daily", "ran", "1.500")


def test_values_of_events_are_exact(ledger, catalog):
    for name, column in (("events", "value"), ("campaign_metrics", "total")):
        [row] = rows_of(ledger, catalog, name, requester("ann"))
        assert Decimal(row[column]) == Decimal("12345678901234567890.123456789")


def test_every_system_dataset_has_the_types_that_it_is_declared_with(ledger, migrated, tables):
    tables.run("CREATE TABLE own (id INTEGER)")
    settings = Settings(database_url=migrated, warehouse=tables.path)
    [found] = check_postgres_datasets(settings)
    assert (found.state, found.sentence) == (State.FINE, f"{len(NAMES)} have the types that they are declared with.")
