"""Does the same thing again and again in the background, whatever comes of it."""

from collections.abc import Callable
from threading import Event, Thread

import structlog

from exports_pipeline.core.errors import ExportError

_log = structlog.get_logger()


class Rounds:
    """Calls an action every so often in a thread of its own, from `start` to `stop`."""

    def __init__(self, action: Callable[[], object], *, every_s: float) -> None:
        self._action = action
        self._every_s = every_s
        self._is_over = Event()

    def start(self) -> None:
        """Begin with the first round."""
        Thread(target=self._serve, name="rounds", daemon=True).start()

    def stop(self) -> None:
        """Let the round that is under way be the last; waits for nothing."""
        self._is_over.set()

    def _serve(self) -> None:
        while not self._is_over.wait(self._every_s):
            try:
                self._action()
            except ExportError as error:
                _log.warning("round_failed", code=error.code, reason=repr(error.__cause__))
            except Exception:  # noqa: BLE001 - the edge of a thread; the next round may do better
                _log.exception("round_failed", code="internal_error")
