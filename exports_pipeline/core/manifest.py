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
from exports_pipeline.core.kept_result import KeptResult, kept_key
from exports_pipeline.core.report import Report

VERSION = "exports-manifest/1"
SIGNATURE = "signature"
_SELDOM = frozenset({"data_class", "scan", "step"})
"""What changes no digest of a dataset's definition where it says nothing, as it did before it was there."""


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


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """Where the rows of a file come from."""

    snapshot: Snapshot
    catalog_version: str | None = None
    """Digest of the dataset's definition; None for a report."""
    rows_of: str | None = None
    """The owner key of these rows; None where they are of everybody."""


def provenance_in(manifest: Mapping[str, Any]) -> Provenance:
    """Where the rows of a manifest's file come from."""
    warehouse = manifest["warehouse"]
    return Provenance(
        snapshot=Snapshot(name=warehouse["snapshot"], as_of=datetime.fromisoformat(warehouse["as_of"])),
        catalog_version=manifest.get("catalog_version"),
        rows_of=manifest.get("rows_of"),
    )


def manifest_of_export(
    job: ExportJob,
    selection: Selection,
    result: StoredFile,
    *,
    origin: Provenance,
    totals: tuple[ColumnTotals, ...],
    made_at: datetime,
) -> dict[str, Any]:
    """The manifest of an export's attempt, unsigned.

    Its values are texts, integers, booleans, lists and mappings only, so that it has one canonical form.
    """
    by_name = {each.name: each for each in totals}
    return _common(job, result, snapshot=origin.snapshot, made_at=made_at) | {
        "dataset": {"name": job.dataset, "id": str(job.dataset_id), "title": job.dataset_title},
        "catalog_version": origin.catalog_version,
        "rows_of": origin.rows_of,
        "filters": {
            "start_date": selection.start_date.isoformat() if selection.start_date else None,
            "end_date": selection.end_date.isoformat() if selection.end_date else None,
            "timezone": selection.timezone,
            "account_ids": sorted(selection.account_ids),
            "tag_ids": sorted(selection.tag_ids),
            **({"values": {name: sorted(wanted) for name, wanted in selection.values}} if selection.values else {}),
        },
        "redactions": {name: str(rule) for name, rule in sorted(selection.redactions.items())},
        **({"dropped": sorted(selection.dropped)} if selection.dropped else {}),
        **_unmasked(job, result),
        "columns": [
            {"name": name, "type": kind, **(_without_name(by_name[name]) if name in by_name else {})}
            for name, kind in result.columns
        ],
    }


def manifest_of_report(
    job: ExportJob, report: Report, result: StoredFile, *, snapshot: Snapshot, made_at: datetime
) -> dict[str, Any]:
    """The manifest of a report's attempt, unsigned; its `facts` say what the report was made of."""
    return _common(job, result, snapshot=snapshot, made_at=made_at) | {
        "template": {"name": job.dataset, "title": job.dataset_title},
        "parameters": {name: _as_text(value) for name, value in sorted(job.parameters.items())},
        "facts": [list(fact) for fact in report.facts],
        **_unmasked(job, result),
        "columns": [],
    }


def _common(job: ExportJob, result: StoredFile, *, snapshot: Snapshot, made_at: datetime) -> dict[str, Any]:
    return {
        "manifest": VERSION,
        "job_id": str(job.id),
        "attempt": job.attempt,
        "type": job.type,
        **({"rendition_of": str(job.rendition.of)} if job.rendition else {}),
        **({"labels": job.labels.given} if job.labels.given else {}),
        "made_at": made_at.isoformat(),
        "warehouse": {"snapshot": snapshot.name, "as_of": snapshot.as_of.isoformat()},
        "requested_by": str(job.requester.user_id),
        **({"requested_through": job.requester.through} if job.requester.is_narrowed else {}),
        "permissions": sorted(job.requester.permissions),
        "format": str(job.format),
        "row_count": result.row_count,
        "files": [
            {
                "name": result.download_name,
                "bytes": result.size_bytes,
                "rows": result.row_count,
                "sha256": result.sha256,
            }
        ],
        **({"kept": _kept(result.download_name, result.kept)} if result.kept else {}),
        "complete": not result.remarks,
        "remarks": list(result.remarks),
    }


def _unmasked(job: ExportJob, result: StoredFile) -> dict[str, Any]:
    """The columns that were shown only because the requester unmasks them, and why."""
    return {"unmasked": {"columns": sorted(result.lifted), "reason": job.unmask_reason}} if result.lifted else {}


def _kept(file: str, kept: KeptResult) -> dict[str, Any]:
    return {
        "name": kept_key(file, is_report=not kept.columns),
        "bytes": kept.size_bytes,
        "rows": kept.row_count,
        "sha256": kept.sha256,
    }


def canonical(manifest: Mapping[str, Any]) -> bytes:
    """The bytes that are signed: JSON with sorted keys, no spaces, UTF-8, without the signature (RFC 8785's form)."""
    unsigned = {name: value for name, value in manifest.items() if name != SIGNATURE}
    return json.dumps(unsigned, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def manifest_key(file: str) -> str:
    """The key, or the name, of the manifest beside a file."""
    return f"{file}.manifest.json"


def objects_of(result: StoredFile) -> tuple[str, ...]:
    """The keys of all objects of a result: its file, the manifest beside it, what was kept, and what has changed."""
    beside = (each.object_key for each in (result.kept, result.changes) if each)
    return (result.object_key, manifest_key(result.object_key), *beside)


def catalog_version(dataset: Dataset) -> str:
    """A digest of a dataset's definition: equal as long as columns, isolation and source are."""
    described = {each.name: getattr(dataset, each.name) for each in fields(dataset) if each.name != "policy"}
    classes = sorted({column.data_class for column in dataset.columns if column.data_class})
    if classes:
        described["policy"] = {name: dataset.policy.about(name) for name in classes}
    return hashlib.sha256(json.dumps(described, sort_keys=True, default=_plain).encode()).hexdigest()


def _without_name(totals: ColumnTotals) -> dict[str, Any]:
    return {name: value for name, value in asdict(totals).items() if name != "name"}


def _as_text(value: Any) -> Any:
    """A parameter in values that have one canonical form: numbers as text."""
    if isinstance(value, list | tuple):
        return [_as_text(each) for each in value]
    return value if isinstance(value, bool) or value is None else str(value)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, UUID):
        return str(value)
    return {name: each for name, each in asdict(value).items() if each or name not in _SELDOM}
