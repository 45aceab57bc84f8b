"""The service's own Postgres as a source of datasets."""

import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import timedelta

from exports_pipeline.adapters.duckdb_instance import DuckDbLimits
from exports_pipeline.adapters.postgres_selection import PostgresParameters, named, owned_rows_with, rows, typed
from exports_pipeline.adapters.postgres_session import PostgresSession
from exports_pipeline.adapters.postgres_snapshot import PostgresSnapshot, postgres_snapshot
from exports_pipeline.adapters.postgres_types import postgres_type
from exports_pipeline.adapters.selection_sql import element_type, is_list
from exports_pipeline.adapters.warehouse import COUNT_PATIENCE_S
from exports_pipeline.core.catalog import Dataset
from exports_pipeline.core.filters import Selection
from exports_pipeline.core.values import has_type
from exports_pipeline.writers.redaction import HashKey


class _TooLongError(Exception):
    """The time to wait is over."""


class PostgresWarehouse:
    """`Warehouse` over the database at a URL; each session has a connection of its own."""

    def __init__(
        self,
        url: str,
        *,
        mask_key: bytes | None = None,
        limits: DuckDbLimits | None = None,
        time_limit: timedelta = timedelta(minutes=120),
    ) -> None:
        self._url, self._time_limit = url, time_limit
        self._key = HashKey(mask_key) if mask_key else None
        self._limits = limits or DuckDbLimits()

    @contextmanager
    def open(self, _dataset: Dataset | None = None, /) -> Iterator[PostgresSession]:
        """Start a session on a snapshot of this moment."""
        with self.read() as snapshot, closing(PostgresSession(snapshot, self._limits, self._key)) as session:
            yield session

    @contextmanager
    def read(self) -> Iterator[PostgresSnapshot]:
        """Look at the database itself, at a snapshot of this moment."""
        with postgres_snapshot(self._url, time_limit=self._time_limit) as snapshot:
            yield snapshot

    def missing_values(self, selection: Selection, column: str, values: Sequence[str]) -> list[str]:
        """Those of the values that no row of the selection's owner has in an account or tag column."""
        kind = selection.dataset.types[column]
        parameters = PostgresParameters()
        each = _each(column, kind)
        found = owned_rows_with(selection, column, values, parameters)
        with self._seen(selection) as snapshot:
            present = {value for (value,) in snapshot.ask(f"SELECT DISTINCT {each} {found}", parameters.values)}
        return [value for value in values if not has_type(value, kind) or typed(value, kind) not in present]

    def values(self, selection: Selection, column: str, *, prefix: str, limit: int) -> list[str]:
        """Distinct values of a column within the selection, in the order of their type, as text."""
        kind, parameters = selection.dataset.types[column], PostgresParameters()
        order = 'value COLLATE "C"' if element_type(kind) == "VARCHAR" else "value"
        statement = (
            f"SELECT value::text FROM (SELECT DISTINCT {_each(column, kind)} AS value {rows(selection, parameters)}) "  # noqa: S608 - names are quoted, values bound
            f"AS present WHERE value IS NOT NULL AND starts_with(value::text, {parameters.bind(prefix)}::text) "
            f"ORDER BY {order} LIMIT {int(limit)}"
        )
        if "\x00" in prefix:
            return []
        with self._seen(selection) as snapshot:
            return [value for (value,) in snapshot.ask(statement, parameters.values)]

    def count_up_to(self, selection: Selection, *, most: int) -> int | None:
        """How many rows the selection has, counted no further than `most`; None if that takes over a second."""
        until = time.monotonic() + COUNT_PATIENCE_S

        def tick() -> None:
            if time.monotonic() > until:
                raise _TooLongError

        parameters = PostgresParameters()
        statement = f"SELECT count(*) FROM (SELECT 1 {rows(selection, parameters)} LIMIT {int(most)}) AS first_rows"  # noqa: S608 - as above
        try:
            with self._seen(selection) as snapshot:
                [(counted,)] = snapshot.ask(statement, parameters.values, tick=tick)
        except _TooLongError:
            return None
        return int(counted)

    def time_range(self, selection: Selection) -> tuple[str, str] | None:
        """First and last date of the selection as ISO dates, in the selection's zone."""
        column = selection.dataset.time
        if column is None:
            return None
        kind, name, parameters = selection.dataset.types[column.column], named(column.column), PostgresParameters()
        zone = parameters.bind(selection.timezone)
        first, last = (_day(f"{edge}({name})", kind, zone) for edge in ("min", "max"))
        statement = f"SELECT {first}, {last} {rows(selection, parameters)}"
        with self._seen(selection) as snapshot:
            [(since, until)] = snapshot.ask(statement, parameters.values)
        return None if since is None else (since, until)

    @contextmanager
    def _seen(self, selection: Selection) -> Iterator[PostgresSnapshot]:
        """Look at what a selection's owner may see."""
        with self.read() as snapshot:
            snapshot.see(selection)
            yield snapshot

    def ping(self) -> None:
        """Connect once."""
        with self.read():
            pass


def _each(column: str, kind: str) -> str:
    """A value per row, or per element of a LIST column, as the filter compares it."""
    each = f"unnest({named(column)})" if is_list(kind) else named(column)
    return f"{each}::{postgres_type(kind)}"


def _day(instant: str, kind: str, zone: str) -> str:
    """The date of an instant in a zone, as text."""
    if kind == "DATE":
        return f"{instant}::text"
    zoned = f"({instant} AT TIME ZONE 'UTC')" if kind == "TIMESTAMP" else instant
    return f"({zoned} AT TIME ZONE {zone}::text)::date::text"
