"""What `exports doctor` says of Postgres, the object store, the broker, Dagster, the warehouse and the catalogue."""

import json
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import duckdb
import psycopg
import pytest

from exports_pipeline.adapters.migrations import migrate
from exports_pipeline.adapters.s3_bucket import setup_bucket
from exports_pipeline.checkup.bucket import check_bucket
from exports_pipeline.checkup.data import check_data
from exports_pipeline.checkup.finding import State
from exports_pipeline.checkup.ledger import check_ledger
from exports_pipeline.checkup.orchestrator import check_dagster
from exports_pipeline.checkup.second_wall import check_wall
from exports_pipeline.checkup.surroundings import Surroundings
from exports_pipeline.checkup.workers import check_workers, judge_workers
from exports_pipeline.settings import Settings
from exports_pipeline_tests.s3_gate import ACCESS_KEY, REGION, SECRET_KEY, S3Gate

NOBODY = "127.0.0.1:1"
FINE, WARNING, BROKEN, SKIPPED = State.FINE, State.WARNING, State.BROKEN, State.SKIPPED


def by_part(findings):
    return {each.part: each for each in findings}


def states(findings):
    return {each.part: each.state for each in findings}


def ledger(url):
    return by_part(check_ledger(Settings(database_url=url)))


def test_a_ledger_at_the_newest_revision_is_fine(migrated):
    assert states(ledger(migrated).values()) == {"postgres": FINE, "migrations": FINE, "clock of Postgres": FINE}


def test_customers_whose_journeys_are_still_to_be_told_anew_are_counted(migrated):
    with psycopg.connect(migrated, autocommit=True) as connection:
        connection.execute("INSERT INTO customers_to_retell SELECT 'ann', 'c' || n FROM generate_series(1, 1200) AS n")
        found = ledger(migrated)["journeys"]
        connection.execute("TRUNCATE customers_to_retell")
    assert (found.state, "1,200 customers" in found.sentence) == (State.WARNING, True)
    assert "journeys" not in ledger(migrated)


def test_a_database_that_lacks_migrations_says_which(postgres):
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("CREATE DATABASE behind")
    url = postgres.rpartition("/")[0] + "/behind"
    missing = ledger(url)["migrations"]
    assert (missing.state, "missing" in missing.sentence) == (BROKEN, True)
    migrate(url, revision="0001_create_export_jobs")
    behind = ledger(url)["migrations"]
    assert behind.state is BROKEN
    assert behind.sentence.startswith("The tables are at 0001_create_export_jobs; this version needs ")
    assert "exports_pipeline.local.ledger" in behind.advice


def test_a_postgres_that_is_away_is_told_without_its_password():
    found = ledger(f"postgresql://ann:hunter2@{NOBODY}/exports")
    assert found["postgres"].state is BROKEN
    assert f"{NOBODY}/exports" in found["postgres"].sentence
    assert "hunter2" not in str(found)


def test_a_database_url_that_is_none_is_told():
    assert "no URL" in ledger("hunter2")["postgres"].sentence


def test_an_api_that_is_its_own_wall_is_told(migrated, logins):
    [behind] = check_wall(Settings(database_url=migrated, api_database_url=logins("exports_api")))
    [before] = check_wall(Settings(database_url=migrated))
    assert (behind.state, before.state) == (FINE, WARNING)
    assert "is a superuser, has BYPASSRLS, owns tables" in before.sentence
    [away] = check_wall(Settings(api_database_url=f"postgresql://ann:hunter2@{NOBODY}/exports"))
    assert (away.state, "hunter2" in str(away)) == (BROKEN, False)


@pytest.fixture
def gate():
    gate = S3Gate()
    gate.start()
    yield gate
    gate.stop()


def bucket(gate, **changes):
    about = {"access_key": ACCESS_KEY, "secret_key": SECRET_KEY} | changes
    settings = Settings(bucket="exports", region=REGION, s3_endpoint_url=about.pop("url", gate and gate.url))
    return by_part(check_bucket(Surroundings(settings=settings, **about)))


def bare_bucket(gate):
    gate.client().create_bucket(Bucket="exports", CreateBucketConfiguration={"LocationConstraint": REGION})


def test_a_bucket_with_its_rules_is_fine_and_keeps_nothing_of_the_probe(gate):
    setup_bucket(gate.client(), "exports", expiry=timedelta(hours=24))
    found = bucket(gate)
    assert (found["bucket"].state, found["expiry rules"].state) == (FINE, FINE)
    assert "Contents" not in gate.client().list_objects_v2(Bucket="exports")


def test_a_bucket_without_rules_is_worth_a_look(gate):
    bare_bucket(gate)
    found = bucket(gate)["expiry rules"]
    assert (found.state, "setup-bucket" in found.advice) == (WARNING, True)


def test_a_bucket_that_does_not_exist_is_told(gate):
    found = bucket(gate)["bucket"]
    assert found.state is BROKEN
    assert "does not exist" in found.sentence


def test_keys_that_are_refused_are_told(gate):
    bare_bucket(gate)
    assert "signature" in bucket(gate, secret_key="wrong")["bucket"].sentence
    assert "access key" in bucket(gate, access_key="wrong")["bucket"].sentence


def test_an_object_store_that_is_away_is_told():
    found = bucket(None, url=f"http://{NOBODY}")["bucket"]
    assert (found.state, "does not answer" in found.sentence) == (BROKEN, True)
    assert "AWS_ENDPOINT_URL_S3" in found.advice


