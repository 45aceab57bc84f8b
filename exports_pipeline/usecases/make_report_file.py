"""Make the file of a report: questions to datasets, a report of the answers, the report to an object."""

from exports_pipeline.core.export_job import ExportJob, Progress, StoredFile
from exports_pipeline.core.filters import Filters
from exports_pipeline.core.formats import content_type
from exports_pipeline.core.manifest import manifest_of_report
from exports_pipeline.core.naming import download_name, object_key
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.report import Table
from exports_pipeline.usecases.build_report import build_report
from exports_pipeline.usecases.check_snapshot import check_snapshot
from exports_pipeline.usecases.made import Made
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

    at = job.rendition.made_at if job.rendition else ports.clock()
    with ports.spans.span("build"):
        report, snapshot = build_report(job.dataset, job.parameters, job.requester, ports=ports, at=at, tick=tick)
    if job.rendition is not None:
        check_snapshot(job.rendition, snapshot)
    made_on = Filters(start_date=at.date())
    name = download_name(job.dataset, made_on, job.format, job.options)
    key = object_key(job.requester.user_id, job.id, job.attempt, name)
    upload = ports.objects.upload(key, content_type=content_type(job.format, job.options), download_name=name)
    try:
        with ports.spans.span("render"):
            for piece in ports.reports.render(report, file_format=job.format, tick=tick):
                upload.write(piece)
        pulse.beat(Progress(bytes=upload.size_bytes))
        sha256 = upload.commit(tick=lambda: pulse.show_life(Progress(bytes=upload.size_bytes)))
    except BaseException:
        upload.abort()
        raise
    rows = sum(len(section.rows) for section in report.sections if isinstance(section, Table))
    result = StoredFile(object_key=key, download_name=name, row_count=rows, size_bytes=upload.size_bytes, sha256=sha256)
    manifest = manifest_of_report(job, report, result, snapshot=snapshot, made_at=ports.clock())
    return Made(result=result, manifest=publish_manifest(manifest, result, ports=ports))
