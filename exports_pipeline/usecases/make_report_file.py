"""Make the file of a report: questions to datasets, a report of the answers, the report to an object."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from exports_pipeline.core.export_job import ExportJob, Progress, StoredFile
from exports_pipeline.core.filters import Filters
from exports_pipeline.core.formats import content_type
from exports_pipeline.core.kept_result import KeptResult, kept_key
from exports_pipeline.core.manifest import Snapshot, manifest_of_report
from exports_pipeline.core.naming import download_name, object_key
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.report import Report, Table
from exports_pipeline.core.report_json import report_of_json, report_to_json
from exports_pipeline.usecases.build_report import DATA_AS_OF, MADE_AT, build_report
from exports_pipeline.usecases.check_snapshot import check_snapshot
from exports_pipeline.usecases.made import Made
from exports_pipeline.usecases.note_lifted import note_lifted
from exports_pipeline.usecases.open_rows import fetched, find_kept_of
from exports_pipeline.usecases.publication import Publication
from exports_pipeline.usecases.pulse import Pulse
from exports_pipeline.usecases.receipts import publish_manifest


def make_report_file(job: ExportJob, ports: ExportPorts, pulse: Pulse) -> Made | None:
    """Build, render and publish the report of a claimed attempt.

    Raises:
        LostClaim: the job was cancelled, or given to another attempt; nothing was published.
        ExportError: the report cannot be made, or not now.
    """

    def tick() -> None:
        pulse.tick(Progress())

    at = _as_of(job, ports)
    with ports.spans.span("build"):
        report, snapshot = _find(job, at, ports, tick)
    name = download_name(job.dataset, Filters(start_date=at.date()), job.format, job.options)
    key = object_key(job.requester.user_id, job.id, job.attempt, name)
    rows = sum(len(section.rows) for section in report.sections if isinstance(section, Table))
    with Publication(ports.objects) as publication:
        upload = publication.upload(key, content_type=content_type(job.format, job.options), download_name=name)
        with ports.spans.span("render"):
            for piece in ports.reports.render(report, file_format=job.format, tick=tick):
                upload.write(piece)
        kept = _keep(report, key, name, rows, publication) if job.options.keep_result else None
        pulse.beat(Progress(bytes=upload.size_bytes))
        sha256 = publication.commit(key, tick=lambda: pulse.show_life(Progress(bytes=upload.size_bytes)))
        result = StoredFile(
            object_key=key,
            download_name=name,
            row_count=rows,
            size_bytes=upload.size_bytes,
            sha256=sha256,
            kept=kept,
            redactions=dict(report.redactions),
            lifted=tuple(dict.fromkeys(name for _, name in report.lifted)),
        )
        manifest = manifest_of_report(job, report, result, snapshot=snapshot, made_at=ports.clock())
        published = publish_manifest(manifest, result, ports=ports)
        return Made(result=result, manifest=published, content=_content(report))


def _as_of(job: ExportJob, ports: ExportPorts) -> datetime:
    """From when periods are counted: for a window from its own time, however late it runs."""
    if job.rendition is not None:
        return job.rendition.made_at
    return job.schedule.due_at.astimezone(ZoneInfo(job.schedule.timezone)) if job.schedule else ports.clock()


def _find(job: ExportJob, at: datetime, ports: ExportPorts, tick: Callable[[], None]) -> tuple[Report, Snapshot]:
    """The report as it was kept, or as it comes out of the warehouse."""
    found = find_kept_of(job, ports)
    if found is not None:
        kept, origin = found
        report = report_of_json(b"".join(fetched(kept, ports, tick).pieces))
        note_lifted(job.requester, report.lifted, reason=job.unmask_reason, job_id=job.id, ports=ports)
        return report, origin.snapshot
    report, snapshot = build_report(
        job.dataset,
        job.parameters,
        job.requester,
        ports=ports,
        at=at,
        tick=tick,
        unmask_reason=job.unmask_reason,
        job_id=job.id,
    )
    if job.rendition is not None:
        check_snapshot(job.rendition, snapshot)
    return report, snapshot


def _content(report: Report) -> str:
    facts = tuple(fact for fact in report.facts if fact[0] not in {MADE_AT, DATA_AS_OF})
    return hashlib.sha256(report_to_json(replace(report, facts=facts))).hexdigest()


def _keep(report: Report, file: str, name: str, rows: int, publication: Publication) -> KeptResult:
    key = kept_key(file, is_report=True)
    upload = publication.upload(key, content_type="application/json", download_name=kept_key(name, is_report=True))
    upload.write(report_to_json(report))
    return KeptResult(
        object_key=key,
        row_count=rows,
        size_bytes=upload.size_bytes,
        sha256=publication.commit(key),
        title=report.title,
    )
