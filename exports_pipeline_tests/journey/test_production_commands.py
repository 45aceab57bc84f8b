"""The README's commands for production, each as it stands there, over three servers of their own."""

import os
import shlex
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from exports_pipeline.local.broker import broker_part, broker_url
from exports_pipeline.local.object_store import BUCKET, object_store_environment, object_store_parts
from exports_pipeline.local.part import LogSays, PageAnswers, Part
from exports_pipeline.local.ports import free_ports
from exports_pipeline.local.postgres import database_url, postgres_part
from exports_pipeline.local.sample import build_sample
from exports_pipeline.local.stack import SAMPLE_CATALOG, sample_warehouse
from exports_pipeline_tests.journey.running_stack import Caller
from exports_pipeline_tests.started_part import started

REPOSITORY = Path(__file__).parents[2]
SCRIPTS = Path(sys.executable).parent

pytestmark = pytest.mark.slow


def commands(**instead):
    """The block of commands that begins with alembic, without comments, on other ports."""
    text = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    [block] = [block for block in text.split("```") if block.startswith("\nalembic ")]
    lines = [shlex.split(line, comments=True) for line in block.strip().splitlines()]
    return [[instead.get(f"port_{word}", word) for word in words] for words in lines]


@pytest.fixture(scope="module")
def production(tmp_path_factory):
    """Everything running; says where the API is and with which variables."""
    home = tmp_path_factory.mktemp("production")
    database, broker, s3, dagster, api = free_ports(5)
    build_sample(home, days=60)
    variables = {
        **object_store_environment(home, s3),
        "EXPORTS_DATABASE_URL": database_url(home, database),
        "EXPORTS_BROKER_URL": broker_url(home, broker),
        "EXPORTS_DAGSTER_PORT": str(dagster),
        "EXPORTS_API_PORT": str(api),
        "EXPORTS_HOME": str(home),
        "EXPORTS_WAREHOUSE": str(sample_warehouse(home)),
        "EXPORTS_CATALOG": str(SAMPLE_CATALOG),
        "EXPORTS_JWT_SECRET": "a secret of thirty-two characters",
        "EXPORTS_MASK_SECRET": "another secret of thirty-two characters",
        "DAGSTER_HOME": str(REPOSITORY),
    }
    probes = {
        "dagster-webserver": PageAnswers(url=f"http://127.0.0.1:{dagster}/server_info"),
        "dagster-daemon": LogSays(words=b"following daemons"),
        "uvicorn": PageAnswers(url=f"http://127.0.0.1:{api}/healthz"),
        "celery": LogSays(words=b" ready."),
    }
    with ExitStack() as parts:
        for part in (postgres_part(home, database), broker_part(home, broker), object_store_parts(home, s3)[0]):
            parts.enter_context(started(part, home))
        for name, *words in commands(port_3000=str(dagster), port_8000=str(api)):
            command = (str(SCRIPTS / name), *words)
            if name in probes:
                part = Part(name=name, command=command, probe=probes[name])
                parts.enter_context(started(part, home, variables, cwd=REPOSITORY))
            else:
                once(command, variables)
        yield f"http://127.0.0.1:{api}", variables


def once(command, variables):
    said = subprocess.run(
        command, env={**os.environ, **variables}, cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert said.returncode == 0, said.stderr
    return said.stdout


def test_an_export_is_delivered_with_nothing_embedded(production):
    url, variables = production
    token = once((str(SCRIPTS / "exports"), "token", "--user", "demo"), variables).strip()
    caller = Caller(url, token)
    try:
        assert caller.http.get("/readyz").status_code == 200
        job = caller.completed(caller.export("fct_transactions", "csv"))
        assert caller.download(job).count(b"\r\n") == job["row_count"] + 1 > 1
        assert BUCKET in job["download_url"]
    finally:
        caller.http.close()