def test_a_broker_that_is_away_is_told_without_its_password():
    found = by_part(check_workers(Settings(broker_url=f"redis://:hunter2@{NOBODY}/0")))
    assert {part: each.state for part, each in found.items()} == {"broker": BROKEN, "workers": SKIPPED}
    assert "hunter2" not in str(found)


def test_a_broker_without_workers_is_told():
    found = by_part(check_workers(Settings(broker_url="memory://")))
    assert {part: each.state for part, each in found.items()} == {"broker": FINE, "workers": BROKEN}
    assert "stay pending" in found["workers"].sentence


@pytest.mark.parametrize(("wanted", "state"), [(5, FINE), (4, WARNING), (6, WARNING)])
def test_the_children_of_all_workers_are_counted(wanted, state):
    answers = {"a": {"pool": {"max-concurrency": 2}}, "b": {"pool": {"max-concurrency": 3}}}
    found = judge_workers(answers, wanted=wanted)
    assert (found.state, "a, b: room for 5 exports" in found.sentence) == (state, True)


@contextmanager
def served_dagster(answer, status=200):
    class Door(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield Settings(dagster_url=f"http://127.0.0.1:{server.server_port}")
        server.shutdown()
        thread.join()


def dagster(*, locations=(("exports_pipeline", "RepositoryLocation"),), daemons=(("SENSOR", True, True),)):
    entries = [{"name": name, "locationOrLoadError": {"__typename": kind}} for name, kind in locations]
    statuses = [dict(zip(("daemonType", "required", "healthy"), each, strict=True)) for each in daemons]
    health = {"daemonHealth": {"allDaemonStatuses": statuses}}
    return {"data": {"version": "1.13", "instance": health, "workspaceOrError": {"locationEntries": entries}}}


def dagster_found(answer, **more):
    with served_dagster(answer, **more) as settings:
        return by_part(check_dagster(settings))


def test_a_dagster_with_our_code_and_beating_daemons_is_fine():
    found = dagster_found(dagster(daemons=[("SENSOR", True, True), ("BACKFILL", False, False)]))
    assert states(found.values()) == {"dagster": FINE, "code location": FINE, "daemon": FINE}


def test_a_webserver_that_is_away_or_something_else_is_told():
    for found in (
        by_part(check_dagster(Settings(dagster_url=f"http://{NOBODY}"))),
        dagster_found({"hello": 1}),
        dagster_found(dagster(), status=502),
    ):
        assert found["dagster"].state is BROKEN
        assert "EXPORTS_DAGSTER_URL" in found["dagster"].advice


def test_a_code_location_that_did_not_load_or_is_missing_is_told():
    found = dagster_found(dagster(locations=[("exports_pipeline", "PythonError")]))["code location"]
    assert (found.state, "could not be loaded" in found.sentence) == (BROKEN, True)
    found = dagster_found(dagster(locations=[("other", "RepositoryLocation")]))["code location"]
    assert (found.state, "it has other" in found.sentence) == (BROKEN, True)


def test_daemons_that_do_not_beat_are_named():
    found = dagster_found(dagster(daemons=[("SENSOR", True, False), ("MONITORING", True, True)]))["daemon"]
    assert (found.state, found.sentence) == (BROKEN, "No fresh heartbeat of SENSOR.")


@pytest.fixture
def warehouse(tmp_path):
    path = tmp_path / "w.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE sales AS SELECT 1 AS amount")
    return path


def catalog(tmp_path, relation):
    path = tmp_path / "catalog.yaml"
    path.write_text(f"version: 1\ndatasets:\n  - {{name: sales, title: S, relation: {relation}, public: true}}\n")
    return path


def test_a_catalogue_that_fits_its_warehouse_is_fine(warehouse, tmp_path):
    found = by_part(check_data(Settings(warehouse=warehouse, catalog=catalog(tmp_path, "sales"))))
    assert states(found.values()) == {"warehouse": FINE, "catalogue": FINE}


def test_a_catalogue_that_does_not_fit_is_told_line_by_line(warehouse, tmp_path):
    found = by_part(check_data(Settings(warehouse=warehouse, catalog=catalog(tmp_path, "gone"))))["catalogue"]
    assert (found.state, "gone" in found.sentence) == (BROKEN, True)


def test_a_redaction_policy_that_cannot_be_followed_is_told(warehouse, tmp_path):
    policy = tmp_path / "redaction.yaml"
    policy.write_text("version: 1\nroles: {default: {pii: hide}}\n", encoding="utf-8")
    settings = Settings(warehouse=warehouse, catalog=catalog(tmp_path, "sales"), redaction=policy)
    found = by_part(check_data(settings))
    assert (found["redaction"].state, "'hide' is none of" in found["redaction"].sentence) == (BROKEN, True)
    policy.write_text("version: 1\nroles: {default: {pii: mask}}\n", encoding="utf-8")
    assert by_part(check_data(settings))["redaction"].state == FINE


def test_a_warehouse_that_is_not_there_is_told(tmp_path):
    found = by_part(check_data(Settings(warehouse=tmp_path / "none.duckdb")))
    assert (found["warehouse"].state, found["catalogue"].state) == (BROKEN, SKIPPED)


def test_what_is_not_set_is_skipped(monkeypatch):
    nothing = Settings()
    found = [*check_ledger(nothing), *check_bucket(Surroundings(settings=nothing)), *check_workers(nothing)]
    assert {each.state for each in (*found, *check_data(nothing))} == {SKIPPED}
