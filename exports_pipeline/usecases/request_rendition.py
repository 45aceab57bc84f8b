"""Turn a completed job into a pending one that shows the same result in another format."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from exports_pipeline.core.catalog import Dataset
from exports_pipeline.core.errors import WarehouseBusy, WarehouseUnavailable
from exports_pipeline.core.export_job import ExportJob, NewExportJob
from exports_pipeline.core.formats import (
    DATASET_FORMATS,
    REPORT_FORMATS,
    Format,
    FormatOptions,
    check_columns,
    parse_format,
    parse_options,
)
from exports_pipeline.core.ledger import AuditEntry
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.redaction import lost_classes
from exports_pipeline.core.refusals import InvalidOption, NotAllowed, NotCompleted, SnapshotGone, UnknownExportJob
from exports_pipeline.core.rendition import Rendition
from exports_pipeline.core.requester import Requester
from exports_pipeline.usecases.check_rows import check_rows
from exports_pipeline.usecases.check_snapshot import check_snapshot
from exports_pipeline.usecases.enter_job import Requested, enter_job
from exports_pipeline.usecases.open_rows import find_kept
from exports_pipeline.usecases.request_export import digest


def request_rendition(
    job_id: UUID,
    file_format: str,
    options: Mapping[str, Any],
    requester: Requester,
    *,
    ports: ExportPorts,
    idempotency_key: str | None = None,
) -> Requested:
    """Have another format made of a result of the requester, with the rights that it was made with.

    What was kept of the result is enough while it is there; else the data must still be what they were. An identical
    rendition in flight is shared: nothing else can come of it, as both are of one snapshot.

    Raises:
        UnknownExportJob: there is none, or it is somebody else's, also for those who manage exports.
        NotCompleted: there is no result yet, or there never will be.
        NotAllowed: the requester has lost a right that the result was made with.
        SnapshotGone: warehouse or catalogue are no longer what they were, and the result is not kept.
        RequestError: the format does not take these options, or cannot hold the result.
        QueueFull: too many jobs are waiting.
        LedgerUnavailable: nothing was written.
    """
    job = ports.jobs.get(job_id)
    if job is None or job.requester.user_id != requester.user_id:
        raise UnknownExportJob(f"There is no export job {job_id} among yours.")
    if job.result is None:
        raise NotCompleted(f"The export job is {job.status} and has no result.")
    _check_rights(job, requester, ports)
    kind = parse_format(file_format, among=REPORT_FORMATS if job.type == "report" else DATASET_FORMATS)
    rendition = _rendition(job, ports)
    chosen = _options(job, kind, options, is_kept=rendition.kept_by is not None)
    if job.type == "export":
        check_columns(kind, len(job.result.columns))
        check_rows(job.result.row_count, kind, limits=ports.limits)
    dataset = ports.catalog.find(job.dataset, requester) if job.type == "export" else None
    if rendition.kept_by is None:
        _check_published(rendition, dataset, ports)
    now = ports.clock()
    new = NewExportJob(
        id=uuid4(),
        type=job.type,
        requester=replace(
            requester,
            owner_key=job.requester.owner_key,
            permissions=job.requester.permissions,
            withheld=requester.permissions - job.requester.permissions,
            roles=job.requester.roles,
        ),
        dataset=job.dataset,
        dataset_id=job.dataset_id,
        dataset_title=job.dataset_title,
        format=kind,
        filters=job.filters,
        options=chosen,
        parameters=job.parameters,
        labels=job.labels,
        created_at=now,
        tag_summary=job.tag_summary,
        idempotency_key=idempotency_key,
        request_digest=digest({"of": job.id, "format": kind, "options": dict(options)}, [])
        if idempotency_key
        else None,
        is_shared=idempotency_key is None,
        rendition=rendition,
        traceparent=ports.spans.traceparent(),
        unmask_reason=job.unmask_reason,
    )
    audit = AuditEntry(
        at=now,
        actor=requester.user_id,
        action=f"{job.type}.rendition_requested",
        job_id=new.id,
        details={"dataset": job.dataset, "format": kind, "of": str(job.id), "unmasked": new.requester.may_unmask}
        | new.requester.through,
    )
    return enter_job(new, audit, ports=ports)


def _check_rights(job: ExportJob, requester: Requester, ports: ExportPorts) -> None:
    """A right that was taken away does not live on in the ledger."""
    lost = requester.lost_since(job.requester)
    if lost:
        raise NotAllowed(
            f"The result was made with {', '.join(sorted(lost))}, which your token no longer carries; "
            "request a new export."
        )
    if classes := lost_classes(ports.catalog, before=job.requester, now=requester):
        raise NotAllowed(
            f"The result was made with roles that saw more of what is {', '.join(classes)} than yours do now; "
            "request a new export."
        )
    if job.requester.owner_key != requester.owner_key:
        raise NotAllowed("The result holds rows of another owner key than your token carries; request a new export.")


def _options(job: ExportJob, file_format: Format, given: Mapping[str, Any], *, is_kept: bool) -> FormatOptions:
    """The options, with the time zone of the job: by it the days of its filters were told apart.

    A report that is kept already is not kept again.
    """
    if job.type == "report":
        if given:
            raise InvalidOption("A report takes no options.", field="options")
        return replace(job.options, keep_result=job.options.keep_result and not is_kept)
    if given.get("timezone", job.options.timezone) != job.options.timezone:
        raise InvalidOption(
            f"A rendition has the time zone of its result, {job.options.timezone}.", field="options.timezone"
        )
    return parse_options(file_format, {"timezone": job.options.timezone, **given})


def _rendition(job: ExportJob, ports: ExportPorts) -> Rendition:
    manifest = ports.jobs.manifest(job.id)
    if manifest is None:
        raise SnapshotGone("The result was made before snapshots were noted down; request a new export.")
    return Rendition(
        of=job.id,
        snapshot=manifest["warehouse"]["snapshot"],
        catalog_version=manifest.get("catalog_version"),
        made_at=job.rendition.made_at if job.rendition else datetime.fromisoformat(manifest["made_at"]),
        kept_by=_keeper(job, ports),
    )


def _keeper(job: ExportJob, ports: ExportPorts) -> UUID | None:
    """The job that has kept the result: this one, or the one that it was rendered of."""
    candidates = (job.id, job.rendition.kept_by if job.rendition else None)
    return next((each for each in candidates if find_kept(each, ports)), None)


def _check_published(rendition: Rendition, dataset: Dataset | None, ports: ExportPorts) -> None:
    with (
        suppress(WarehouseBusy, WarehouseUnavailable),
        ports.warehouse.open(dataset) as session,
    ):  # the run compares again
        check_snapshot(rendition, session.snapshot, dataset=dataset)
