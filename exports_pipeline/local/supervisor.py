"""The supervisor: starts the parts as soon as what they need is ready, starts dead ones again, stops them all."""

import logging
import os
import signal
import subprocess
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from exports_pipeline.local.folders import log_file, private_folder, write_private
from exports_pipeline.local.part import Kind, Part
from exports_pipeline.local.processes import (
    adopt_orphans,
    await_signal,
    descendants,
    kill_descendants,
    kill_session,
    reap,
    spawn,
)
from exports_pipeline.local.stack import Stack
from exports_pipeline.local.state import StackState, publish
from exports_pipeline.local.variables import shell_variables

SIGNALS = (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
READY_WITHIN_S = 120.0
DEATHS_ALLOWED = 6
DEATHS_ALLOWED_BEFORE_READY = 3
DEATHS_WINDOW_S = 60.0
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.2, 5.0
GRACE_S = 3.0
"""How long a part may take to stop; all of them together end well within ten seconds."""

_log = logging.getLogger(__name__)


@dataclass(kw_only=True)
class Member:
    """A part as it fares: waiting, starting, running, finished, pausing or stopped."""

    part: Part
    state: str = "waiting"
    child: subprocess.Popen[bytes] | None = None
    restarts: int = 0
    deaths: deque[float] = field(default_factory=lambda: deque(maxlen=DEATHS_ALLOWED))
    was_ready: bool = False
    """Parts after this one may start."""
    started_at_s: float = 0.0
    start_due_s: float = 0.0
    look_due_s: float = 0.0
    log_offset_bytes: int = 0
    kill_due_s: float | None = None


class Supervisor:
    """Runs one stack until it is told to stop or a part cannot be kept alive; has one thread, on purpose."""

    def __init__(self, stack: Stack, *, inherited: Mapping[str, str], guard: int) -> None:
        self._stack = stack
        self._env = {name: value for name, value in inherited.items() if name not in stack.dropped} | dict(stack.env)
        self._guard = guard
        self._members = {part.name: Member(part=part) for part in stack.parts}
        self._failure: str | None = None
        self._failed_part: str | None = None
        self._published: StackState | None = None

    def run(self) -> int:
        """Run the stack; answers 0 after a stop that was asked for, 1 after a failure."""
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        adopt_orphans()
        private_folder(self._stack.home / "run")
        write_private(self._stack.home / "stack.env", shell_variables(self._stack.env))
        self._publish()
        try:
            while self._failure is None:
                self._look()
                self._start_due()
                self._publish()
                busy = any(member.state in {"starting", "pausing"} for member in self._members.values())
                noticed = await_signal(SIGNALS, 0.05 if busy else 5.0)
                if noticed is not None and noticed != signal.SIGCHLD:
                    _log.info("stop_requested signal=%s", noticed.name)
                    break
                self._collect()
        finally:
            self._stop_all()
            self._publish()
        return 0 if self._failure is None else 1

    def _start_due(self) -> None:
        now = time.monotonic()
        for member in self._members.values():
            if member.state == "waiting":
                if all(self._members[name].was_ready for name in member.part.after):
                    self._start(member)
            elif member.state == "pausing" and now >= member.start_due_s:
                self._start(member)

    def _start(self, member: Member) -> None:
        part = member.part
        path = log_file(self._stack.home, part.name)
        with path.open("ab") as log:
            member.log_offset_bytes = log.tell()
            member.child = spawn(part, env=self._env | dict(part.env), cwd=self._stack.home / "run", log=log)
        member.state = "starting"
        member.started_at_s = time.monotonic()
        _log.info("part_started name=%s pid=%s", part.name, member.child.pid)

    def _look(self) -> None:
        for member in self._members.values():
            now = time.monotonic()
            if member.state != "starting":
                continue
            seconds = now - member.started_at_s
            if member.part.probe is not None and now >= member.look_due_s:
                member.look_due_s = now + member.part.probe.pause_s
                if member.part.probe.is_ready(self._fresh_log(member)):
                    self._settle(member, "running")
                    continue
            if seconds > READY_WITHIN_S and not member.was_ready:
                self._fail(member, f"was not ready within {READY_WITHIN_S:.0f} s")

    def _fresh_log(self, member: Member) -> bytes:
        with (self._stack.home / "logs" / f"{member.part.name}.log").open("rb") as log:
            log.seek(member.log_offset_bytes)
            return log.read(1_000_000)

    def _settle(self, member: Member, state: str) -> None:
        member.state = state
        member.was_ready = True
        seconds = time.monotonic() - member.started_at_s
        _log.info("part_became_ready name=%s seconds=%.2f", member.part.name, seconds)
        if self._is_ready():
            _log.info("stack_became_ready")

    def _is_ready(self) -> bool:
        return all(member.state in {"running", "finished"} for member in self._members.values())

    def _collect(self) -> None:
        by_pid = {member.child.pid: member for member in self._members.values() if member.child is not None}
        for pid, code in reap():
            if (member := by_pid.get(pid)) is not None and member.child is not None:
                member.child.returncode = code
                member.child = None
                kill_session(pid)
                self._record_end(member, code)
        alive = {member.child.pid for member in self._members.values() if member.child is not None}
        if not alive.issuperset(by_pid):
            self._kill_strays(alive)

    def _kill_strays(self, alive: set[int]) -> None:
        """Kill what a dead part left behind in sessions of its own; orphans were adopted by this process."""
        below = descendants(os.getpid())
        kept = alive.union(*(descendants(pid) for pid in alive)) if alive else set()
        for pid in set(below) - kept:
            kill_session(pid)

    def _record_end(self, member: Member, code: int) -> None:
        name = member.part.name
        _log.info("part_ended name=%s code=%s", name, code)
        if member.kill_due_s is not None:
            member.state = "stopped"
        elif member.part.kind is Kind.STEP:
            if code == 0:
                self._settle(member, "finished")
            else:
                said = self._fresh_log(member).decode(errors="replace").strip()
                sentence = said.splitlines()[-1] if "Traceback" in said else said
                self._fail(member, f"failed: {sentence}" if said else f"failed with exit code {code}")
        else:
            self._pause(member, code)

    def _pause(self, member: Member, code: int) -> None:
        now = time.monotonic()
        member.deaths.append(now)
        recent = sum(1 for at in member.deaths if now - at <= DEATHS_WINDOW_S)
        if recent >= (DEATHS_ALLOWED if member.was_ready else DEATHS_ALLOWED_BEFORE_READY):
            self._fail(member, f"died {recent} times within {DEATHS_WINDOW_S:.0f} s, last with exit code {code}")
            return
        member.restarts += 1
        member.state = "pausing"
        member.start_due_s = now + min(FIRST_PAUSE_S * 2 ** (recent - 1), LONGEST_PAUSE_S)

    def _fail(self, member: Member, how: str) -> None:
        member.state = "failed"
        self._failed_part = member.part.name
        self._failure = f"{member.part.name} {how}"
        _log.error("stack_failed part=%s reason=%r", member.part.name, how)

    def _stop_all(self) -> None:
        """Stop every part once nothing that needs it is left, and leave no process behind."""
        while alive := {name: member for name, member in self._members.items() if member.child is not None}:
            needed = set().union(*(self._stack.needs(name) for name in alive))
            for name, member in alive.items():
                if member.child is None:
                    continue
                if member.kill_due_s is None and name not in needed:
                    member.kill_due_s = time.monotonic() + GRACE_S
                    member.child.send_signal(member.part.stop_signal)
                elif member.kill_due_s is not None and time.monotonic() > member.kill_due_s:
                    kill_session(member.child.pid)
            await_signal((signal.SIGCHLD,), 0.05)
            self._collect()
        kill_descendants()
        _log.info("stack_stopped")

    def _publish(self) -> None:
        members = self._members.values()
        servers = {
            member.part.name: {
                "state": member.state,
                "pid": None if member.child is None else member.child.pid,
                "restarts": member.restarts,
            }
            for member in members
            if member.part.kind is Kind.SERVER
        }
        state = StackState(
            ready=self._is_ready(),
            urls=dict(self._stack.urls),
            parts=servers,
            steps={member.part.name: member.state for member in members if member.part.kind is Kind.STEP},
            guard=self._guard,
            failure=self._failure,
            failed_part=self._failed_part,
        )
        if state != self._published:
            publish(self._stack.home, state)
            self._published = state
