"""The manifest: the receipt of a completed attempt, which says what its file holds and that nothing is missing."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from exports_pipeline.core.catalog import Dataset
from exports_pipeline.core.export_job import ExportJob, StoredFile
from exports_pipeline.core.filters import Selection

VERSION = "exports-manifest/1"
SIGNATURE = "signature"


@dataclass(frozen=True, kw_only=True)
class ColumnTotals:
    """What all values of one column have in common, as exact text; None where it makes no sense."""

    name: str
    nulls: int
    min: str | None = None
    max: str | None = None
    sum: str | None = None


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """A published version of the warehouse."""

    name: str
    """Tells two versions apart; the name of a file, without its folder."""
    as_of: datetime
    """When it was written."""


def manifest_of(
    job: ExportJob,
    selection: Selection,
    result: StoredFile,
    *,
    snapshot: Snapshot,
    totals: tuple[ColumnTotals, ...],
    remarks: tuple[str, ...],
    made_at: datetime,
) -> dict[str, Any]:
    """The manifest of an attempt, unsigned; `remarks` say what the file does not hold, if anything.

    Its values are texts, integers, booleans, lists and mappings only, so that it has one canonical form.
    """
    by_name = {each.name: each for each in totals}
    return {
        "manifest": VERSION,
        "job_id": str(job.id),
        "attempt": job.attempt,
        "type": job.type,
        "made_at": made_at.isoformat(),
        "dataset": {"name": job.dataset, "id": str(job.dataset_id), "title": job.dataset_title},
        "catalog_version": catalog_version(selection.dataset),
        "warehouse": {"snapshot": snapshot.name, "as_of": snapshot.as_of.isoformat()},
        "requested_by": str(job.requester.user_id),
        "rows_of": selection.owner_key,
        "permissions": sorted(job.requester.permissions),
        "format": str(job.format),
        "filters": {
            "start_date": selection.start_date.isoformat() if selection.start_date else None,
            "end_date": selection.end_date.isoformat() if selection.end_date else None,
            "timezone": selection.timezone,
            "account_ids": sorted(selection.account_ids),
            "tag_ids": sorted(selection.tag_ids),
        },
        "redactions": {name: str(rule) for name, rule in sorted(selection.redactions.items())},
        "row_count": result.row_count,
        "files": [
            {
                "name": result.download_name,
                "bytes": result.size_bytes,
                "rows": result.row_count,
                "sha256": result.sha256,
            }
        ],
        "columns": [
            {"name": name, "type": kind, **(_without_name(by_name[name]) if name in by_name else {})}
            for name, kind in result.columns
        ],
        "complete": not remarks,
        "remarks": list(remarks),
    }


def canonical(manifest: Mapping[str, Any]) -> bytes:
    """The bytes that are signed: JSON with sorted keys, no spaces, UTF-8, without the signature (RFC 8785's form)."""
    unsigned = {name: value for name, value in manifest.items() if name != SIGNATURE}
    return json.dumps(unsigned, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def manifest_key(file: str) -> str:
    """The key, or the name, of the manifest beside a file."""
    return f"{file}.manifest.json"


def catalog_version(dataset: Dataset) -> str:
    """A digest of a dataset's definition: equal as long as columns, isolation and source are."""
    described = {each.name: getattr(dataset, each.name) for each in fields(dataset)}
    return hashlib.sha256(json.dumps(described, sort_keys=True, default=_plain).encode()).hexdigest()


def _without_name(totals: ColumnTotals) -> dict[str, Any]:
    return {name: value for name, value in asdict(totals).items() if name != "name"}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    return str(value) if isinstance(value, UUID) else asdict(value)
