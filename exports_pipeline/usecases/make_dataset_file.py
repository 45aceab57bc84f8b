"""Make the file of an export: rows of a dataset to a file, the file to an object."""

from exports_pipeline.core.about import About, about
from exports_pipeline.core.errors import RowCountChanged
from exports_pipeline.core.export_job import ExportJob, Progress, StoredFile
from exports_pipeline.core.filters import Selection, select
from exports_pipeline.core.formats import content_type
from exports_pipeline.core.manifest import ColumnTotals, manifest_of_export
from exports_pipeline.core.naming import download_name, object_key
from exports_pipeline.core.ports import ExportPorts, Upload, WarehouseSession
from exports_pipeline.usecases.check_rows import check_rows
from exports_pipeline.usecases.check_snapshot import check_snapshot
from exports_pipeline.usecases.check_values import check_values
from exports_pipeline.usecases.made import Made
from exports_pipeline.usecases.patience import patiently
from exports_pipeline.usecases.pulse import Pulse
from exports_pipeline.usecases.receipts import publish_manifest

PREVIEW_ROWS = 5


def make_dataset_file(job: ExportJob, ports: ExportPorts, pulse: Pulse) -> Made | None:
    """Write and publish the file of a claimed attempt; None where it must wait among the large ones.

    Raises:
        LostClaim: the job was cancelled, or given to another attempt; nothing was published.
        ExportError: the file cannot be made, or not now.
    """
    began_at = ports.clock()
    dataset = ports.catalog.find(job.dataset, job.requester)
    selection = select(dataset, job.filters, job.requester, timezone=job.options.timezone)
    check_values(selection, ports.warehouse)
    name = download_name(job.dataset, job.filters, job.format, job.options)
    key = object_key(job.requester.user_id, job.id, job.attempt, name)
    with ports.warehouse.open() as session:
        if job.rendition is not None:
            check_snapshot(job.rendition, session.snapshot, dataset=dataset)
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
            totals = _totals(job, selection, session, pulse, written)
            preview = session.preview(selection, rows=PREVIEW_ROWS, tick=lambda: pulse.tick(written))
            pulse.beat(written)
            with ports.spans.span("upload", bytes=upload.size_bytes):  # most of it has left during the write
                sha256 = upload.commit(tick=lambda: pulse.show_life(written))
        except BaseException:
            upload.abort()
            raise
        snapshot, remarks = session.snapshot, session.remarks
    result = StoredFile(
        object_key=key,
        download_name=name,
        row_count=rows,
        size_bytes=upload.size_bytes,
        sha256=sha256,
        columns=tuple((column.name, column.type) for column in selection.columns),
        remarks=remarks,
    )
    manifest = manifest_of_export(job, selection, result, snapshot=snapshot, totals=totals, made_at=ports.clock())
    return Made(result=result, manifest=publish_manifest(manifest, result, ports=ports), preview=preview)


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
