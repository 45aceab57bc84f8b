"""The ports that data pass through: the warehouse, what was kept of a result, and the object store."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Protocol

from exports_pipeline.core.about import About
from exports_pipeline.core.catalog import Dataset
from exports_pipeline.core.difference import Difference
from exports_pipeline.core.filters import Selection
from exports_pipeline.core.formats import Format, FormatOptions
from exports_pipeline.core.kept_result import Kept
from exports_pipeline.core.manifest import ColumnTotals, Snapshot
from exports_pipeline.core.question import Answer, Question


class Upload(Protocol):
    """A file on its way into the object store; it exists there only after `commit`."""

    @property
    def size_bytes(self) -> int:
        """Bytes taken so far, as stored."""

    def write(self, data: bytes | memoryview) -> int:
        """Take bytes; blocks while the store is behind.

        Raises:
            ObjectStoreUnavailable, ObjectStoreMisconfigured: a part was refused.
        """

    def commit(self, *, tick: Callable[[], None] = lambda: None) -> str:
        """Publish the object and return the sha256 of its bytes, as hex.

        `tick` is called several times a second in the calling thread, and must not raise: it is too late to stop.
        """

    def abort(self) -> None:
        """Throw everything away; idempotent, and without effect after `commit`."""


class ObjectStore(Protocol):
    """Where files become objects.

    Every method raises ObjectStoreUnavailable or ObjectStoreMisconfigured.
    """

    def upload(self, key: str, *, content_type: str, download_name: str) -> Upload:
        """Start an upload; nothing is visible under the key until it is committed."""

    def presign(self, key: str, *, valid: timedelta) -> str:
        """A URL by which anybody may download the object for a while; made without asking the store."""

    def delete(self, key: str) -> None:
        """Delete an object; one that is not there is no error."""

    def chunks(self, key: str) -> Iterator[bytes]:
        """The bytes of an object, in pieces of about a mebibyte.

        Raises:
            ObjectStoreUnavailable: it is not there, or could not be read to its end.
        """

    def keys(self, prefix: str) -> Iterator[tuple[str, datetime]]:
        """Keys under a prefix with the times they were stored."""

    def abort_uploads(self, prefix: str, *, started_before: datetime) -> int:
        """Abort unfinished multipart uploads and return how many there were."""

    def ping(self) -> None:
        """Ask for the bucket."""


class WarehouseSession(Protocol):
    """One export's view of the data; the same snapshot of a source from start to end."""

    @property
    def snapshot(self) -> Snapshot:
        """Which version of the data it sees; where it may ask several sources, of those that it has asked so far."""

    remarks: tuple[str, ...]
    """In words, what the format of the last written file had no room for; nothing, most of the time."""

    def count(self, selection: Selection, *, tick: Callable[[], None]) -> int:
        """How many rows the selection has.

        `tick` is called several times a second in the calling thread; whatever it raises stops the query.

        Raises:
            WarehouseBusy, WarehouseUnavailable, QueryFailed, QueryTooLarge.
        """

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
        """Write the selection into the upload as a file and return the number of rows; neither commits nor aborts.

        Documents tell what `about` says.

        `tick` is called several times a second in the calling thread with the share done, 0 to 1;
        whatever it raises interrupts the query, and comes out of here when the query has stopped.

        Raises:
            as `count`, and what the upload raises.
        """

    def keep(self, selection: Selection, upload: Upload, *, tick: Callable[[float], None]) -> int:
        """Write the selection into the upload as it is kept, for `KeptRows`, and return the number of rows.

        As `write` otherwise.
        """

    def totals(self, selection: Selection, *, tick: Callable[[], None]) -> tuple[ColumnTotals, ...]:
        """Nulls, least, greatest and sum of each column of the file, in its order; `tick` as in `count`.

        Sums are given where they are exact, and nothing but the nulls of a column that is not shown as it is.
        """

    def preview(self, selection: Selection, *, rows: int, tick: Callable[[], None]) -> list[dict[str, str | None]]:
        """The first rows as text, for the eyes of operators: every sensitive column masked; `tick` as in `count`."""

    def answer(self, selection: Selection, question: Question, *, tick: Callable[[], None]) -> Answer:
        """What a question finds among the rows of a selection, with columns redacted as it says; `tick` as in `count`.

        The filters, the zone and the dataset are those of the selection, whatever the question says.

        Raises:
            UnknownColumn, InvalidQuestion: the question does not fit the columns; otherwise as `count`.
        """


class Warehouse(Protocol):
    """The data one exports from."""

    def open(self, dataset: Dataset | None = None, /) -> AbstractContextManager[WarehouseSession]:
        """Start a session on the snapshot that is published now, for one dataset, or for any.

        What it raises is raised here or, for any dataset, by the session.

        Raises:
            WarehouseBusy, WarehouseUnavailable, LedgerUnavailable.
        """

    def missing_values(self, selection: Selection, column: str, values: Sequence[str]) -> list[str]:
        """Those of the values that no row of the selection's owner has in an account or tag column."""

    def values(self, selection: Selection, column: str, *, prefix: str, limit: int) -> list[str]:
        """Distinct values of a column within the selection, sorted, as text; a LIST column gives its elements."""

    def count_up_to(self, selection: Selection, *, most: int) -> int | None:
        """How many rows the selection has, counted no further than `most`; None where that takes too long to wait for.

        Raises:
            WarehouseBusy, WarehouseUnavailable, QueryFailed, QueryTooLarge.
        """

    def time_range(self, selection: Selection) -> tuple[str, str] | None:
        """First and last date of the selection as ISO dates; None if there is no row or no time column."""

    def ping(self) -> None:
        """Open the warehouse and close it again."""


class KeptRows(Protocol):
    """Kept results of exports, read without the warehouse.

    Both raise SpillDiskFull where there is no room, and what comes out of the pieces.
    """

    def open(self, kept: Kept, *, snapshot: Snapshot) -> AbstractContextManager[WarehouseSession]:
        """Start a session on the rows of a kept result, for the selection of `selection_of_kept`."""

    def compare(
        self, earlier: Kept, later: Kept, *, key: Sequence[str], most: int, tick: Callable[[], None]
    ) -> Difference:
        """What differs between two kept results, by key or by whole rows, with examples of at most so many rows.

        The key names columns that both have; `tick` as in `WarehouseSession.count`.

        Raises:
            QueryFailed, QueryTooLarge.
        """
