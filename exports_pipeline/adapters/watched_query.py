"""A query on a thread of its own, so that it can be watched and stopped; DuckDB itself never heeds a signal."""

from collections.abc import Callable
from threading import Thread
from typing import Generic, Protocol, TypeVar

from exports_pipeline.adapters.duckdb_errors import query_error
from exports_pipeline.adapters.upload_stream import UploadStream
from exports_pipeline.core.data_ports import Upload

_LOOK_S = 0.1
_PATIENCE_S = 0.3
"""How long a stopped query may wait for a slow store before its upload is aborted under it."""
T = TypeVar("T")


class Interruptible(Protocol):
    """A connection whose query can be stopped from another thread, any number of times."""

    def interrupt(self) -> None:
        """Stop the query that runs, if one does."""


def watch(
    work: Callable[[], int],
    connection: Interruptible,
    *,
    share: Callable[[], float],
    stream: UploadStream,
    upload: Upload,
    tick: Callable[[float], None],
) -> int:
    """Run work that writes into the stream, and return its number of rows.

    `tick` is called with the share done, in the calling thread; whatever it raises stops the query, and comes out
    when the query has stopped.
    """
    running = _Running(work)
    try:
        running.watch(lambda: tick(min(1.0, max(0.0, share()))))
    except BaseException:
        stream.stop()
        _stop(running, connection, upload)
        raise
    if running.error is not None:
        # What the upload raised reaches DuckDB as a text only.
        raise stream.error or query_error(running.error) from running.error
    stream.finish()
    tick(1.0)
    return running.answer


def watch_answer(work: Callable[[], T], connection: Interruptible, *, tick: Callable[[], None]) -> T:
    """Run work that asks the warehouse, and return its answer; `tick` stops it as above."""
    running = _Running(work)
    try:
        running.watch(tick)
    except BaseException:
        _stop(running, connection)
        raise
    if running.error is not None:
        raise query_error(running.error) from running.error
    return running.answer


def _stop(running: "_Running[T]", connection: Interruptible, upload: Upload | None = None) -> None:
    waited_s = 0.0
    while running.is_alive():
        connection.interrupt()
        running.join(0.02)
        waited_s += 0.02
        if upload is not None and waited_s > _PATIENCE_S:
            upload.abort()


class _Running(Thread, Generic[T]):
    answer: T

    def __init__(self, work: Callable[[], T]) -> None:
        super().__init__(name="duckdb-query", daemon=True)
        self._work = work
        self.error: Exception | None = None

    def watch(self, tick: Callable[[], None]) -> None:
        self.start()
        while self.is_alive():
            self.join(_LOOK_S)
            if self.is_alive():
                tick()

    def run(self) -> None:
        try:
            self.answer = self._work()
        except Exception as error:  # noqa: BLE001 - raised again in the thread that waits
            self.error = error
