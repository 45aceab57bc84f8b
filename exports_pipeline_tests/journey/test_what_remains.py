"""After all the other journeys, which come first by name: what the stack has kept, told and forgotten."""

import hashlib
import stat
from pathlib import Path

import psutil
import psycopg
import pytest

from exports_pipeline_tests.journey.running_stack import wait_until
from exports_pipeline_tests.telegram_bot_api import TOKEN

pytestmark = pytest.mark.slow

OPEN_RUNS = """{ runsOrError(filter: {statuses: [STARTED, STARTING, CANCELING, QUEUED]}) {
  ... on Runs { results { runId status tags { key value } } } } }"""
SENSORS = """{ sensorsOrError(repositorySelector:
    {repositoryLocationName: "exports_pipeline", repositoryName: "__repository__"}) {
  ... on Sensors { results { name sensorState { status ticks(limit: 1) { status error { message } } } } } } }"""


def test_every_sensor_runs_and_its_last_tick_was_well(stack):
    sensors = stack.graphql(SENSORS)["sensorsOrError"]["results"]
    assert {sensor["name"] for sensor in sensors} >= {"waiting_exports", "silent_exports", "due_deliveries"}
    assert {sensor["sensorState"]["status"] for sensor in sensors} == {"RUNNING"}
    ticks = [(sensor["name"], *(tick for tick in sensor["sensorState"]["ticks"])) for sensor in sensors]
    assert [tick for tick in ticks if any(each["status"] == "FAILURE" for each in tick[1:])] == []


def test_no_run_and_no_job_is_left_open(stack):
    wait_until(lambda: stack.graphql(OPEN_RUNS)["runsOrError"]["results"] == [], told="the end of all runs")
    assert stack.sql("SELECT id, status FROM export_jobs WHERE status IN ('pending', 'running')") == []
    assert stack.sql("SELECT id FROM deliveries WHERE state NOT IN ('sent', 'failed')") == []


def secrets_of(stack):
    """Everything that must be told to nobody, by name."""
    found = {path.name: path.read_text().strip() for path in (stack.home / "secrets").iterdir()}
    assert len(found) >= 4
    variables = stack.variables
    found["aws"] = variables["AWS_SECRET_ACCESS_KEY"]
    return found | {"telegram": TOKEN, "signed URL": "X-Amz-Signature=", "token": "eyJhbGciOi"}


def told_in(text, secrets):
    return [name for name, secret in secrets.items() if secret.encode() in text]


def test_no_log_names_a_secret(stack):
    secrets = secrets_of(stack)
    logs = {path.name: told_in(path.read_bytes(), secrets) for path in (stack.home / "logs").iterdir()}
    assert {"api.log", "worker.log", "daemon.log", "supervisor.log"} <= set(logs)
    assert {name: told for name, told in logs.items() if told} == {}


def test_no_command_line_names_a_secret(stack):
    secrets = secrets_of(stack)
    guard = stack.supervisor.parent()
    lines = {
        each.pid: Path(f"/proc/{each.pid}/cmdline").read_bytes()
        for each in (guard, *guard.children(recursive=True))
        if psutil.pid_exists(each.pid)
    }
    assert len(lines) > 10
    assert {line: told for line in lines.values() if (told := told_in(line, secrets))} == {}


def test_no_table_names_a_secret(stack):
    secrets = secrets_of(stack)
    names = "SELECT schemaname, tablename FROM pg_tables WHERE schemaname IN ('dagster', 'public')"
    tables = [(row["schemaname"], row["tablename"]) for row in stack.sql(names)]
    found, size = {}, 0
    with psycopg.connect(stack.variables["EXPORTS_DATABASE_URL"]) as connection:
        for schema, table in tables:
            with connection.cursor().copy(f'COPY (SELECT * FROM {schema}."{table}") TO STDOUT') as rows:
                text = b"".join(bytes(row) for row in rows)
            size += len(text)
            if told := told_in(text, secrets):
                found[table] = told
    assert size > 100_000
    assert found == {}


def test_whatever_holds_a_secret_is_for_its_owner_alone(stack):
    secrets = {name: text for name, text in secrets_of(stack).items() if name not in {"signed URL", "token"}}
    skipped = {"warehouse", "postgres", "objects", "object_store"}
    files = [
        path
        for path in stack.home.rglob("*")
        if path.is_file() and skipped.isdisjoint(path.relative_to(stack.home).parts)
    ]
    holding = [path for path in files if told_in(path.read_bytes(), secrets)]
    assert stack.home / "stack.env" in holding
    assert {path.name: oct(stat.S_IMODE(path.stat().st_mode)) for path in holding if path.stat().st_mode & 0o077} == {}


def test_a_second_start_finds_what_the_first_has_made(stack, demo):
    job = demo.completed(demo.export("airlines", "parquet"))
    stack.down()
    stack.up()
    found = demo.look(job["job_id"])
    assert found | {"download_url": None} == job | {"download_url": None}
    assert hashlib.sha256(demo.download(found)).hexdigest() == job["sha256"]
    assert demo.completed(demo.export("airlines"))["row_count"] == 16
