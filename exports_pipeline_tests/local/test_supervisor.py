import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from exports_pipeline.local.state import is_up, read_state

TOY = Path(__file__).with_name("toy_stack.py")
SERVE = "import time; print('ready', flush=True); time.sleep(600)"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + SERVE
WITH_GRANDCHILD = (
    "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'],"
    " start_new_session=True); " + SERVE
)


def processes_of(home: Path) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("EXPORTS_HOME") == str(home) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue
    return found


def wait_until(claim, *, within_s: float = 15.0) -> bool:
    deadline = time.monotonic() + within_s
    while not (holds := claim()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return bool(holds)


@contextmanager
def toy_stack(home: Path, *specs: dict, in_shell: bool = False) -> Iterator[subprocess.Popen]:
    (home / "toy.json").write_text(json.dumps(specs))
    command = [sys.executable, str(TOY), str(home)]
    if in_shell:
        command = ["/bin/sh", "-c", '"$@"; true', "sh", *command]
    env = {**os.environ, "EXPORTS_HOME": str(home)}
    with subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            for left in processes_of(home):
                with suppress(psutil.NoSuchProcess):
                    left.kill()


def part_of(home: Path, name: str) -> dict:
    return read_state(home).parts.get(name, {})


def events(home: Path) -> list[list[str]]:
    return [line.split()[2:] for line in (home / "logs" / "supervisor.log").read_text().splitlines()]


def test_a_part_starts_after_those_it_needs(tmp_path):
    step = {"name": "look", "kind": "step", "code": "import time; time.sleep(0.5)"}
    with toy_stack(tmp_path, {"name": "user", "code": SERVE, "after": ["look"]}, step) as process:
        assert wait_until(lambda: read_state(tmp_path).ready)
        assert read_state(tmp_path).steps == {"look": "finished"}
        names = [words[1] for words in events(tmp_path) if words[0] in {"part_started", "part_ended"}]
        assert names == ["name=look", "name=look", "name=user"]
        process.terminate()
        assert process.wait(10) == 0


def test_files_with_secrets_are_readable_by_their_owner_alone(tmp_path):
    with toy_stack(tmp_path, {"name": "server", "code": SERVE}):
        assert wait_until(lambda: read_state(tmp_path).ready)
        modes = {name: (tmp_path / name).stat().st_mode & 0o777 for name in ("stack.json", "stack.env", "stack.lock")}
        assert modes == dict.fromkeys(modes, 0o600)


def test_a_part_starts_as_soon_as_those_it_needs_are_ready(tmp_path):
    needing = {"name": "api", "code": SERVE, "after": ["database"]}
    with toy_stack(tmp_path, {"name": "database", "code": SERVE}, needing):
        assert wait_until(lambda: read_state(tmp_path).ready, within_s=3)


def test_parts_stop_before_those_they_need(tmp_path):
    needing = {"name": "api", "code": SERVE, "after": ["database"]}
    with toy_stack(tmp_path, {"name": "database", "code": SERVE}, needing) as process:
        assert wait_until(lambda: read_state(tmp_path).ready)
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
        assert [words[1] for words in events(tmp_path) if words[0] == "part_ended"] == ["name=api", "name=database"]
        assert processes_of(tmp_path) == []
        assert not is_up(tmp_path)


def test_a_part_that_ignores_sigterm_is_killed(tmp_path):
    with toy_stack(tmp_path, {"name": "stubborn", "code": STUBBORN}) as process:
        assert wait_until(lambda: read_state(tmp_path).ready)
        process.terminate()
        assert process.wait(10) == 0
        assert processes_of(tmp_path) == []


def test_a_dead_part_is_started_again_and_leaves_no_grandchild(tmp_path):
    with toy_stack(tmp_path, {"name": "worker", "code": WITH_GRANDCHILD}):
        assert wait_until(lambda: read_state(tmp_path).ready)
        first = psutil.Process(part_of(tmp_path, "worker")["pid"])
        grandchild = first.children()[0]
        first.kill()
        assert wait_until(lambda: part_of(tmp_path, "worker").get("restarts") == 1 and read_state(tmp_path).ready)
        assert part_of(tmp_path, "worker")["pid"] != first.pid
        assert wait_until(lambda: not grandchild.is_running())


def test_a_part_that_keeps_dying_stops_the_stack_and_is_named(tmp_path):
    with toy_stack(tmp_path, {"name": "server", "code": SERVE}, {"name": "broken", "code": "exit(7)"}) as process:
        assert process.wait(20) == 1
        state = read_state(tmp_path)
        assert state.failed_part == "broken"
        assert "exit code 7" in (state.failure or "")
        assert processes_of(tmp_path) == []


def test_a_step_that_fails_stops_the_stack_with_its_sentence(tmp_path):
    step = {"name": "check", "kind": "step", "code": "import sys; sys.exit('catalog.yaml: no such column.')"}
    with toy_stack(tmp_path, {"name": "server", "code": SERVE}, step) as process:
        assert process.wait(20) == 1
        assert read_state(tmp_path).failure == "check failed: catalog.yaml: no such column."
        assert not read_state(tmp_path).ready


def test_nothing_outlives_a_killed_supervisor(tmp_path):
    with toy_stack(tmp_path, {"name": "worker", "code": WITH_GRANDCHILD}) as guard:
        assert wait_until(lambda: read_state(tmp_path).ready)
        [supervisor] = psutil.Process(guard.pid).children()
        supervisor.kill()
        assert guard.wait(10) == 1
        assert processes_of(tmp_path) == []
        assert "signal 9" in (read_state(tmp_path).failure or "")


def test_nothing_outlives_a_killed_guard(tmp_path):
    with toy_stack(tmp_path, {"name": "worker", "code": WITH_GRANDCHILD}) as guard:
        assert wait_until(lambda: read_state(tmp_path).ready)
        guard.kill()
        assert wait_until(lambda: not processes_of(tmp_path), within_s=10)


def test_nothing_outlives_a_killed_parent_shell(tmp_path):
    stubborn = {"name": "stubborn", "code": STUBBORN}
    with toy_stack(tmp_path, {"name": "worker", "code": WITH_GRANDCHILD}, stubborn, in_shell=True) as parent_shell:
        assert wait_until(lambda: read_state(tmp_path).ready)
        parent_shell.kill()
        assert wait_until(lambda: not processes_of(tmp_path), within_s=10)


def test_nothing_outlives_a_killed_shell_two_levels_up(tmp_path):
    (tmp_path / "Makefile").write_text(f"up:\n\t@{sys.executable} {TOY} {tmp_path}\n")
    (tmp_path / "toy.json").write_text(json.dumps([{"name": "worker", "code": SERVE}]))
    command = ["/bin/sh", "-c", f"make -s -C {tmp_path} up; true"]
    env = {**os.environ, "EXPORTS_HOME": str(tmp_path)}
    with subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as grand_shell:
        try:
            assert wait_until(lambda: read_state(tmp_path).ready)
            grand_shell.kill()
            assert wait_until(lambda: not is_up(tmp_path), within_s=10)
            assert wait_until(lambda: not processes_of(tmp_path), within_s=5)
        finally:
            for left in processes_of(tmp_path):
                with suppress(psutil.NoSuchProcess):
                    left.kill()


def test_two_supervisors_never_share_a_home(tmp_path):
    with toy_stack(tmp_path, {"name": "server", "code": SERVE}):
        assert wait_until(lambda: read_state(tmp_path).ready)
        second = subprocess.run([sys.executable, str(TOY), str(tmp_path)], capture_output=True, text=True, check=False)
        assert second.returncode != 0
        assert "StackAlreadyUp" in second.stderr
        assert read_state(tmp_path).ready
