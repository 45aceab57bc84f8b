"""One export's session with Postgres: what it selects is copied once, and DuckDB makes everything of the copy."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace

from exports_pipeline.adapters.duckdb_errors import opening
from exports_pipeline.adapters.duckdb_instance import DuckDbInstance, DuckDbLimits
from exports_pipeline.adapters.postgres_copy import RowsCopy, restored_columns
from exports_pipeline.adapters.postgres_fit import check_fit
from exports_pipeline.adapters.postgres_selection import PostgresParameters, rows
from exports_pipeline.adapters.postgres_snapshot import PostgresSnapshot
from exports_pipeline.adapters.spill_folder import SpillFolder
from exports_pipeline.adapters.warehouse_session import DuckDbSession
from exports_pipeline.adapters.warehouse_source import Source
from exports_pipeline.adapters.watched_query import watch_answer
from exports_pipeline.core.about import About
from exports_pipeline.core.catalog import Dataset
from exports_pipeline.core.data_ports import Upload
from exports_pipeline.core.filters import Selection
from exports_pipeline.core.formats import Format, FormatOptions
from exports_pipeline.core.manifest import ColumnTotals, Snapshot
from exports_pipeline.core.question import Answer, Question
from exports_pipeline.core.question_check import check_question
from exports_pipeline.writers.redaction import HashKey

RELATION = "copied"
_FILE = "copied_file"
_COPYING = 0.5
"""The share of the time of a file that its copy takes, for progress."""


class PostgresSession:
    """`WarehouseSession` over one snapshot of Postgres."""

    def __init__(self, snapshot: PostgresSnapshot, limits: DuckDbLimits, key: HashKey | None) -> None:
        self._postgres, self._limits, self._key = snapshot, limits, key
        self._counted: tuple[Selection, int] | None = None
        self._copied: tuple[Selection, DuckDbSession] | None = None
        self._checked: list[Dataset] = []
        self._held = ExitStack()
        self.remarks: tuple[str, ...] = ()
        """In words, what the format of the last written file had no room for."""

    @property
    def snapshot(self) -> Snapshot:
        """Which transactions it sees."""
        return self._postgres.snapshot

    def count(self, selection: Selection, *, tick: Callable[[], None] = lambda: None) -> int:
        """How many rows the selection has; of a sample, how many Postgres plans with."""
        if self._counted is None or self._counted[0] != selection:
            self._check(selection)
            self._counted = (selection, self._count(selection, tick))
        return self._counted[1]

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
        copy = self._copy(selection, tick)
        try:
            return copy.write(
                _of_copy(selection), upload, file_format=file_format, options=options, about=about, tick=_second(tick)
            )
        finally:
            self.remarks = copy.remarks

    def keep(self, selection: Selection, upload: Upload, *, tick: Callable[[float], None]) -> int:
        """Write the selection into the upload as it is kept, and return the number of rows."""
        return self._copy(selection, tick).keep(_of_copy(selection), upload, tick=_second(tick))

    def totals(self, selection: Selection, *, tick: Callable[[], None] = lambda: None) -> tuple[ColumnTotals, ...]:
        """Nulls, least, greatest and sum of each column."""
        return self._copy(selection, lambda _share: tick()).totals(_of_copy(selection), tick=tick)

    def preview(
        self, selection: Selection, *, rows: int, tick: Callable[[], None] = lambda: None
    ) -> list[dict[str, str | None]]:
        """The first rows as text, every sensitive column masked, also for those who may see it."""
        return self._copy(selection, lambda _share: tick()).preview(_of_copy(selection), rows=rows, tick=tick)

    def answer(self, selection: Selection, question: Question, *, tick: Callable[[], None] = lambda: None) -> Answer:
        """What a question finds among the rows of a selection; only the columns that it names are copied."""
        asked = tuple(check_question(question, selection).values()) or selection.columns[:1]
        narrowed = replace(selection, columns=asked)
        return self._copy(narrowed, lambda _share: tick()).answer(_of_copy(narrowed), question, tick=tick)

    def close(self) -> None:
        """Remove what was copied."""
        self._copied = None
        self._held.close()

    def _check(self, selection: Selection) -> None:
        self._postgres.see(selection)
        if selection.dataset not in self._checked:
            check_fit(selection.dataset, self._postgres)
            self._checked.append(selection.dataset)

    def _count(self, selection: Selection, tick: Callable[[], None]) -> int:
        parameters, percent = PostgresParameters(), selection.sample_percent
        found = rows(selection, parameters)
        if percent is not None:
            statement = f"EXPLAIN (FORMAT JSON) SELECT 1 {found}"
            [([plan],)] = self._postgres.ask(statement, parameters.values, tick=tick)
            return int(plan["Plan"]["Plan Rows"]) * percent // 100
        statement = f"SELECT count(*) FROM (SELECT 1 {found}) AS found"  # noqa: S608 - names are quoted, values bound
        [(counted,)] = self._postgres.ask(statement, parameters.values, tick=tick)
        return int(counted)

    def _copy(self, selection: Selection, tick: Callable[[float], None]) -> DuckDbSession:
        """A session over a copy of the selected rows: the last one, if it is of the same."""
        if self._copied is None or self._copied[0] != selection:
            self.close()
            self._check(selection)
            self._copied = (selection, self._new_copy(selection, tick))
        return self._copied[1]

    def _new_copy(self, selection: Selection, tick: Callable[[float], None]) -> DuckDbSession:
        total = self._counted[1] if self._counted and self._counted[0] == selection else 0
        with opening():
            folder = SpillFolder(self._limits.spill_folder)
        self._held.callback(folder.remove)
        path = folder.path / f"{RELATION}.parquet"
        copy = RowsCopy(self._postgres, selection, most_bytes=self._limits.spill_mb * 1_000_000)
        watch_answer(lambda: copy.write(path), copy, tick=lambda: tick(_COPYING * min(1.0, copy.rows / max(1, total))))
        with opening():
            source = Source(path=folder.path, alias="memory", views=((_FILE, path),))
            instance = DuckDbInstance(source, self._limits)
            self._held.callback(instance.close)
            instance.connection.execute(
                f"CREATE VIEW {RELATION} AS SELECT {restored_columns(selection.columns)} FROM {_FILE}"  # noqa: S608 - names are quoted
            )
        return DuckDbSession(instance, self._key)


def _of_copy(selection: Selection) -> Selection:
    """All rows of the copy of a selection."""
    return replace(
        selection,
        dataset=replace(selection.dataset, relation=RELATION, sql=None),
        owner_key=None,
        start_date=None,
        end_date=None,
        account_ids=(),
        tag_ids=(),
        values=(),
        limit=None,
        sample_percent=None,
    )


def _second(tick: Callable[[float], None]) -> Callable[[float], None]:
    """The tick of what follows the copy."""
    return lambda share: tick(_COPYING + (1 - _COPYING) * share)
