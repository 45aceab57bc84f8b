import json
import socket
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exports_pipeline.local.folders import LOG_ROTATION_BYTES, log_file, log_tail, write_private
from exports_pipeline.local.ports import PortTaken, demand_free, remembered_port
from exports_pipeline.local.secrets import jwt_secret, mask_secret, read_or_create
from exports_pipeline.local.variables import shell_variables

WORDS = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\x00\r"))


@pytest.fixture
def taken_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_secret_is_made_once_and_is_for_its_owner_alone(tmp_path):
    home = tmp_path / "new" / "home"
    assert len(jwt_secret(home)) >= 32
    assert jwt_secret(home) == jwt_secret(home) != mask_secret(home)
    assert stat.S_IMODE((home / "secrets" / "jwt_secret").stat().st_mode) == 0o600
    assert stat.S_IMODE((home / "secrets").stat().st_mode) == 0o700
    assert stat.S_IMODE(home.stat().st_mode) == 0o700


def test_all_who_ask_for_a_new_secret_at_once_get_the_same(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(lambda _: read_or_create(tmp_path, "broker"), range(50)))
    assert len(answers) == 1
    assert [path.name for path in (tmp_path / "secrets").iterdir()] == ["broker"]


def test_a_taken_port_names_the_port_and_the_variable_that_moves_it(taken_port):
    with pytest.raises(PortTaken) as caught:
        demand_free(taken_port, variable="EXPORTS_API_PORT")
    assert str(taken_port) in caught.value.sentence
    assert "EXPORTS_API_PORT" in caught.value.sentence


def test_a_found_port_is_remembered_and_replaced_once_it_is_taken(tmp_path):
    port = remembered_port(tmp_path, "postgres")
    other = remembered_port(tmp_path, "broker")
    assert remembered_port(tmp_path, "postgres") == port != other
    with socket.create_server(("127.0.0.1", port)):
        moved = remembered_port(tmp_path, "postgres")
    assert moved not in {port, other}
    assert remembered_port(tmp_path, "postgres") == moved
    assert json.loads((tmp_path / "ports.json").read_text()) == {"postgres": moved, "broker": other}


def test_a_replaced_file_is_private_even_if_the_old_one_was_not(tmp_path):
    path = tmp_path / "stack.env"
    path.touch(mode=0o644)
    write_private(path, "A=1\n")
    assert path.read_text() == "A=1\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_log_that_has_grown_too_large_is_set_aside(tmp_path):
    path = log_file(tmp_path, "api")
    with path.open("wb") as log:
        log.truncate(LOG_ROTATION_BYTES + 1)
    assert not log_file(tmp_path, "api").exists()
    assert (tmp_path / "logs" / "api.log.1").stat().st_size == LOG_ROTATION_BYTES + 1
    assert log_tail(tmp_path, "api") == []


@settings(max_examples=20, deadline=None)
@given(WORDS)
def test_a_shell_reads_the_variables_as_they_were_whatever_their_values(tmp_path_factory, value):
    path = tmp_path_factory.getbasetemp() / "some.env"
    path.write_text(shell_variables({"A": "1", "VALUE": value}), encoding="utf-8")
    command = ["/bin/sh", "-c", 'set -a; . "$0"; exec "$1" -c "import os; print(ascii(os.environ[\'VALUE\']))"']
    said = subprocess.run([*command, str(path), sys.executable], capture_output=True, text=True, check=True)
    assert said.stdout == ascii(value) + "\n"
