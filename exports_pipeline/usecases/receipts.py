"""The receipt of an attempt: made with its file, read by whoever may see the job."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from exports_pipeline.core.export_job import ExportJob, StoredFile
from exports_pipeline.core.filters import Selection
from exports_pipeline.core.manifest import SIGNATURE, ColumnTotals, Snapshot, canonical, manifest_key, manifest_of
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.refusals import NotCompleted
from exports_pipeline.core.requester import Requester
from exports_pipeline.usecases.read_exports import read_export


def publish_manifest(
    job: ExportJob,
    selection: Selection,
    result: StoredFile,
    *,
    snapshot: Snapshot,
    totals: tuple[ColumnTotals, ...],
    ports: ExportPorts,
) -> Mapping[str, Any]:
    """Sign the manifest of a published file, put it beside the file, and return it.

    Raises:
        ObjectStoreUnavailable, ObjectStoreMisconfigured: it was not stored.
    """
    manifest = manifest_of(job, selection, result, snapshot=snapshot, totals=totals, remarks=(), made_at=ports.clock())
    if ports.signer is not None:
        manifest[SIGNATURE] = ports.signer.sign(canonical(manifest))
    upload = ports.objects.upload(
        manifest_key(result.object_key),
        content_type="application/json",
        download_name=manifest_key(result.download_name),
    )
    try:
        upload.write(json.dumps(manifest, indent=1, ensure_ascii=False).encode())
        upload.commit()
    except BaseException:
        upload.abort()
        raise
    return manifest


def read_manifest(job_id: UUID, requester: Requester, *, ports: ExportPorts) -> Mapping[str, Any]:
    """The manifest of a completed job; it outlives the file.

    Raises:
        UnknownExportJob: there is no such job, or it is somebody else's.
        NotCompleted: there is no file yet, or there never will be.
    """
    job = read_export(job_id, requester, ports=ports)
    manifest = ports.jobs.manifest(job.id)
    if manifest is None:
        raise NotCompleted(f"The export job is {job.status} and has no manifest.")
    return manifest
