import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from exports_pipeline.local.ports import remembered_port

COMMANDS = "import typer; from exports_api.cli.stack import add_stack_commands as add; a = typer.Typer(); add(a); a()"
READY_WITHIN_S = 240
GONE_WITHIN_S = 10


@pytest.fixture
def env(tmp_path):
    home = tmp_path / "home"
    names = ("EXPORTS_API_PORT", "EXPORTS_DAGSTER_PORT", "EXPORTS_S3_PORT")
    ports = {name: str(remembered_port(tmp_path, name)) for name in names}
    yield os.environ | ports | {"EXPORTS_HOME": str(home), "EXPORTS_SAMPLE_DAYS": "30"}
    for left in alive(home):
        with suppress(psutil.NoSuchProcess):
            left.kill()


def alive(home: Path) -> list[psutil.Process]:
    """Everything of this stack; Postgres hides its environment, but not where its files are."""
    found = []
    for process in psutil.process_iter():
        try:
            told = process.environ().get("EXPORTS_HOME") == str(home)
            if told or any(str(file.path).startswith(str(home)) for file in process.open_files()):
                found.append(process)
        except psutil.Error:
            continue
    return found


def exports(env, *words):
    command = [sys.executable, "-c", COMMANDS, *words]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=180, check=False)


def is_ready(env) -> bool:
    return exports(env, "status").returncode == 0


def get_status(url: str, path: str) -> int:
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=20)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()


def wait_until(claim, within_s) -> bool:
    deadline = time.monotonic() + within_s
    while not (holds := claim()) and time.monotonic() < deadline:
        time.sleep(0.2)
    return bool(holds)


def test_down_and_status_without_a_stack_say_so(env):
    assert exports(env, "down").returncode == 0
    said = exports(env, "status", "--json")
    assert said.returncode == 3
    assert json.loads(said.stdout) == {"ready": False, "urls": {}, "parts": {}}


@pytest.mark.parametrize("words", [["up"], ["up", "--detach"]])
def test_up_with_a_taken_port_names_the_port_and_the_variable(env, words):
    with socket.create_server(("127.0.0.1", int(env["EXPORTS_DAGSTER_PORT"]))):
        said = exports(env, *words)
    assert said.returncode == 1
    assert env["EXPORTS_DAGSTER_PORT"] in said.stderr
    assert "EXPORTS_DAGSTER_PORT" in said.stderr
    assert "Traceback" not in said.stderr


@pytest.mark.slow
def test_the_stack_goes_up_in_the_background_once_and_down(env):
    up = exports(env, "up", "--detach")
    assert up.returncode == 0, up.stderr
    state = json.loads(exports(env, "status", "--json").stdout)
    assert state["ready"] is True
    assert state["urls"]["api"] == f"http://127.0.0.1:{env['EXPORTS_API_PORT']}"
    assert state["urls"]["api"] in up.stdout
    assert {part["state"] for part in state["parts"].values()} == {"running"}
    assert get_status(state["urls"]["api"], "/readyz") == 200
    assert get_status(state["urls"]["dagster"], "/server_info") == 200
    assert get_status(state["urls"]["s3"], "/exports/") == 403
    again = exports(env, "up", "--detach")
    assert (again.returncode, "already" in again.stdout) == (0, True)
    assert json.loads(exports(env, "status", "--json").stdout) == state
    psutil.Process(state["parts"]["worker"]["pid"]).kill()
    assert wait_until(lambda: not is_ready(env), 10)
    assert wait_until(lambda: is_ready(env), READY_WITHIN_S)
    assert exports(env, "down").returncode == 0
    assert alive(Path(env["EXPORTS_HOME"])) == []
    assert exports(env, "up", "--detach").returncode == 0  # finds the state of the first
    assert exports(env, "down").returncode == 0


@pytest.mark.slow
@pytest.mark.parametrize("victim", ["shell", "guard", "supervisor"])
def test_nothing_of_the_stack_outlives_a_kill(env, victim, tmp_path):
    home = Path(env["EXPORTS_HOME"])
    command = ["/bin/sh", "-c", '"$@"; true', "sh", sys.executable, "-c", COMMANDS, "up"]
    with (tmp_path / "said").open("w") as said, subprocess.Popen(command, env=env, stdout=said, stderr=said) as shell:
        assert wait_until(lambda: is_ready(env) or shell.poll() is not None, READY_WITHIN_S)
        assert shell.poll() is None, (tmp_path / "said").read_text()
        assert len(alive(home)) > 8
        guard = psutil.Process(json.loads((home / "stack.json").read_text())["guard"])
        pids = {"shell": shell.pid, "guard": guard.pid, "supervisor": guard.children()[0].pid}
        os.kill(pids[victim], signal.SIGKILL)
        assert wait_until(lambda: not alive(home), GONE_WITHIN_S)


@pytest.mark.slow
def test_a_catalogue_that_does_not_fit_the_warehouse_keeps_the_stack_down(env, tmp_path):
    catalog = tmp_path / "catalog.yaml"
    catalog.write_text("version: 1\ndatasets:\n  - {name: flights_of_nowhere, relation: no_such_relation}\n")
    said = exports(env | {"EXPORTS_CATALOG": str(catalog)}, "up", "--detach")
    assert said.returncode == 1
    assert "no_such_relation" in said.stderr
    assert "flights_of_nowhere" in said.stderr
    assert alive(Path(env["EXPORTS_HOME"])) == []
