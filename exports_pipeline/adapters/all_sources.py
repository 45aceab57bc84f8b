"""All sources of datasets behind one port; which one is asked, the dataset says."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager

from exports_pipeline.core.about import About
from exports_pipeline.core.catalog import Dataset, DataSource
from exports_pipeline.core.data_ports import Upload, Warehouse, WarehouseSession
from exports_pipeline.core.filters import Selection
from exports_pipeline.core.formats import Format, FormatOptions
from exports_pipeline.core.manifest import ColumnTotals, Snapshot
from exports_pipeline.core.question import Answer, Question


class AllSources:
    """`Warehouse` over several; pings the warehouse alone, for the readiness of Postgres is looked at by itself."""

    def __init__(self, sources: Mapping[DataSource, Warehouse]) -> None:
        self._sources = sources

    @contextmanager
    def open(self, dataset: Dataset | None = None, /) -> Iterator[WarehouseSession]:
        """Start a session for a dataset on its source, or one for any, which opens a source when it is asked."""
        if dataset is not None:
            with self._sources[dataset.source].open(dataset) as session:
                yield session
            return
        with ExitStack() as stack:
            yield AnySession(lambda source: stack.enter_context(self._sources[source].open()))

    def missing_values(self, selection: Selection, column: str, values: Sequence[str]) -> list[str]:
        """Those of the values that no row of the selection's owner has in an account or tag column."""
        return self._of(selection).missing_values(selection, column, values)

    def values(self, selection: Selection, column: str, *, prefix: str, limit: int) -> list[str]:
        """Distinct values of a column within the selection."""
        return self._of(selection).values(selection, column, prefix=prefix, limit=limit)

    def count_up_to(self, selection: Selection, *, most: int) -> int | None:
        """How many rows the selection has, counted no further than `most`."""
        return self._of(selection).count_up_to(selection, most=most)

    def time_range(self, selection: Selection) -> tuple[str, str] | None:
        """First and last date of the selection."""
        return self._of(selection).time_range(selection)

    def ping(self) -> None:
        """Open the warehouse and close it again."""
        self._sources[DataSource.WAREHOUSE].ping()

    def _of(self, selection: Selection) -> Warehouse:
        return self._sources[selection.dataset.source]


class AnySession:
    """`WarehouseSession` on all sources, each with one snapshot from when it is first asked."""

    def __init__(self, open_source: Callable[[DataSource], WarehouseSession]) -> None:
        self._open_source = open_source
        self._opened: dict[DataSource, WarehouseSession] = {}
        self.remarks: tuple[str, ...] = ()

    @property
    def snapshot(self) -> Snapshot:
        """What it has asked so far, as old as the oldest; the warehouse where it has asked nothing."""
        seen = [session.snapshot for session in self._opened.values()] or [self._at(DataSource.WAREHOUSE).snapshot]
        names = sorted(each.name for each in seen)
        return Snapshot(name=" and ".join(names), as_of=min(each.as_of for each in seen))

    def count(self, selection: Selection, *, tick: Callable[[], None]) -> int:
        """How many rows the selection has."""
        return self._of(selection).count(selection, tick=tick)

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
        session = self._of(selection)
        written = session.write(selection, upload, file_format=file_format, options=options, about=about, tick=tick)
        self.remarks = session.remarks
        return written

    def keep(self, selection: Selection, upload: Upload, *, tick: Callable[[float], None]) -> int:
        """Write the selection into the upload as it is kept, and return the number of rows."""
        return self._of(selection).keep(selection, upload, tick=tick)

    def totals(self, selection: Selection, *, tick: Callable[[], None]) -> tuple[ColumnTotals, ...]:
        """Nulls, least, greatest and sum of each column."""
        return self._of(selection).totals(selection, tick=tick)

    def preview(self, selection: Selection, *, rows: int, tick: Callable[[], None]) -> list[dict[str, str | None]]:
        """The first rows as text, every sensitive column masked."""
        return self._of(selection).preview(selection, rows=rows, tick=tick)

    def answer(self, selection: Selection, question: Question, *, tick: Callable[[], None]) -> Answer:
        """What a question finds among the rows of a selection."""
        return self._of(selection).answer(selection, question, tick=tick)

    def _of(self, selection: Selection) -> WarehouseSession:
        return self._at(selection.dataset.source)

    def _at(self, source: DataSource) -> WarehouseSession:
        if source not in self._opened:
            self._opened[source] = self._open_source(source)
        return self._opened[source]
