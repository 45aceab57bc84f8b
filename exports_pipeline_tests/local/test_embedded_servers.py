import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import boto3
import psutil
import psycopg
import pytest
import valkey
from botocore.config import Config

from exports_pipeline.local.broker import broker_part, broker_url
from exports_pipeline.local.object_store import object_store_environment, object_store_parts
from exports_pipeline.local.ports import remembered_port
from exports_pipeline.local.postgres import _for_everybody, _installation, database_url, postgres_part
from exports_pipeline_tests.started_part import started

AS_ROOT = os.geteuid() == 0


def test_the_embedded_postgres_keeps_its_rows_over_a_kill_and_wants_the_password(tmp_path):
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    port = remembered_port(home, "postgres")
    part, url = postgres_part(home, port), database_url(home, port)
    with started(part, home, stop=signal.SIGKILL) as process:
        with psycopg.connect(url, autocommit=True) as connection:
            assert connection.execute("SELECT current_database(), current_setting('max_connections')").fetchone() == (
                "exports",
                "200",
            )
            connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(url.replace("exports:", "exports:wrong", 1))
        server = psutil.Process(process.pid)
        assert server.uids().real != 0
        listening = {
            connection.laddr.ip for connection in server.net_connections("all") if connection.status == "LISTEN"
        }
        assert listening == {"127.0.0.1"}
        backends = server.children()
    psutil.wait_procs(backends, timeout=10)
    with started(part, home, stop=signal.SIGINT), psycopg.connect(url) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)


def test_an_interrupted_initialisation_is_begun_again(tmp_path):
    home = tmp_path / "home"
    port = remembered_port(home, "postgres")
    half = home / "postgres" / "data.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    if AS_ROOT:
        shutil.chown(home / "postgres", "nobody")
        shutil.chown(half, "nobody")
        shutil.chown(half / "PG_VERSION", "nobody")
    with (
        started(postgres_part(home, port), home, stop=signal.SIGINT),
        psycopg.connect(database_url(home, port)) as link,
    ):
        assert link.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.skipif(not AS_ROOT, reason="only root hands the server to another user")
def test_binaries_behind_a_closed_folder_are_copied_to_where_everybody_may_execute_them(tmp_path):
    package = _installation().parent
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    shutil.copytree(package / "pginstall", closed / package.name / "pginstall")
    shutil.copytree(package.with_name("embedded_postgres.libs"), closed / "embedded_postgres.libs")
    shared = Path("/var/tmp") / f"exports-test-{os.getpid()}"  # noqa: S108 - pytest's own folders are closed
    shared.mkdir(mode=0o755)
    try:
        programs = _for_everybody(closed / package.name / "pginstall", shared=shared)
        assert _for_everybody(closed / package.name / "pginstall", shared=shared) == programs
        assert programs.is_relative_to(shared)
        command = [programs / "bin/initdb", "--version"]
        said = subprocess.run(command, user="nobody", check=True, capture_output=True, text=True, cwd="/")
        assert "18" in said.stdout
    finally:
        shutil.rmtree(shared)


def test_the_embedded_broker_answers_only_to_its_password(tmp_path):
    port = remembered_port(tmp_path, "broker")
    part = broker_part(tmp_path, port)
    password = broker_url(tmp_path, port).split(":")[2].split("@")[0]
    with started(part, tmp_path) as process:
        assert not any(password in word for word in psutil.Process(process.pid).cmdline())
        with valkey.Valkey(port=port, password=password) as client:
            assert client.ping()
            assert client.config_get("save") == {"save": ""}
        with valkey.Valkey(port=port) as stranger, pytest.raises(valkey.exceptions.AuthenticationError):
            stranger.ping()


def test_the_embedded_object_store_has_a_bucket_and_keeps_objects_over_a_restart(tmp_path):
    port = remembered_port(tmp_path, "s3")
    server, step = object_store_parts(tmp_path, port)
    env = object_store_environment(tmp_path, port)
    client = boto3.client(
        "s3",
        endpoint_url=env["AWS_ENDPOINT_URL_S3"],
        aws_access_key_id=env["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"],
        region_name=env["AWS_REGION"],
        config=Config(signature_version="s3v4", retries={"total_max_attempts": 1}),
    )
    try:
        with started(server, tmp_path):
            subprocess.run(step.command, env={**os.environ, **env}, check=True)
            subprocess.run(step.command, env={**os.environ, **env}, check=True)
            client.put_object(Bucket="exports", Key="a/b.csv", Body=b"kept")
        assert [part.name for part in object_store_parts(tmp_path, port)] == ["object_store"]
        with started(server, tmp_path):
            assert client.get_object(Bucket="exports", Key="a/b.csv")["Body"].read() == b"kept"
    finally:
        client.close()


def test_a_stranger_may_not_read_the_embedded_object_store(tmp_path):
    port = remembered_port(tmp_path, "s3")
    with started(object_store_parts(tmp_path, port)[0], tmp_path):
        said = subprocess.run(
            [sys.executable, "-c", f"import httpx; print(httpx.get('http://127.0.0.1:{port}/exports/').status_code)"],
            check=True,
            capture_output=True,
            text=True,
        )
    assert said.stdout.strip() == "403"
