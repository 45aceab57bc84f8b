"""Make one attempt of an export job: rows to a file, the file to an object."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from exports_pipeline.core.about import About, about
from exports_pipeline.core.errors import ExportError, InternalError, LedgerUnavailable, LostClaim, RowCountChanged
from exports_pipeline.core.export_job import ExportJob, Progress, StoredFile
from exports_pipeline.core.filters import Selection, select
from exports_pipeline.core.formats import content_type
from exports_pipeline.core.ledger import AuditEntry
from exports_pipeline.core.naming import download_name, object_key
from exports_pipeline.core.ports import ExportPorts, Upload, WarehouseSession
from exports_pipeline.core.recipient import Channel, Recipient
from exports_pipeline.core.refusals import WrongStatus
from exports_pipeline.core.spans import Fact
from exports_pipeline.usecases.check_rows import check_rows
from exports_pipeline.usecases.check_values import check_values
from exports_pipeline.usecases.patience import patiently
from exports_pipeline.usecases.settle_failure import settle_failure

BEAT_EVERY = timedelta(seconds=0.5)
PREVIEW_ROWS = 5


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a completed attempt leaves for the operators."""

    result: StoredFile
    seconds: float
    preview: list[dict[str, str | None]]


def run_export(
    job_id: UUID, attempt: int, *, run_id: str, ports: ExportPorts, is_stopped: Callable[[], bool] = lambda: False
) -> Outcome | None:
    """Claim an attempt and carry it to its end; None where nobody is home, or it must wait among the large ones.

    `is_stopped` tells whether an operator has asked for an end; it is asked once a beat.

    Raises:
        LostClaim: the job was cancelled, or given to another attempt; nothing was published.
        ExportError: the attempt failed; what follows stands in the ledger.
    """
    job = patiently(lambda: ports.jobs.claim(job_id, attempt, run_id=run_id, now=ports.clock()), ports)
    if job is None:
        return None
    facts: dict[str, Fact] = {"job_id": str(job.id), "attempt": job.attempt, "run_id": run_id, "dataset": job.dataset}
    try:
        with ports.spans.span("attempt", parent=job.traceparent, **facts, format=job.format):
            return _attempt(job, ports, is_stopped)
    except LostClaim:
        raise
    except ExportError as error:
        settle_failure(job, error, ports)
        raise
    except Exception as error:
        settle_failure(job, InternalError(), ports)
        raise InternalError from error


def _attempt(job: ExportJob, ports: ExportPorts, is_stopped: Callable[[], bool]) -> Outcome | None:
    began_at = ports.clock()
    dataset = ports.catalog.find(job.dataset, job.requester)
    selection = select(dataset, job.filters, job.requester, timezone=job.options.timezone)
    check_values(selection, ports.warehouse)
    name = download_name(job.dataset, job.filters, job.format, job.options)
    key = object_key(job.requester.user_id, job.id, job.attempt, name)
    pulse = _Pulse(job, ports, is_stopped)
    with ports.warehouse.open() as session:
        with ports.spans.span("count"):
            total = session.count(selection, tick=lambda: pulse.tick(Progress()))
        check_rows(total, job.format, limits=ports.limits)
        if not _is_admitted(job, total, ports):
            return None
        facts = about(selection, job.requester, job_id=job.id, rows=total, now=began_at)
        upload = ports.objects.upload(key, content_type=content_type(job.format, job.options), download_name=name)
        try:
            with ports.spans.span("write", rows=total):
                rows = _write(job, selection, session, upload, pulse, facts)
            written = Progress(rows=rows, total_rows=rows, bytes=upload.size_bytes)
            preview = session.preview(selection, rows=PREVIEW_ROWS, tick=lambda: pulse.tick(written))
            pulse.beat(written)
            with ports.spans.span("upload", bytes=upload.size_bytes):  # most of it has left during the write
                sha256 = upload.commit(tick=lambda: pulse.show_life(written))
        except BaseException:
            upload.abort()
            raise
    result = StoredFile(
        object_key=key,
        download_name=name,
        row_count=rows,
        size_bytes=upload.size_bytes,
        sha256=sha256,
        columns=tuple((column.name, column.type) for column in selection.columns),
    )
    with ports.spans.span("commit"):
        _complete(job, result, ports)
    return Outcome(result=result, seconds=(ports.clock() - began_at).total_seconds(), preview=preview)


def _is_admitted(job: ExportJob, rows: int, ports: ExportPorts) -> bool:
    """Whether the attempt may go on; a large one needs a place among the large ones."""
    if rows <= ports.limits.large_rows or job.is_large:
        return True
    large = ports.limits.large_slots
    return patiently(lambda: ports.jobs.admit_large(job.id, job.attempt, large=large, now=ports.clock()), ports)


def _write(
    job: ExportJob, selection: Selection, session: WarehouseSession, upload: Upload, pulse: "_Pulse", facts: About
) -> int:
    rows = session.write(
        selection,
        upload,
        file_format=job.format,
        options=job.options,
        about=facts,
        tick=lambda share: pulse.tick(
            Progress(rows=int(facts.row_count * share), total_rows=facts.row_count, bytes=upload.size_bytes),
        ),
    )
    if rows != facts.row_count:
        raise RowCountChanged
    return rows


def _complete(job: ExportJob, result: StoredFile, ports: ExportPorts) -> None:
    now = ports.clock()
    chat = patiently(lambda: ports.users.telegram_chat(job.requester.user_id), ports)
    linked = (Recipient(channel=Channel.TELEGRAM, address=chat),) if chat and Channel.TELEGRAM in ports.senders else ()
    try:
        patiently(
            lambda: ports.jobs.complete(
                job.id,
                job.attempt,
                result,
                now=now,
                expires_at=now + ports.limits.expiry,
                recipients=tuple(dict.fromkeys((*job.recipients, *linked))),
            ),
            ports,
        )
    except LostClaim:
        ports.objects.delete(result.object_key)
        raise


class _Pulse:
    """Says every half second that the attempt is alive, and learns whether it still should be."""

    def __init__(self, job: ExportJob, ports: ExportPorts, is_stopped: Callable[[], bool]) -> None:
        self._job, self._ports, self._is_stopped = job, ports, is_stopped
        self._last_at: datetime = ports.clock()

    def tick(self, progress: Progress) -> None:
        if abs(self._ports.clock() - self._last_at) >= BEAT_EVERY:  # a clock may be set back
            self.beat(progress)

    def show_life(self, progress: Progress) -> None:
        """As `tick`, where it is too late to stop: a lost claim is found again by whoever settles."""
        with suppress(LostClaim):
            self.tick(progress)

    def beat(self, progress: Progress) -> None:
        now = self._last_at = self._ports.clock()
        try:
            self._ports.jobs.beat(self._job.id, self._job.attempt, progress, now=now)
            if self._is_stopped():  # asked last: while the database is away, Dagster would wait for it
                self._cancel(now)
        except LedgerUnavailable:
            return  # the export goes on; whoever takes the attempt for dead closes the guard of `complete`

    def _cancel(self, now: datetime) -> None:
        entry = AuditEntry(
            at=now, actor=self._job.requester.user_id, action="export.stopped_by_operator", job_id=self._job.id
        )
        with suppress(WrongStatus):  # somebody else has cancelled it since the beat
            self._ports.jobs.cancel(self._job.id, now=now, audit=entry)
        raise LostClaim
