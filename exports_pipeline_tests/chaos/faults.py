"""The faults of a chaos run: one at a time, chosen by a seed, each over before the next begins."""

import json
import sys
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from random import Random

import psutil

from exports_pipeline_tests.chaos.s3_proxy import MOODS, WELL
from exports_pipeline_tests.journey.running_stack import wait_until

PARTS = ("api", "webserver", "daemon", "code_server", "broker", "worker", "postgres")
KILLS = (*PARTS, "worker child", "object_store")
PAUSES = ("api", "worker child", "postgres", "broker", "daemon", "object_store", "code_server", "webserver")
PAUSE_S = (2, 9)
"""Shorter and longer than an attempt may be silent."""
BACK_WITHIN_S = 60


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Something that was done to a part, and when."""

    kind: str
    """kill, pause or s3."""
    target: str
    began_at: float
    """By the clock of the wall."""
    seconds: float
    """Until the part was back."""


class Saboteur:
    """Does harm to a stack, and undoes what would not heal by itself."""

    def __init__(self, stack, store, proxy, seed) -> None:
        self._stack, self._store, self._proxy = stack, store, proxy
        self._rng = Random(f"{seed}:faults")  # noqa: S311 - a seed, not a secret
        self.done: list[Fault] = []

    def harm(self, until: float) -> None:
        """Do one thing after the other until the time is over; everything once before anything twice."""
        plan = []
        while time.monotonic() < until:
            if not plan:
                plan = [("kill", part) for part in KILLS]
                plan += [("pause", part) for part in PAUSES] + [("s3", mood) for mood in MOODS]
                self._rng.shuffle(plan)
            kind, target = plan.pop()
            began_at, began = time.time(), time.monotonic()
            {"kill": self._kill, "pause": self._pause, "s3": self._upset}[kind](target)
            fault = Fault(kind=kind, target=target, began_at=began_at, seconds=time.monotonic() - began)
            self.done.append(fault)
            sys.stdout.write(f"  {fault.kind} {fault.target}: {fault.seconds:.1f} s\n")
            sys.stdout.flush()
            time.sleep(self._rng.uniform(0.2, 1.5))

    @property
    def counts(self) -> Counter:
        return Counter(fault.kind for fault in self.done)

    def _kill(self, target: str) -> None:
        if target == "object_store":
            self._store.kill()
            time.sleep(self._rng.uniform(0.5, 5))
            self._store.start()
        elif target == "worker child":
            with suppress(psutil.NoSuchProcess, IndexError):
                self._child().kill()
        else:
            old_pid = self._pid(target)
            psutil.Process(old_pid).kill()
            wait_until(lambda: self._is_back(target, old_pid), within_s=BACK_WITHIN_S, told=f"{target} back")

    def _pause(self, target: str) -> None:
        pid = self._store.pid if target == "object_store" else None
        root = self._child() if target == "worker child" else psutil.Process(pid or self._pid(target))
        stopped = []
        try:
            for process in (root, *root.children(recursive=True)):
                with suppress(psutil.NoSuchProcess):
                    process.suspend()
                    stopped.append(process)
            time.sleep(self._rng.uniform(*PAUSE_S))
        finally:
            for process in reversed(stopped):
                with suppress(psutil.NoSuchProcess):
                    process.resume()

    def _upset(self, mood: str) -> None:
        self._proxy.mood = mood
        try:
            time.sleep(self._rng.uniform(2, 5))
        finally:
            self._proxy.mood = WELL

    def _child(self) -> psutil.Process:
        return self._rng.choice(psutil.Process(self._pid("worker")).children())

    def _pid(self, part: str) -> int:
        return wait_until(lambda: self._parts()[part]["pid"], within_s=BACK_WITHIN_S, told=f"a pid of {part}")

    def _is_back(self, part: str, old_pid: int) -> bool:
        now = self._parts()[part]
        return now["state"] == "running" and now["pid"] not in {None, old_pid}

    def _parts(self):
        return json.loads((self._stack.home / "stack.json").read_text())["parts"]
