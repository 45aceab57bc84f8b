"""A query on a thread of its own, so that it can be watched and stopped."""

from collections.abc import Callable, Mapping
from threading import Thread
from typing import Any

import duckdb

from exports_pipeline.adapters.duckdb_errors import query_error
from exports_pipeline.adapters.upload_stream import UploadStream
from exports_pipeline.core.ports import Upload

_LOOK_S = 0.1
_PATIENCE_S = 0.3
"""How long a stopped query may wait for a slow store before its upload is aborted under it."""


def copy(
    connection: duckdb.DuckDBPyConnection,
    statement: str,
    values: Mapping[str, Any],
    *,
    stream: UploadStream,
    upload: Upload,
    tick: Callable[[float], None],
) -> int:
    """Run a COPY into the stream and return the number of rows; DuckDB itself never heeds a signal.

    Whatever `tick` raises stops the query, and comes out when it has stopped.
    """
    running = _Running(connection, statement, values)
    running.start()
    try:
        while running.is_alive():
            running.join(_LOOK_S)
            if running.is_alive():
                tick(min(1.0, max(0.0, connection.query_progress() / 100)))
    except BaseException:
        stream.stop()
        _stop(running, connection, upload)
        raise
    if running.error is not None:
        if stream.error is not None:
            raise stream.error
        if isinstance(running.error, duckdb.Error):
            raise query_error(running.error) from running.error
        raise running.error
    stream.finish()
    tick(1.0)
    return running.rows


def _stop(running: "_Running", connection: duckdb.DuckDBPyConnection, upload: Upload) -> None:
    waited_s = 0.0
    while running.is_alive():
        connection.interrupt()
        running.join(0.02)
        waited_s += 0.02
        if waited_s > _PATIENCE_S:
            upload.abort()


class _Running(Thread):
    def __init__(self, connection: duckdb.DuckDBPyConnection, statement: str, values: Mapping[str, Any]) -> None:
        super().__init__(name="duckdb-copy", daemon=True)
        self._connection, self._statement, self._values = connection, statement, values
        self.rows = 0
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            answer = self._connection.execute(self._statement, dict(self._values)).fetchone()
            self.rows = int(answer[0]) if answer else 0
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits
            self.error = error
