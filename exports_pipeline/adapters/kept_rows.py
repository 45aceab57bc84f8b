"""Kept results of exports: downloaded, then read by a DuckDB that can reach nothing else."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from exports_pipeline.adapters.difference_sql import find_difference
from exports_pipeline.adapters.duckdb_errors import opening
from exports_pipeline.adapters.duckdb_instance import DuckDbInstance, DuckDbLimits
from exports_pipeline.adapters.spill_folder import SpillFolder
from exports_pipeline.adapters.warehouse_session import DuckDbSession
from exports_pipeline.adapters.warehouse_source import Source
from exports_pipeline.adapters.watched_query import watch_answer
from exports_pipeline.core.difference import Difference
from exports_pipeline.core.kept_result import RELATION, Kept
from exports_pipeline.core.manifest import Snapshot
from exports_pipeline.writers.kept_file import restored
from exports_pipeline.writers.sql_text import identifier

_LATER = "later"
_EARLIER = "earlier"


class KeptSession(DuckDbSession):
    """`WarehouseSession` on the rows of one kept result."""

    def __init__(self, instance: DuckDbInstance, snapshot: Snapshot) -> None:
        super().__init__(instance, None)
        self._snapshot = snapshot

    @property
    def snapshot(self) -> Snapshot:
        """The version of the warehouse that the rows were kept of."""
        return self._snapshot


class DuckDbKeptRows:
    """`KeptRows` over files in a spill folder, which goes with its process however that ends."""

    def __init__(self, limits: DuckDbLimits) -> None:
        self._limits = limits

    @contextmanager
    def open(self, kept: Kept, *, snapshot: Snapshot) -> Iterator[KeptSession]:
        """Start a session on the rows of a kept result."""
        with self._reading({RELATION: kept}) as instance:
            yield KeptSession(instance, snapshot)

    def compare(
        self, earlier: Kept, later: Kept, *, key: Sequence[str], most: int, tick: Callable[[], None] = lambda: None
    ) -> Difference:
        """What differs between two kept results, by key or by whole rows."""
        with self._reading({_EARLIER: earlier, _LATER: later}) as instance:
            connection = instance.connection
            before, after = ((name, kept.result.columns) for name, kept in ((_EARLIER, earlier), (_LATER, later)))
            return watch_answer(
                lambda: find_difference(connection, before, after, key=tuple(key), most=most), connection, tick=tick
            )

    @contextmanager
    def _reading(self, kept_by_name: dict[str, Kept]) -> Iterator[DuckDbInstance]:
        """An instance with a view for each kept result; what is downloaded is removed at the end."""
        with ExitStack() as stack:
            with opening():
                folder = SpillFolder(self._limits.spill_folder)
                stack.callback(folder.remove)
                views = tuple(
                    (f"{name}_file", _download(kept, folder.path / f"{name}.parquet"))
                    for name, kept in kept_by_name.items()
                )
                instance = DuckDbInstance(Source(path=folder.path, alias="memory", views=views), self._limits)
                stack.callback(instance.close)
                for name, kept in kept_by_name.items():
                    instance.connection.execute(
                        f"CREATE VIEW {identifier(name)} AS SELECT {restored(kept.result.columns)} "  # noqa: S608 - quoted
                        f"FROM {identifier(f'{name}_file')}"
                    )
            yield instance


def _download(kept: Kept, path: Path) -> Path:
    with path.open("wb") as file:
        file.writelines(kept.pieces)
    return path
