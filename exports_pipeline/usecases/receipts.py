"""The receipt of an attempt: made with its file, read by whoever may see the job."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from exports_pipeline.core.export_job import StoredFile
from exports_pipeline.core.manifest import SIGNATURE, canonical, manifest_key
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.refusals import NotCompleted
from exports_pipeline.core.requester import Requester
from exports_pipeline.usecases.read_exports import read_export


def publish_manifest(manifest: dict[str, Any], result: StoredFile, *, ports: ExportPorts) -> Mapping[str, Any]:
    """Sign the manifest of a published file, put it beside the file, and return it.

    Raises:
        ObjectStoreUnavailable, ObjectStoreMisconfigured: it was not stored.
    """
    if ports.signer is not None:
        manifest = manifest | {SIGNATURE: ports.signer.sign(canonical(manifest))}
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
