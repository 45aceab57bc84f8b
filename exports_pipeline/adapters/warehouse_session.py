"""One export's session with DuckDB."""

from collections.abc import Callable
from typing import Any

import duckdb

from exports_pipeline.adapters.copying import copy
from exports_pipeline.adapters.duckdb_errors import querying
from exports_pipeline.adapters.duckdb_instance import DuckDbInstance
from exports_pipeline.adapters.selection_sql import rows as rows_sql
from exports_pipeline.adapters.upload_stream import UPLOAD_URL, UploadStream
from exports_pipeline.core.errors import QueryFailed
from exports_pipeline.core.filters import Selection
from exports_pipeline.core.formats import Format, FormatOptions
from exports_pipeline.core.ports import Upload
from exports_pipeline.writers.redaction import MASK, HashKey
from exports_pipeline.writers.registry import copy_plan
from exports_pipeline.writers.sql_text import Parameters, identifier, literal

ORDERED_ROWS = 1_000_000
"""Up to here a file has the order of the warehouse, and the same bytes each time; above, order costs memory."""


class DuckDbSession:
    """`WarehouseSession` over one instance."""

    def __init__(self, instance: DuckDbInstance, key: HashKey | None) -> None:
        self._instance = instance
        self._key = key
        self._counted: tuple[Selection, int] | None = None

    def count(self, selection: Selection) -> int:
        """How many rows the selection has."""
        if self._counted is None or self._counted[0] != selection:
            parameters = Parameters()
            [(rows,)] = self.ask(f"SELECT count(*) {rows_sql(selection, parameters)}", parameters, selection)
            self._counted = (selection, rows)
        return self._counted[1]

    def write(
        self,
        selection: Selection,
        upload: Upload,
        *,
        file_format: Format,
        options: FormatOptions,
        tick: Callable[[float], None],
    ) -> int:
        """Write the selection into the upload as a file and return the number of rows."""
        ordered = "true" if self.count(selection) <= ORDERED_ROWS else "false"
        parameters = Parameters()
        plan = copy_plan(selection.columns, file_format, options, key=self._key, parameters=parameters)
        select = f"SELECT {plan.select} {rows_sql(selection, parameters)}"
        self._instance.connection.execute(f"SET preserve_insertion_order = {ordered}")
        stream = UploadStream(upload, prefix=plan.prefix, packing=plan.packing)
        self._instance.filesystem.stream = stream
        return copy(
            self._instance.connection,
            f"COPY ({select}) TO {literal(UPLOAD_URL)} ({plan.copy_options})",
            parameters.values,
            stream=stream,
            upload=upload,
            tick=tick,
        )

    def preview(self, selection: Selection, *, rows: int) -> list[dict[str, str | None]]:
        """The first rows as text, every sensitive column masked, also for those who may see it."""
        sensitive = {column.name for column in selection.dataset.columns if column.sensitive}
        names = [column.name for column in selection.columns]
        cells = ", ".join(
            f"CASE WHEN {identifier(name)} IS NOT NULL THEN {literal(MASK)} END"
            if name in sensitive
            else f"CAST({identifier(name)} AS VARCHAR)"
            for name in names
        )
        parameters = Parameters()
        found = self.ask(f"SELECT {cells} {rows_sql(selection, parameters)} LIMIT {int(rows)}", parameters, selection)
        return [dict(zip(names, row, strict=True)) for row in found]

    def ask(self, statement: str, parameters: Parameters, selection: Selection) -> list[tuple[Any, ...]]:
        """All rows that answer a statement about a selection.

        Raises:
            QueryFailed, QueryTooLarge, WarehouseUnavailable.
        """
        if selection.dataset.sql is not None:
            self._check_sql(selection.dataset.sql)
        with querying():
            return self._instance.connection.execute(statement, parameters.values).fetchall()

    def query_types(self, sql: str) -> dict[str, str]:
        """DuckDB types of the columns of a SELECT by name, in order.

        Raises:
            QueryFailed: the SQL is not one SELECT, or does not fit the warehouse.
        """
        self._check_sql(sql)
        with querying():
            found = self._instance.connection.execute(f"DESCRIBE {sql}").fetchall()
        return {name: kind for name, kind, *_ in found}

    def _check_sql(self, sql: str) -> None:
        with querying():
            statements = self._instance.connection.extract_statements(sql)
        if [statement.type for statement in statements] != [duckdb.StatementType.SELECT]:
            raise QueryFailed("The SQL of this dataset is not one SELECT; the operator must look at its definition.")
