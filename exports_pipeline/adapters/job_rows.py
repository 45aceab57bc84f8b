"""Rows of `export_jobs` to export jobs and back."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping

from exports_pipeline.core.catalog import Column
from exports_pipeline.core.changes_file import ChangesFile
from exports_pipeline.core.errors import Fault
from exports_pipeline.core.export_job import ExportJob, JobError, NewExportJob, Progress, StoredFile
from exports_pipeline.core.filters import Filters
from exports_pipeline.core.formats import Compression, Format, FormatOptions, Paper
from exports_pipeline.core.kept_result import KeptResult
from exports_pipeline.core.labels import Labels
from exports_pipeline.core.lifecycle import Status
from exports_pipeline.core.recipient import Channel, Recipient
from exports_pipeline.core.redaction_policy import Sensitivity, TextKind
from exports_pipeline.core.rendition import Rendition
from exports_pipeline.core.requester import Permission, Requester
from exports_pipeline.core.scheduled_window import Condition, ScheduledWindow


def row_of(new: NewExportJob) -> dict[str, Any]:
    """The values of the first row of an export job."""
    filters = filters_as_json(new.filters)
    return {
        "id": new.id,
        "type": new.type,
        "status": Status.PENDING,
        "attempt": 1,
        "forgiven": 0,
        "requester": new.requester.user_id,
        "owner_key": new.requester.owner_key,
        "permissions": sorted(new.requester.permissions),
        "dataset": new.dataset,
        "dataset_id": new.dataset_id,
        "format": new.format,
        "filters": filters,
        "options": asdict(new.options),
        "recipients": [recipient_as_json(each) for each in new.recipients],
        "metadata": {
            "dataset": {"id": str(new.dataset_id), "name": new.dataset, "title": new.dataset_title},
            "filters": filters,
            **({"parameters": dict(new.parameters)} if new.parameters else {}),
            **({"labels": new.labels.given} if new.labels.given else {}),
            **({"rendition": _rendition_as_json(new.rendition)} if new.rendition else {}),
            **({"schedule": _schedule_as_json(new.schedule)} if new.schedule else {}),
            **({"traceparent": new.traceparent} if new.traceparent else {}),
            **({"roles": sorted(new.requester.roles)} if new.requester.roles else {}),
            **({"unmask_reason": new.unmask_reason} if new.unmask_reason else {}),
            **({"through": new.requester.through} if new.requester.is_narrowed else {}),
        },
        "progress": {},
        "created_at": new.created_at,
        "due_at": new.created_at,
        "triggered_by": new.triggered_by,
        "export_type": new.export_type,
        "tag_summary": list(new.tag_summary),
        "idempotency_key": new.idempotency_key,
        "request_digest": new.request_digest,
        "shared_with": list(new.shared_with),
    }


def recipient_as_json(recipient: Recipient) -> dict[str, str]:
    """A recipient as a row keeps it."""
    where = {"address": recipient.address} if recipient.destination_id is None else {}
    saved = {"destination_id": str(recipient.destination_id)} if recipient.destination_id else {}
    return {"channel": recipient.channel, **where, **saved}


def recipient_of(kept: Mapping[str, str]) -> Recipient:
    """The recipient that a row keeps."""
    saved = kept.get("destination_id")
    return Recipient(
        channel=Channel(kept["channel"]), address=kept.get("address", ""), destination_id=UUID(saved) if saved else None
    )


def job_of(row: RowMapping) -> ExportJob:
    """The export job of a row."""
    return ExportJob(
        id=row["id"],
        type=row["type"],
        status=Status(row["status"]),
        attempt=row["attempt"],
        forgiven=row["forgiven"],
        is_large=row["is_large"],
        requester=Requester(
            user_id=row["requester"],
            owner_key=row["owner_key"],
            permissions=frozenset(Permission(name) for name in row["permissions"]),
            roles=frozenset(row["metadata"].get("roles", ())),
            **_through(row["metadata"].get("through", {})),
        ),
        dataset=row["dataset"],
        dataset_id=row["dataset_id"],
        dataset_title=row["metadata"]["dataset"]["title"],
        format=Format(row["format"]),
        filters=_filters(row["filters"]),
        options=_options(row["options"]),
        recipients=tuple(recipient_of(each) for each in row["recipients"]),
        progress=Progress(**row["progress"]),
        run_id=row["run_id"],
        created_at=row["created_at"],
        due_at=row["due_at"],
        dispatched_at=row["dispatched_at"],
        started_at=row["started_at"],
        heartbeat_at=row["heartbeat_at"],
        completed_at=row["completed_at"],
        expires_at=row["expires_at"],
        triggered_by=row["triggered_by"],
        export_type=row["export_type"],
        tag_summary=tuple(row["tag_summary"]),
        parameters=row["metadata"].get("parameters", {}),
        labels=Labels(**row["metadata"].get("labels", {})),
        rendition=_rendition(row["metadata"].get("rendition")),
        schedule=_schedule(row["metadata"].get("schedule")),
        traceparent=row["metadata"].get("traceparent"),
        unmask_reason=row["metadata"].get("unmask_reason"),
        shared_with=tuple(row["shared_with"]),
        result=_result(row["metadata"]) if row["status"] == Status.COMPLETED else None,
        error=JobError(code=row["error_code"], sentence=row["error_sentence"], fault=Fault(row["error_fault"]))
        if row["error_code"]
        else None,
    )


def _through(value: Mapping[str, str]) -> dict[str, Any]:
    """The service account and the API key that a job was requested by."""
    fields = {"service": value.get("service"), "key_id": value.get("key")}
    return {name: UUID(text) for name, text in fields.items() if text}


def result_as_json(result: StoredFile) -> dict[str, Any]:
    """What a completed job adds to its metadata."""
    return {
        "object_key": result.object_key,
        "download_name": result.download_name,
        "row_count": result.row_count,
        "file_size_bytes": result.size_bytes,
        "sha256": result.sha256,
        "columns": [{"name": name, "type": kind} for name, kind in result.columns],
        "remarks": list(result.remarks),
        **({"difference": dict(result.difference)} if result.difference else {}),
        **({"kept": _kept_as_json(result.kept)} if result.kept else {}),
        **({"changes": asdict(result.changes)} if result.changes else {}),
        **({"redactions": dict(result.redactions)} if result.redactions else {}),
        **({"lifted": list(result.lifted)} if result.lifted else {}),
    }


def filters_as_json(filters: Filters) -> dict[str, Any]:
    """Filters as the API shows them: dates as ISO text, lists as lists."""
    return {
        "start_date": filters.start_date.isoformat() if filters.start_date else None,
        "end_date": filters.end_date.isoformat() if filters.end_date else None,
        "account_ids": list(filters.account_ids),
        "tag_ids": list(filters.tag_ids),
        "columns": list(filters.columns),
        **({"values": {name: list(wanted) for name, wanted in filters.values}} if filters.values else {}),
    }


def _filters(value: dict[str, Any]) -> Filters:
    return Filters(
        start_date=date.fromisoformat(value["start_date"]) if value["start_date"] else None,
        end_date=date.fromisoformat(value["end_date"]) if value["end_date"] else None,
        account_ids=tuple(value["account_ids"]),
        tag_ids=tuple(value["tag_ids"]),
        columns=tuple(value["columns"]),
        values=tuple((name, tuple(wanted)) for name, wanted in value.get("values", {}).items()),
    )


def _rendition_as_json(rendition: Rendition) -> dict[str, Any]:
    return {
        **asdict(rendition),
        "of": str(rendition.of),
        "made_at": rendition.made_at.isoformat(),
        "kept_by": str(rendition.kept_by) if rendition.kept_by else None,
    }


def _rendition(value: dict[str, Any] | None) -> Rendition | None:
    if value is None:
        return None
    return Rendition(
        of=UUID(value["of"]),
        snapshot=value["snapshot"],
        catalog_version=value["catalog_version"],
        made_at=datetime.fromisoformat(value["made_at"]),
        kept_by=UUID(value["kept_by"]) if value.get("kept_by") else None,
    )


def _schedule_as_json(window: ScheduledWindow) -> dict[str, Any]:
    return {
        "schedule_id": str(window.schedule_id),
        "name": window.name,
        "due_at": window.due_at.isoformat(),
        "timezone": window.timezone,
        "condition": window.condition,
        "key": list(window.key),
        "part": window.part,
        "is_only_part": window.is_only_part,
    }


def _schedule(value: dict[str, Any] | None) -> ScheduledWindow | None:
    if value is None:
        return None
    typed = {
        "schedule_id": UUID(value["schedule_id"]),
        "due_at": datetime.fromisoformat(value["due_at"]),
        "condition": Condition(value["condition"]),
        "key": tuple(value["key"]),
    }
    return ScheduledWindow(**{**value, **typed})


def _options(value: dict[str, Any]) -> FormatOptions:
    compression = Compression(value["compression"]) if value["compression"] else None
    paper = Paper(value.get("paper", Paper.A4))
    return FormatOptions(**{**value, "compression": compression, "paper": paper})


def _result(value: dict[str, Any]) -> StoredFile:
    return StoredFile(
        object_key=value["object_key"],
        download_name=value["download_name"],
        row_count=value["row_count"],
        size_bytes=value["file_size_bytes"],
        sha256=value["sha256"],
        columns=tuple((column["name"], column["type"]) for column in value["columns"]),
        remarks=tuple(value.get("remarks", ())),
        difference=value.get("difference"),
        kept=_kept(value.get("kept")),
        changes=ChangesFile(**value["changes"]) if value.get("changes") else None,
        redactions=value.get("redactions", {}),
        lifted=tuple(value.get("lifted", ())),
    )


def _kept_as_json(kept: KeptResult) -> dict[str, Any]:
    """What is empty is left out: most columns have but a name and a type."""
    columns = [{name: value for name, value in asdict(each).items() if value} for each in kept.columns]
    return {**asdict(kept), "columns": columns}


def _kept(value: dict[str, Any] | None) -> KeptResult | None:
    if value is None:
        return None
    names = {name: tuple(value.get(name, ())) for name in ("sensitive", "dropped", "lifted")}
    return KeptResult(**{**value, "columns": tuple(map(_column, value["columns"])), **names})


def _column(value: dict[str, Any]) -> Column:
    sensitive = Sensitivity(value["sensitive"]) if "sensitive" in value else None
    return Column(**{**value, "sensitive": sensitive, "scan": tuple(map(TextKind, value.get("scan", ())))})
