"""What messages tell, as JSON: the payload of webhooks (Standard Webhooks 1.0), and what templates put into words."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from exports_pipeline.core.changes_file import ChangesFile
from exports_pipeline.core.delivery import Delivery
from exports_pipeline.core.export_job import ExportJob, StoredFile


def facts_of_result(
    job: ExportJob, result: StoredFile, *, url: str, changes_url: str, url_expires_at: datetime, at: datetime
) -> dict[str, Any]:
    """Tell that a file is ready, with the links that were made for this recipient."""
    return _payload(
        f"{job.type}.completed",
        at,
        {
            "job_id": str(job.id),
            "dataset": job.dataset,
            "title": job.dataset_title or job.dataset,
            "format": job.format.value,
            "file_name": result.download_name,
            "row_count": result.row_count,
            "file_size_bytes": result.size_bytes,
            "sha256": result.sha256,
            "remarks": list(result.remarks),
            "difference": result.difference,
            "changes": _changes(result.changes, changes_url) if result.changes else None,
            "completed_at": _instant(job.completed_at or at),
            "download_url": url,
            "download_url_expires_at": _instant(url_expires_at),
        },
    )


def facts_of_notice(delivery: Delivery) -> dict[str, Any]:
    """Tell what a notice is about."""
    return _payload(f"notice.{delivery.kind}", delivery.created_at, delivery.about)


def facts_of_test(at: datetime) -> dict[str, Any]:
    """Tell that a destination is being tried out."""
    return _payload("test", at, {})


def _changes(file: ChangesFile, url: str) -> dict[str, Any]:
    return {
        "file_name": file.download_name,
        "row_count": file.row_count,
        "total_rows": file.total_rows,
        "file_size_bytes": file.size_bytes,
        "sha256": file.sha256,
        "download_url": url,
    }


def _payload(kind: str, at: datetime, data: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": kind, "timestamp": _instant(at), "data": dict(data)}


def _instant(at: datetime) -> str:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")
