"""Tell what an export would be: rows, bytes, seconds, whether it fits its format, and its first rows."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

from exports_pipeline.core.about import about
from exports_pipeline.core.data_ports import WarehouseSession
from exports_pipeline.core.estimate import Basis, Estimate, SampleFile
from exports_pipeline.core.export_job import ExportRequest
from exports_pipeline.core.filters import Selection, select
from exports_pipeline.core.formats import (
    Format,
    FormatOptions,
    check_columns,
    parse_format,
    parse_options,
    sheets_of,
)
from exports_pipeline.core.ledger import Outlook
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.refusals import TooManyColumnsForFormat, TooManyRowsForFormat
from exports_pipeline.core.requester import Requester
from exports_pipeline.core.unmasking import as_asked
from exports_pipeline.usecases.check_rows import check_rows
from exports_pipeline.usecases.check_values import check_values
from exports_pipeline.usecases.memory_upload import MemoryUpload
from exports_pipeline.usecases.note_lifted import note_lifted
from exports_pipeline.usecases.note_looks import note_estimate

PREVIEW_ROWS = 20
COUNT_UNTIL = timedelta(seconds=0.45)
"""From the beginning; the whole answer takes no more than a second, so what is not known by its time is left out."""
GUESS_UNTIL = timedelta(seconds=0.55)
PREVIEW_UNTIL = timedelta(seconds=0.7)
SAMPLE_UNTIL = timedelta(seconds=0.85)
_GUESSED_PERCENT = 1
_SAMPLES = {Format.PDF: (20, 200), Format.XLSX: (100, 2_000)}  # documents take longer than lines
_SAMPLE = (500, 20_000)
T = TypeVar("T")


class _TooLateError(Exception):
    """The time to learn something is over."""


def estimate_export(request: ExportRequest, requester: Requester, *, ports: ExportPorts) -> Estimate:
    """Look at what a request would give, with the rights of the requester.

    Nothing is written down but an entry of the audit log, since it shows rows.

    Raises:
        RequestError: the request does not fit the catalogue, as for an export.
        WarehouseBusy, WarehouseUnavailable, QueryFailed: the warehouse did not answer.
        LedgerUnavailable: the ledger did not.
    """
    began_at = ports.clock()
    requester = as_asked(requester, request.unmask_reason, needs_reason=ports.unmask_needs_reason)
    dataset = ports.catalog.find(request.dataset, requester)
    file_format = parse_format(request.format)
    options = parse_options(file_format, request.options)
    selection = select(dataset, request.filters, requester, timezone=options.timezone)
    check_values(selection, ports.warehouse)
    lifted = tuple((dataset.name, name) for name in selection.lifted)
    note_lifted(requester, lifted, reason=request.unmask_reason, ports=ports)
    with ports.warehouse.open(dataset) as session:
        look = _Look(session, selection, requester, began_at, ports)
        exact = look.in_time(lambda: look.count(selection, COUNT_UNTIL))
        rows = exact if exact is not None else look.in_time(look.guess)
        preview = look.in_time(look.preview)
        why_not = _why_not(file_format, rows, selection, ports)
        sample = None if why_not else look.in_time(lambda: look.sample(file_format, options, rows))
    outlook = ports.jobs.outlook(requester.user_id, file_format, slots=ports.limits.slots)
    run_s, basis = _run_s(outlook, sample, rows) if why_not is None else (None, None)
    estimate = Estimate(
        format=file_format,
        rows=rows,
        rows_are_exact=exact is not None,
        bytes=sample.bytes_of(rows) if sample and rows is not None else None,
        sample_rows=sample.rows if sample else 0,
        wait_s=outlook.wait_s,
        run_s=run_s,
        basis=basis,
        fits=False if why_not else None if rows is None else True,
        why_not=why_not,
        sheets=sheets_of(file_format, rows) if rows is not None else None,
        preview=preview,
        redactions=selection.redactions,
    )
    note_estimate(request, estimate, requester, ports=ports)
    return estimate


@dataclass(frozen=True)
class _Look:
    """A session that is asked for what it can tell in time."""

    session: WarehouseSession
    selection: Selection
    requester: Requester
    began_at: datetime
    ports: ExportPorts

    def in_time(self, work: Callable[[], T]) -> T | None:
        """What the work gives, or None where it took too long."""
        try:
            return work()
        except _TooLateError:
            return None

    def count(self, selection: Selection, within: timedelta) -> int:
        return self.session.count(selection, tick=lambda: self._stop_after(within))

    def guess(self) -> int | None:
        """Rows by a sample of the source; a sample without any says nothing."""
        counted = self.count(replace(self.selection, sample_percent=_GUESSED_PERCENT), GUESS_UNTIL)
        return counted * 100 // _GUESSED_PERCENT or None

    def preview(self) -> list[dict[str, object]]:
        upload, _ = self._write(
            PREVIEW_ROWS, Format.JSONL, FormatOptions(timezone=self.selection.timezone), PREVIEW_UNTIL
        )
        return [json.loads(line, parse_float=str) for line in upload.body.splitlines()]

    def sample(self, file_format: Format, options: FormatOptions, rows: int | None) -> SampleFile:
        """The smaller file first: it bears what is slow once only; but none where one file holds all rows."""
        fewer, more = _SAMPLES.get(file_format, _SAMPLE)
        small = None if rows is not None and rows <= more else self._timed(fewer, file_format, options)
        large = self._timed(more, file_format, options)
        few_rows, few_bytes, few_s = small or large
        many_rows, many_bytes, many_s = large
        return SampleFile(
            rows=many_rows,
            bytes=many_bytes,
            seconds=many_s,
            fewer_rows=few_rows,
            fewer_bytes=few_bytes,
            fewer_seconds=few_s,
        )

    def _timed(self, most: int, file_format: Format, options: FormatOptions) -> tuple[int, int, float]:
        """Rows, bytes and seconds of a file of the first rows."""
        started_at = self.ports.clock()
        upload, rows = self._write(most, file_format, options, SAMPLE_UNTIL)
        return rows, upload.size_bytes, (self.ports.clock() - started_at).total_seconds()

    def _write(
        self, most: int, file_format: Format, options: FormatOptions, within: timedelta
    ) -> tuple[MemoryUpload, int]:
        first, upload = replace(self.selection, limit=most), MemoryUpload()
        rows = self.count(first, within)  # watched, and known to the session when it writes
        facts = about(first, self.requester, job_id=UUID(int=0), rows=rows, now=self.began_at)
        written = self.session.write(
            first,
            upload,
            file_format=file_format,
            options=options,
            about=facts,
            tick=lambda _share: self._stop_after(within),
        )
        return upload, written

    def _stop_after(self, within: timedelta) -> None:
        if self.ports.clock() > self.began_at + within:
            raise _TooLateError


def _why_not(file_format: Format, rows: int | None, selection: Selection, ports: ExportPorts) -> str | None:
    try:
        check_columns(file_format, len(selection.columns))
        check_rows(rows or 0, file_format, limits=ports.limits)
    except (TooManyColumnsForFormat, TooManyRowsForFormat) as error:
        return error.sentence
    return None


def _run_s(outlook: Outlook, sample: SampleFile | None, rows: int | None) -> tuple[float | None, Basis | None]:
    """Seconds of the run: as recent jobs of the format went, else as the sample was written."""
    if rows is None:
        return None, None
    seconds = outlook.seconds_for(rows)
    if seconds is not None:
        return seconds, Basis.RECENT_JOBS
    seconds = sample.seconds_of(rows) if sample else None
    return seconds, None if seconds is None else Basis.SAMPLE
