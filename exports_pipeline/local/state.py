"""What the stack tells about itself: a file under EXPORTS_HOME, trusted only while the lock beside it is held."""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from exports_pipeline.core.errors import ExportError
from exports_pipeline.local.folders import private_folder, write_private

_PATIENCE_S = 0.5


class StackAlreadyUp(ExportError):
    """A stack is up on this EXPORTS_HOME already."""

    code = "stack_already_up"


@dataclass(frozen=True, kw_only=True)
class StackState:
    """The stack as its supervisor last saw it."""

    ready: bool = False
    urls: dict[str, str] = field(default_factory=dict)
    parts: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Servers by name: state, pid, restarts."""
    steps: dict[str, str] = field(default_factory=dict)
    """States of the steps before the servers, by name."""
    guard: int | None = None
    """The process to ask to stop."""
    failure: str | None = None
    """Why the stack stopped by itself."""
    failed_part: str | None = None


def publish(home: Path, state: StackState) -> None:
    """Tell others how the stack is."""
    write_private(home / "stack.json", json.dumps(asdict(state), indent=2) + "\n")


def read_state(home: Path) -> StackState:
    """Return how the stack is now; of one that is not up, only why it stopped is still true."""
    path = home / "stack.json"
    if not path.exists():
        return StackState()
    state = StackState(**json.loads(path.read_text(encoding="utf-8")))
    if is_up(home):
        return state
    stopped = {name: part | {"state": "stopped", "pid": None} for name, part in state.parts.items()}
    return replace(state, ready=False, guard=None, parts=stopped)


def is_up(home: Path) -> bool:
    """Tell whether a stack is starting, running or stopping on this home."""
    path = home / "stack.lock"
    if not path.exists():
        return False
    with path.open("rb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


@contextmanager
def held(home: Path) -> Iterator[None]:
    """Hold the home for one stack; the lock also holds in processes forked meanwhile, until the last has ended.

    Raises:
        StackAlreadyUp: another stack holds it.
    """
    descriptor = os.open(private_folder(home) / "stack.lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        _acquire(descriptor)
        yield
    finally:
        os.close(descriptor)


def _acquire(descriptor: int) -> None:
    deadline = time.monotonic() + _PATIENCE_S  # a look at the lock holds it for a moment, too
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() > deadline:
                raise StackAlreadyUp from error
            time.sleep(0.02)
        else:
            return
