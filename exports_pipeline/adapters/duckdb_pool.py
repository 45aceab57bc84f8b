"""DuckDB instances kept for the next session, without holding the warehouse meanwhile."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from exports_pipeline.adapters.duckdb_errors import opening
from exports_pipeline.adapters.duckdb_instance import DuckDbInstance, DuckDbLimits
from exports_pipeline.adapters.warehouse_source import Source, find_source

_MAX_IDLE = 4


class DuckDbPool:
    """Instances for sessions, one each at a time."""

    def __init__(self, path: Path, limits: DuckDbLimits) -> None:
        self._path = path
        self._limits = limits
        self._idle: list[DuckDbInstance] = []
        self._lock = Lock()
        self._owner = os.getpid()

    @contextmanager
    def lease(self) -> Iterator[DuckDbInstance]:
        """An instance on the version published now, attached until the end; one that failed is not used again.

        Raises:
            WarehouseBusy, WarehouseUnavailable.
        """
        with opening():
            instance = self._take(find_source(self._path))
            try:
                instance.attach()
            except BaseException:
                instance.close()
                raise
        try:
            yield instance
            instance.detach()
        except BaseException:
            instance.close()
            raise
        self._give_back(instance)

    def _take(self, source: Source) -> DuckDbInstance:
        with self._lock:
            if self._owner != os.getpid():
                # The threads of an instance do not survive a fork; closing it here would wait for them.
                _lost_in_fork.extend(self._idle)
                self._idle, self._owner = [], os.getpid()
            stale = [instance for instance in self._idle if instance.source != source]
            self._idle = [instance for instance in self._idle if instance.source == source]
            found = self._idle.pop() if self._idle else None
        for instance in stale:
            instance.close()
        return found or DuckDbInstance(source, self._limits)

    def _give_back(self, instance: DuckDbInstance) -> None:
        with self._lock:
            if len(self._idle) < _MAX_IDLE:
                self._idle.append(instance)
                return
        instance.close()


_lost_in_fork: list[DuckDbInstance] = []
"""Kept so that the garbage collector does not close them."""
