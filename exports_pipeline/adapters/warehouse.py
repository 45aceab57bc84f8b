"""The warehouse: DuckDB over a file or a folder, opened read-only for each session."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb

from exports_pipeline.adapters.duckdb_errors import query_error, querying
from exports_pipeline.adapters.duckdb_instance import DuckDbLimits
from exports_pipeline.adapters.duckdb_pool import DuckDbPool
from exports_pipeline.adapters.selection_sql import element_type, is_list, owned_rows_with, relation_name, rows
from exports_pipeline.adapters.warehouse_session import DuckDbSession
from exports_pipeline.core.catalog import Dataset
from exports_pipeline.core.errors import NotConfigured
from exports_pipeline.core.filters import Selection
from exports_pipeline.core.values import has_type
from exports_pipeline.settings import Settings
from exports_pipeline.writers.redaction import HashKey
from exports_pipeline.writers.sql_text import Parameters, identifier, literal
from exports_pipeline.writers.time_text import ZONED

COUNT_PATIENCE_S = 1.0
"""How long a request may wait to learn whether its rows fit its format; the run counts again."""


class _TooLongError(Exception):
    """The time to wait is over."""


class DuckDbWarehouse:
    """`Warehouse` over what lies at a path; a link there is followed anew by each session."""

    def __init__(self, path: Path, *, mask_key: bytes | None = None, limits: DuckDbLimits | None = None) -> None:
        self._pool = DuckDbPool(path, limits or DuckDbLimits())
        self._key = HashKey(mask_key) if mask_key else None

    @contextmanager
    def open(self, _dataset: Dataset | None = None, /) -> Iterator[DuckDbSession]:
        """Start a session on the snapshot that is published now, for any dataset of it."""
        with self._pool.lease() as instance:
            yield DuckDbSession(instance, self._key)

    def missing_values(self, selection: Selection, column: str, values: Sequence[str]) -> list[str]:
        """Those of the values that no row of the selection's owner has in an account or tag column."""
        kind = selection.dataset.types[column]
        element = element_type(kind)
        asked = [value for value in values if has_type(value, element)]
        parameters = Parameters()
        matching = owned_rows_with(selection, column, asked, parameters)
        statement = (
            f"WITH present AS (SELECT DISTINCT {_each(column, kind)} AS value {matching}) "  # noqa: S608 - values are bound
            f"SELECT given FROM (SELECT unnest(CAST({parameters.bind(asked)} AS VARCHAR[])) AS given) "
            f"WHERE TRY_CAST(given AS {element}) IN (SELECT value FROM present)"
        )
        with self.open() as session:
            found = {given for (given,) in session.ask(statement, parameters, selection)}
        return [value for value in values if value not in found]

    def values(self, selection: Selection, column: str, *, prefix: str, limit: int) -> list[str]:
        """Distinct values of a column within the selection, in the order of their type, as text."""
        parameters = Parameters()
        each = _each(column, selection.dataset.types[column])
        statement = (
            f"WITH present AS (SELECT DISTINCT {each} AS value {rows(selection, parameters)}) "  # noqa: S608 - as above
            f"SELECT CAST(value AS VARCHAR) FROM present WHERE value IS NOT NULL "
            f"AND starts_with(CAST(value AS VARCHAR), {parameters.bind(prefix)}) ORDER BY value LIMIT {int(limit)}"
        )
        with self.open() as session:
            return [value for (value,) in session.ask(statement, parameters, selection)]

    def count_up_to(self, selection: Selection, *, most: int) -> int | None:
        """How many rows the selection has, counted no further than `most`; None if that takes over a second."""
        until = time.monotonic() + COUNT_PATIENCE_S

        def tick() -> None:
            if time.monotonic() > until:
                raise _TooLongError

        try:
            with self.open() as session:
                return session.count_up_to(selection, most=most, tick=tick)
        except _TooLongError:
            return None

    def time_range(self, selection: Selection) -> tuple[str, str] | None:
        """First and last date of the selection as ISO dates, in the selection's zone."""
        column = selection.dataset.time
        if column is None:
            return None
        kind, name = selection.dataset.types[column.column], identifier(column.column)
        parameters = Parameters()
        first, last = (_day(f"{edge}({name})", kind, selection.timezone) for edge in ("min", "max"))
        statement = f"SELECT {first}, {last} {rows(selection, parameters)}"
        with self.open() as session:
            [(since, until)] = session.ask(statement, parameters, selection)
        return None if since is None else (since, until)

    def relation_names(self) -> list[str]:
        """The tables and views, sorted, as a catalogue names them: `x`, `schema.x`, `"x.y"`."""
        statement = (
            "SELECT schema_name, table_name AS name FROM duckdb_tables() WHERE NOT internal "
            "AND database_name = current_database() UNION ALL "
            "SELECT schema_name, view_name FROM duckdb_views() WHERE NOT internal "
            "AND database_name = current_database()"
        )
        with self._pool.lease() as instance, querying():
            found = instance.connection.execute(statement).fetchall()
        return sorted(
            _plain(name) if schema == "main" else f"{_plain(schema)}.{_plain(name)}" for schema, name in found
        )

    def relation_types(self, relation: str) -> dict[str, str] | None:
        """DuckDB types of a relation's columns by name, in order; None if there is no such relation."""
        with self._pool.lease() as instance:
            try:
                found = instance.connection.execute(f"DESCRIBE FROM {relation_name(relation)}").fetchall()
            except duckdb.CatalogException:
                return None
            except duckdb.Error as error:
                raise query_error(error) from error
        return {name: kind for name, kind, *_ in found}

    def query_types(self, sql: str) -> dict[str, str]:
        """DuckDB types of the columns of a SELECT by name, in order.

        Raises:
            QueryFailed: the SQL is not one SELECT, or does not fit the warehouse.
        """
        with self.open() as session:
            return session.query_types(sql)

    def ping(self) -> None:
        """Open the warehouse and close it again."""
        with self.open():
            pass


def make_warehouse(settings: Settings) -> DuckDbWarehouse:
    """The warehouse of the settings; nothing is opened before it is used.

    Raises:
        NotConfigured: no warehouse is named.
    """
    if settings.warehouse is None:
        raise NotConfigured("EXPORTS_WAREHOUSE is not set; set it, or start everything with `exports up`.")
    secret = settings.mask_secret
    return DuckDbWarehouse(
        settings.warehouse,
        mask_key=secret.get_secret_value().encode() if secret else None,
        limits=duckdb_limits(settings),
    )


def duckdb_limits(settings: Settings) -> DuckDbLimits:
    """What one session may use by the settings."""
    return DuckDbLimits(
        memory_mb=settings.duckdb_memory_mb,
        threads=settings.duckdb_threads,
        spill_mb=settings.spill_mb,
        spill_folder=settings.spill_folder,
    )


def _each(column: str, kind: str) -> str:
    """A value per row, or per element of a LIST column."""
    return f"unnest({identifier(column)})" if is_list(kind) else identifier(column)


def _day(instant: str, kind: str, timezone: str) -> str:
    """The date of an instant in a zone, as text."""
    if kind == "DATE":
        return f"CAST({instant} AS VARCHAR)"
    zoned = instant if kind in ZONED else f"timezone('UTC', CAST({instant} AS TIMESTAMP))"
    return f"CAST(CAST(timezone({literal(timezone)}, {zoned}) AS DATE) AS VARCHAR)"


def _plain(name: str) -> str:
    return identifier(name) if "." in name or '"' in name else name
