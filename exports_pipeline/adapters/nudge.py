"""Dispatches in the background, so that whoever frees or fills the queue need not wait."""

import os
from collections.abc import Callable
from threading import Event, Lock, Thread

import structlog

from exports_pipeline.core.errors import ExportError

_log = structlog.get_logger()


class Nudge:
    """Calls an action in a thread of its own; calls that come while it works are answered by one more round.

    Works across a fork: a child starts a thread of its own on its first call.
    """

    def __init__(self, action: Callable[[], object], *, name: str = "dispatch") -> None:
        self._action, self._name = action, name
        self._wanted = Event()
        self._lock = Lock()
        self._owner_pid = 0

    def __call__(self) -> None:
        """Ask for a round and return at once."""
        with self._lock:
            if self._owner_pid != os.getpid():
                self._owner_pid = os.getpid()
                self._wanted = Event()
                Thread(target=self._serve, args=(self._wanted,), name=self._name, daemon=True).start()
        self._wanted.set()

    def _serve(self, wanted: Event) -> None:
        while wanted.wait():
            wanted.clear()
            try:
                self._action()
            except ExportError as error:
                _log.warning(f"{self._name}_failed", code=error.code, reason=repr(error.__cause__))
            except Exception:  # noqa: BLE001 - the edge of a thread; the next round may do better
                _log.exception(f"{self._name}_failed", code="internal_error")
