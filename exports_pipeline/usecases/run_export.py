"""Make one attempt of an export job: rows to a file, the file to an object."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from exports_pipeline.core.about import About, about
from exports_pipeline.core.errors import ExportError, InternalError, LostClaim, RowCountChanged
from exports_pipeline.core.export_job import ExportJob, Progress, StoredFile
from exports_pipeline.core.filters import Selection, select
from exports_pipeline.core.formats import content_type
from exports_pipeline.core.manifest import ColumnTotals, manifest_key
from exports_pipeline.core.naming import download_name, object_key
from exports_pipeline.core.ports import ExportPorts, Upload, WarehouseSession
from exports_pipeline.core.recipient import Channel, Recipient
from exports_pipeline.core.spans import Fact
from exports_pipeline.usecases.check_values import check_values
from exports_pipeline.usecases.patience import patiently
from exports_pipeline.usecases.pulse import Pulse
from exports_pipeline.usecases.receipts import publish_manifest
from exports_pipeline.usecases.settle_failure import settle_failure

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
    pulse = Pulse(job, ports, is_stopped)
    with ports.warehouse.open() as session:
        with ports.spans.span("count"):
            total = session.count(selection, tick=lambda: pulse.tick(Progress()))
        if not _is_admitted(job, total, ports):
            return None
        facts = about(selection, job.requester, job_id=job.id, rows=total, now=began_at)
        upload = ports.objects.upload(key, content_type=content_type(job.format, job.options), download_name=name)
        try:
            with ports.spans.span("write", rows=total):
                rows = _write(job, selection, session, upload, pulse, facts)
            written = Progress(rows=rows, total_rows=rows, bytes=upload.size_bytes)
            totals = _totals(job, selection, session, pulse, written)
            preview = session.preview(selection, rows=PREVIEW_ROWS, tick=lambda: pulse.tick(written))
            pulse.beat(written)
            with ports.spans.span("upload", bytes=upload.size_bytes):  # most of it has left during the write
                sha256 = upload.commit(tick=lambda: pulse.show_life(written))
            snapshot = session.snapshot
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
        manifest = publish_manifest(job, selection, result, snapshot=snapshot, totals=totals, ports=ports)
        _complete(job, result, manifest, ports)
    return Outcome(result=result, seconds=(ports.clock() - began_at).total_seconds(), preview=preview)


def _is_admitted(job: ExportJob, rows: int, ports: ExportPorts) -> bool:
    """Whether the attempt may go on; a large one needs a place among the large ones."""
    if rows <= ports.limits.large_rows or job.is_large:
        return True
    large = ports.limits.large_slots
    return patiently(lambda: ports.jobs.admit_large(job.id, job.attempt, large=large, now=ports.clock()), ports)


def _write(
    job: ExportJob, selection: Selection, session: WarehouseSession, upload: Upload, pulse: Pulse, facts: About
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


def _totals(
    job: ExportJob, selection: Selection, session: WarehouseSession, pulse: Pulse, written: Progress
) -> tuple[ColumnTotals, ...]:
    return session.totals(selection, tick=lambda: pulse.tick(written)) if job.options.control_totals else ()


def _complete(job: ExportJob, result: StoredFile, manifest: Mapping[str, Any], ports: ExportPorts) -> None:
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
                expires_at=now + ports.limits.expiry_of(job.type),
                recipients=tuple(dict.fromkeys((*job.recipients, *linked))),
                manifest=manifest,
            ),
            ports,
        )
    except LostClaim:
        for key in (result.object_key, manifest_key(result.object_key)):
            ports.objects.delete(key)
        raise
