"""One export's session with DuckDB."""

from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pyarrow as pa

from exports_pipeline.adapters.duckdb_errors import querying
from exports_pipeline.adapters.duckdb_instance import DuckDbInstance
from exports_pipeline.adapters.lines import Lines
from exports_pipeline.adapters.question_sql import plan_question
from exports_pipeline.adapters.selection_sql import rows as rows_sql
from exports_pipeline.adapters.totals_sql import totals_of, totals_sql
from exports_pipeline.adapters.upload_stream import UPLOAD_URL, UploadStream
from exports_pipeline.adapters.watched_query import watch, watch_answer
from exports_pipeline.core.about import About
from exports_pipeline.core.data_ports import Upload
from exports_pipeline.core.errors import QueryFailed
from exports_pipeline.core.filters import Selection
from exports_pipeline.core.formats import Format, FormatOptions
from exports_pipeline.core.manifest import ColumnTotals, Snapshot
from exports_pipeline.core.question import Answer, Question
from exports_pipeline.writers.copy_plan import BuiltPlan, CopyPlan, LinesPlan
from exports_pipeline.writers.redaction import MASK, HashKey
from exports_pipeline.writers.registry import plan_file, plan_kept
from exports_pipeline.writers.sql_text import Parameters, identifier, literal

ORDERED_ROWS = 1_000_000
"""Up to here a file has the order of the warehouse, and the same bytes each time; above, order costs memory."""

_PIECE_BYTES = 1 << 20


