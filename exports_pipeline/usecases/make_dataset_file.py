"""Make the file of an export: rows of a dataset to a file, the file to an object."""

from dataclasses import replace

from exports_pipeline.core.about import about
from exports_pipeline.core.data_ports import Upload
from exports_pipeline.core.errors import RowCountChanged
from exports_pipeline.core.export_job import ExportJob, Progress, StoredFile
from exports_pipeline.core.formats import content_type
from exports_pipeline.core.kept_result import KeptResult, kept_key
from exports_pipeline.core.manifest import manifest_of_export
from exports_pipeline.core.naming import download_name, object_key
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.usecases.check_rows import check_rows
from exports_pipeline.usecases.made import Made
from exports_pipeline.usecases.note_lifted import note_lifted
from exports_pipeline.usecases.open_rows import Rows, open_rows
from exports_pipeline.usecases.patience import patiently
from exports_pipeline.usecases.publication import Publication
from exports_pipeline.usecases.pulse import Pulse
from exports_pipeline.usecases.receipts import publish_manifest

PREVIEW_ROWS = 5
_KEPT_TYPE = "application/vnd.apache.parquet"


def make_dataset_file(job: ExportJob, ports: ExportPorts, pulse: Pulse) -> Made | None:
    """Write and publish the file of a claimed attempt; None where it must wait among the large ones.

    Raises:
        LostClaim: the job was cancelled, or given to another attempt; nothing was published.
        ExportError: the file cannot be made, or not now.
    """
    with open_rows(job, ports, lambda: pulse.tick(Progress())) as rows:
        return _Making(job, ports, pulse, rows).make()


class _Making:
    """One file in the making."""

    def __init__(self, job: ExportJob, ports: ExportPorts, pulse: Pulse, rows: Rows) -> None:
        self._job, self._ports, self._pulse = job, ports, pulse
        self._selection, self._session, self._origin = rows.selection, rows.session, rows.origin
        self._began_at = ports.clock()
        self._name = download_name(job.dataset, job.filters, job.format, job.options)
        self._key = object_key(job.requester.user_id, job.id, job.attempt, self._name)
        self._written = Progress()

    def make(self) -> Made | None:
        job, ports = self._job, self._ports
        with ports.spans.span("count"):
            total = self._session.count(self._selection, tick=self._tick)
        check_rows(total, job.format, limits=ports.limits)
        if not self._is_admitted(total):
            return None
        lifted = tuple((job.dataset, name) for name in self._selection.lifted)
        note_lifted(job.requester, lifted, reason=job.unmask_reason, job_id=job.id, ports=ports)
        with Publication(ports.objects) as publication:
            upload = publication.upload(
                self._key, content_type=content_type(job.format, job.options), download_name=self._name
            )
            with ports.spans.span("write", rows=total):
                self._write(upload, total)
            totals = self._session.totals(self._selection, tick=self._tick) if job.options.control_totals else ()
            preview = self._session.preview(self._selection, rows=PREVIEW_ROWS, tick=self._tick)
            remarks = self._session.remarks
            kept = self._keep(publication, total) if job.options.keep_result else None
            self._pulse.beat(self._written)
            with ports.spans.span("upload", bytes=upload.size_bytes):  # most of it has left during the write
                sha256 = publication.commit(self._key, tick=self._show_life)
            result = StoredFile(
                object_key=self._key,
                download_name=self._name,
                row_count=total,
                size_bytes=upload.size_bytes,
                sha256=sha256,
                columns=tuple((column.name, column.type) for column in self._selection.columns),
                remarks=remarks,
                kept=kept,
                redactions=self._selection.everything_redacted,
                lifted=self._selection.lifted,
            )
            manifest = manifest_of_export(
                job, self._selection, result, origin=self._origin, totals=totals, made_at=ports.clock()
            )
            return Made(result=result, manifest=publish_manifest(manifest, result, ports=ports), preview=preview)

    def _tick(self) -> None:
        self._pulse.tick(self._written)

    def _show_life(self) -> None:
        self._pulse.show_life(self._written)

    def _is_admitted(self, rows: int) -> bool:
        """Whether the attempt may go on; a large one needs a place among the large ones."""
        job, ports = self._job, self._ports
        if rows <= ports.limits.large_rows or job.is_large:
            return True
        large = ports.limits.large_slots
        return patiently(lambda: ports.jobs.admit_large(job.id, job.attempt, large=large, now=ports.clock()), ports)

    def _write(self, upload: Upload, total: int) -> None:
        job = self._job
        facts = about(self._selection, job.requester, job_id=job.id, rows=total, now=self._began_at)
        facts = replace(facts, unmask_reason=job.unmask_reason)
        rows = self._session.write(
            self._selection,
            upload,
            file_format=job.format,
            options=job.options,
            about=facts,
            tick=lambda share: self._pulse.tick(
                Progress(rows=int(total * share), total_rows=total, bytes=upload.size_bytes),
            ),
        )
        if rows != total:
            raise RowCountChanged
        self._written = Progress(rows=rows, total_rows=rows, bytes=upload.size_bytes)

    def _keep(self, publication: Publication, total: int) -> KeptResult:
        """Write the same rows once more, of the same snapshot; nobody gets this object but the service itself."""
        key, dataset = kept_key(self._key, is_report=False), self._selection.dataset
        upload = publication.upload(key, content_type=_KEPT_TYPE, download_name=kept_key(self._name, is_report=False))
        with self._ports.spans.span("keep", rows=total):
            if self._session.keep(self._selection, upload, tick=lambda _share: self._tick()) != total:
                raise RowCountChanged
            sha256 = publication.commit(key, tick=self._show_life)
        return KeptResult(
            object_key=key,
            row_count=total,
            size_bytes=upload.size_bytes,
            sha256=sha256,
            title=dataset.title,
            description=dataset.description,
            columns=self._selection.columns,
            sensitive=tuple(column.name for column in dataset.columns if column.is_guarded),
            dropped=self._selection.dropped,
            lifted=self._selection.lifted,
        )
