"""Child processes that never outlive the stack: who dies with whom, and who is below whom."""

import contextlib
import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path
from typing import BinaryIO

from exports_pipeline.local.part import Part

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def die_with_parent(with_signal: signal.Signals) -> None:
    """Ask Linux to send this process a signal when its parent dies, however that happens."""
    _libc().prctl(_PR_SET_PDEATHSIG, with_signal)


def adopt_orphans() -> None:
    """Become the new parent of every descendant whose own parent dies, so that none gets out of sight."""
    _libc().prctl(_PR_SET_CHILD_SUBREAPER, 1)


def spawn(part: Part, *, env: Mapping[str, str], cwd: Path, log: BinaryIO) -> subprocess.Popen[bytes]:
    """Start a part in a session of its own; it is killed when the calling process dies."""
    parent = os.getpid()
    _libc()

    def prepare() -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        die_with_parent(signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)

    return subprocess.Popen(  # noqa: S603 - our own words
        part.command,
        env=dict(env),
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=prepare,  # noqa: PLW1509 - the caller has one thread
    )


def await_signal(signals: Collection[signal.Signals], timeout_s: float) -> signal.Signals | None:
    """Wait for one of these blocked signals; None when none came in time.

    After a stop (Ctrl-Z, a debugger) that outlasts the time, CPython 3.11 answers with memory it never wrote.
    """
    noticed = signal.sigtimedwait(signals, timeout_s)
    return signal.Signals(noticed.si_signo) if noticed is not None and noticed.si_signo in signals else None


def reap() -> list[tuple[int, int]]:
    """Collect every child that has ended, own or adopted, as (pid, exit code; negative for a signal)."""
    ended = []
    with contextlib.suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                break
            ended.append((pid, os.waitstatus_to_exitcode(status)))
    return ended


def exit_code(pid: int) -> int | None:
    """Return the exit code of an own child, negative for a signal; None while it runs."""
    ended, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if ended else None


def redirect_output(log: Path) -> None:
    """Send what this process says from now on to the end of a file, and let it read nothing."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    end = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    for source, target in ((nothing, 0), (end, 1), (end, 2)):
        os.dup2(source, target)
    os.close(nothing)
    os.close(end)


def parent_of(pid: int) -> int | None:
    """Return the parent of a process; None when there is no such process."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    return int(stat.rpartition(")")[2].split()[1])


def descendants(pid: int) -> list[int]:
    """Return every process below this one, parents before children."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (parent := parent_of(int(entry.name))) is not None:
            children.setdefault(parent, []).append(int(entry.name))
    below = list(children.get(pid, ()))
    for child in below:
        below.extend(children.get(child, ()))
    return below


def kill_session(pid: int) -> None:
    """Kill a part and all that stayed in its process group."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def kill_descendants(*, grace_s: float = 0.0) -> None:
    """Wait a while for every descendant of this process to end, then kill those that are left."""
    deadline = time.monotonic() + grace_s
    while below := descendants(os.getpid()):
        if time.monotonic() >= deadline:
            for pid in below:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        reap()
        time.sleep(0.02)


def lineage() -> dict[int, int | None]:
    """Return this process and those above it in the same session, each with its parent.

    When one of these pairs no longer holds, somebody this process was started by has died: a shell, or the shell
    that called `make`.
    """
    session, pid = os.getsid(0), os.getpid()
    pairs = {pid: parent_of(pid)}
    while (parent := pairs[pid]) is not None and parent > 1 and _session_of(parent) == session:
        grandparent = parent_of(parent)
        if grandparent is None or _session_of(grandparent) != session:
            break
        pid = parent
        pairs[pid] = grandparent
    return pairs


def _session_of(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except (ProcessLookupError, PermissionError):
        return None
