"""A part of the stack, started by itself for a test."""

import os
import signal
import subprocess
import time
from contextlib import contextmanager


@contextmanager
def started(part, home, environment=None, *, cwd=None, stop=None, within_s=60):
    """The process of a part once its probe says that it is ready; what it says is in a log of its name."""
    log = home / f"{part.name}.log"
    log.touch()
    begin = log.stat().st_size
    with log.open("ab") as file:
        process = subprocess.Popen(
            part.command,
            env={**os.environ, **part.env, **(environment or {})},
            stdout=file,
            stderr=subprocess.STDOUT,
            cwd=cwd or home,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + within_s
        while not part.probe.is_ready(log.read_bytes()[begin:]):
            assert process.poll() is None, log.read_text(encoding="utf-8")
            assert time.monotonic() < deadline, log.read_text(encoding="utf-8")
            time.sleep(0.02)
        yield process
    finally:
        _end(process, stop or part.stop_signal)


def _end(process, stop: signal.Signals):
    process.send_signal(stop)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
