"""The connection that a copy reads from serves one thread at a time, although Arrow reads ahead in its own."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event

import pytest

from exports_pipeline.adapters.postgres_copy import BLOCK_BYTES, RowsCopy
from exports_pipeline.core.refusals import QueryTooLarge
from exports_pipeline_tests.tables import everything


class _Lines:
    """A COPY without end; every read but the first few takes long, or lasts until it is interrupted."""

    def __init__(self, *, hangs: bool) -> None:
        self._hangs = hangs
        self._sent = 0
        self.interrupted = Event()
        self.is_being_read = False

    def read(self) -> bytes:
        self.is_being_read = True
        self._sent += 1
        if self._sent > 3:  # the first block is written while the second is read ahead
            self.interrupted.wait(60) if self._hangs else time.sleep(0.5)
        self.is_being_read = False
        return b"c0\n" if self._sent == 1 else (b"x" * 1000 + b"\n") * (BLOCK_BYTES // 1000)


class _Snapshot:
    """`PostgresSnapshot` as far as a copy knows it; it remembers whether the COPY was left while it was read."""

    def __init__(self, lines: _Lines) -> None:
        self.lines = lines
        self.was_read_when_left: bool | None = None
        self.interrupt = lines.interrupted.set

    @contextmanager
    def copying(self, _statement: str, _values: object) -> Iterator[_Lines]:
        try:
            yield self.lines
        finally:
            self.was_read_when_left = self.lines.is_being_read


@pytest.mark.parametrize("hangs", [False, True], ids=["slow", "hanging"])
def test_a_copy_is_left_only_when_nobody_reads_from_it(postgres_tables, tmp_path, hangs):
    dataset = postgres_tables.described("asked", {"text": "VARCHAR"}, sql="SELECT 'x' AS text")
    snapshot = _Snapshot(_Lines(hangs=hangs))
    with pytest.raises(QueryTooLarge):
        RowsCopy(snapshot, everything(dataset), most_bytes=1).write(tmp_path / "copy.parquet")
    assert snapshot.was_read_when_left is False