class DuckDbSession:
    """`WarehouseSession` over one instance."""

    def __init__(self, instance: DuckDbInstance, key: HashKey | None) -> None:
        self._instance = instance
        self._key = key
        self._counted: tuple[Selection, int] | None = None
        self.remarks: tuple[str, ...] = ()
        """In words, what the format of the last written file had no room for."""

    @property
    def snapshot(self) -> Snapshot:
        """Which version of the warehouse it sees."""
        return self._instance.source.snapshot

    def count(self, selection: Selection, *, tick: Callable[[], None] = lambda: None) -> int:
        """How many rows the selection has."""
        if self._counted is None or self._counted[0] != selection:
            parameters = Parameters()
            statement = f"SELECT count(*) {rows_sql(selection, parameters)}"
            [(rows,)] = self._ask_watched(statement, parameters, selection, tick)
            self._counted = (selection, rows)
        return self._counted[1]

    def count_up_to(self, selection: Selection, *, most: int, tick: Callable[[], None]) -> int:
        """How many rows the selection has, counted no further than `most`."""
        parameters = Parameters()
        statement = f"SELECT count(*) FROM (SELECT 1 {rows_sql(selection, parameters)} LIMIT {int(most)})"  # noqa: S608 - names are quoted, values bound
        [(rows,)] = self._ask_watched(statement, parameters, selection, tick)
        return int(rows)

    def write(
        self,
        selection: Selection,
        upload: Upload,
        *,
        file_format: Format,
        options: FormatOptions,
        about: About,
        tick: Callable[[float], None],
    ) -> int:
        """Write the selection into the upload as a file and return the number of rows."""
        total, self.remarks = self.count(selection), ()
        self._choose_order(total)
        parameters = Parameters()
        plan = plan_file(
            selection.columns,
            file_format,
            options,
            about,
            key=self._key,
            parameters=parameters,
            is_redacted=selection.is_redacted,
        )
        chosen = f"SELECT {plan.cells} {rows_sql(selection, parameters)}"
        if isinstance(plan, CopyPlan):
            return self._copy(plan, chosen, parameters, upload, tick)
        if isinstance(plan, LinesPlan):
            return self._write_lines(plan, chosen, parameters, upload, tick, total=total)
        return self._build(plan, chosen, parameters, upload, tick, total=total)

    def keep(self, selection: Selection, upload: Upload, *, tick: Callable[[float], None]) -> int:
        """Write the selection into the upload as it is kept, and return the number of rows."""
        self._choose_order(self.count(selection))
        parameters = Parameters()
        plan = plan_kept(selection.columns, key=self._key, parameters=parameters)
        return self._copy(plan, f"SELECT {plan.cells} {rows_sql(selection, parameters)}", parameters, upload, tick)

    def _choose_order(self, rows: int) -> None:
        ordered = "true" if rows <= ORDERED_ROWS else "false"
        self._instance.connection.execute(f"SET preserve_insertion_order = {ordered}")

    def _copy(
        self, plan: CopyPlan, chosen: str, parameters: Parameters, upload: Upload, tick: Callable[[float], None]
    ) -> int:
        connection, stream = self._instance.connection, UploadStream(upload)
        self._instance.filesystem.stream = stream

        def work() -> int:
            statement = f"COPY ({chosen}) TO {literal(UPLOAD_URL)} ({plan.copy_options})"
            copied = connection.execute(statement, parameters.values).fetchone()
            return int(copied[0]) if copied else 0

        def share() -> float:
            return connection.query_progress() / 100

        return watch(work, connection, share=share, stream=stream, upload=upload, tick=tick)

    def _write_lines(
        self,
        plan: LinesPlan,
        chosen: str,
        parameters: Parameters,
        upload: Upload,
        tick: Callable[[float], None],
        *,
        total: int,
    ) -> int:
        connection, stream = self._instance.connection, UploadStream(upload, packing=plan.packing)
        statement = f"SELECT {plan.line} AS line FROM ({chosen})"  # noqa: S608 - names are quoted, values bound
        lines = Lines(connection, statement, parameters.values, skipped=plan.skipped)

        def work() -> int:
            stream.write(plan.prefix)
            for text in lines:
                stream.write(text)
            stream.write(plan.suffix)
            return lines.rows

        def share() -> float:
            return lines.rows / max(1, total)

        return watch(work, connection, share=share, stream=stream, upload=upload, tick=tick)

    def _build(
        self,
        plan: BuiltPlan,
        chosen: str,
        parameters: Parameters,
        upload: Upload,
        tick: Callable[[float], None],
        *,
        total: int,
    ) -> int:
        connection, stream, read = self._instance.connection, UploadStream(upload), 0
        statement = f"SELECT {plan.from_cells} FROM ({chosen})"  # noqa: S608 - names are quoted, values bound

        def batches() -> Iterator[pa.RecordBatch]:
            nonlocal read
            for batch in connection.sql(statement, params=parameters.values).to_arrow_reader(plan.batch_rows):
                stream.write(b"")  # raises when the attempt was stopped
                yield batch
                read += batch.num_rows

        def work() -> int:
            with TemporaryDirectory(dir=self._instance.spill) as folder:
                file = Path(folder, "document")
                self.remarks = plan.build(batches(), file)
                with file.open("rb") as document:
                    while piece := document.read(_PIECE_BYTES):
                        stream.write(piece)
            return read

        def share() -> float:
            return read / max(1, total)

        return watch(work, connection, share=share, stream=stream, upload=upload, tick=tick)

    def totals(self, selection: Selection, *, tick: Callable[[], None] = lambda: None) -> tuple[ColumnTotals, ...]:
        """Nulls, least, greatest and sum of each column."""
        parameters = Parameters()
        statement = f"SELECT {totals_sql(selection.columns)} {rows_sql(selection, parameters)}"
        [row] = self._ask_watched(statement, parameters, selection, tick)
        return totals_of(selection.columns, row)

    def preview(
        self, selection: Selection, *, rows: int, tick: Callable[[], None] = lambda: None
    ) -> list[dict[str, str | None]]:
        """The first rows as text, every sensitive column masked, also for those who may see it."""
        sensitive = {column.name for column in selection.dataset.columns if column.is_guarded}
        names = [column.name for column in selection.columns]
        cells = ", ".join(
            f"CASE WHEN {identifier(name)} IS NOT NULL THEN {literal(MASK)} END"
            if name in sensitive
            else f"CAST({identifier(name)} AS VARCHAR)"
            for name in names
        )
        parameters = Parameters()
        statement = f"SELECT {cells} {rows_sql(selection, parameters)} LIMIT {int(rows)}"
        found = self._ask_watched(statement, parameters, selection, tick)
        return [dict(zip(names, row, strict=True)) for row in found]

    def answer(self, selection: Selection, question: Question, *, tick: Callable[[], None] = lambda: None) -> Answer:
        """What a question finds among the rows of a selection, with columns redacted as it says."""
        plan = plan_question(question, selection, self._key)
        return plan.answer(self._ask_watched(plan.statement, plan.parameters, selection, tick))

    def ask(self, statement: str, parameters: Parameters, selection: Selection) -> list[tuple[Any, ...]]:
        """All rows that answer a statement about a selection.

        Raises:
            QueryFailed, QueryTooLarge, WarehouseUnavailable.
        """
        if selection.dataset.sql is not None:
            self._check_sql(selection.dataset.sql)
        with querying():
            return self._instance.connection.execute(statement, parameters.values).fetchall()

    def _ask_watched(
        self, statement: str, parameters: Parameters, selection: Selection, tick: Callable[[], None]
    ) -> list[tuple[Any, ...]]:
        """As `ask`, for what may take long."""
        return watch_answer(lambda: self.ask(statement, parameters, selection), self._instance.connection, tick=tick)

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
