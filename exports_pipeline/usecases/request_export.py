"""Turn a request into a pending export job."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from typing import Any
from uuid import UUID, uuid4

from exports_pipeline.core.errors import WarehouseBusy, WarehouseUnavailable
from exports_pipeline.core.export_job import ExportRequest, NewExportJob
from exports_pipeline.core.filters import select
from exports_pipeline.core.formats import check_columns, parse_format, parse_options
from exports_pipeline.core.kept_result import check_keepable
from exports_pipeline.core.labels import NO_LABELS, Labels
from exports_pipeline.core.ledger import AuditEntry
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.recipient import Recipient
from exports_pipeline.core.requester import Requester
from exports_pipeline.core.unmasking import as_asked
from exports_pipeline.usecases.check_rows import check_rows_beforehand
from exports_pipeline.usecases.check_values import check_values
from exports_pipeline.usecases.enter_job import Requested, enter_job


def request_export(
    request: ExportRequest,
    requester: Requester,
    *,
    ports: ExportPorts,
    idempotency_key: str | None = None,
    recipients: Sequence[Recipient] = (),
    labels: Labels = NO_LABELS,
    share: bool = False,
    share_with: Sequence[UUID] = (),
) -> Requested:
    """Check a request against the catalogue and write it into the ledger.

    It is shared with the teams of `share_with`, which were checked. With `share`, an identical job of the requester
    that has not ended comes back in place of a second one.

    Raises:
        RequestError: the request does not fit the catalogue, or the idempotency key is taken.
        QueueFull: too many jobs are waiting.
        LedgerUnavailable: nothing was written.
    """
    new = checked_export(request, requester, ports=ports)
    new = replace(
        new,
        recipients=tuple(dict.fromkeys(recipients)),
        labels=labels,
        shared_with=tuple(share_with),
        idempotency_key=idempotency_key,
        request_digest=digest(
            _words(request) | labels.given | shared_as_given(share_with), [asdict(each) for each in recipients]
        )
        if idempotency_key
        else None,
        is_shared=share and idempotency_key is None,
        traceparent=ports.spans.traceparent(),
    )
    return enter_job(new, audit_of_export(new), ports=ports)


def checked_export(request: ExportRequest, requester: Requester, *, ports: ExportPorts) -> NewExportJob:
    """The job that answers a request, checked against the catalogue and in no ledger yet.

    Raises:
        RequestError: the request does not fit the catalogue.
    """
    requester = as_asked(requester, request.unmask_reason, needs_reason=ports.unmask_needs_reason)
    dataset = ports.catalog.find(request.dataset, requester)
    file_format = parse_format(request.format)
    options = parse_options(file_format, request.options)
    selection = select(dataset, request.filters, requester, timezone=options.timezone)
    check_columns(file_format, len(selection.columns))
    if options.keep_result:
        check_keepable(selection.columns)
    with suppress(WarehouseBusy, WarehouseUnavailable):  # the run checks them again
        check_values(selection, ports.warehouse)
        check_rows_beforehand(selection, file_format, warehouse=ports.warehouse, limits=ports.limits)
    return NewExportJob(
        id=uuid4(),
        requester=requester,
        dataset=dataset.name,
        dataset_id=dataset.id,
        dataset_title=dataset.title,
        format=file_format,
        filters=request.filters,
        options=options,
        created_at=ports.clock(),
        tag_summary=dataset.tags,
        unmask_reason=request.unmask_reason if requester.may_unmask else None,
    )


def audit_of_export(new: NewExportJob) -> AuditEntry:
    """What the audit log keeps of a request."""
    return AuditEntry(
        at=new.created_at,
        actor=new.requester.user_id,
        action="export.requested",
        job_id=new.id,
        details={"dataset": new.dataset, "format": new.format, "unmasked": new.requester.may_unmask}
        | new.requester.through,
    )


def _words(request: ExportRequest) -> dict[str, Any]:
    """A request as its digest sees it; a reason that is not given is left out, as before there were reasons."""
    return {name: value for name, value in asdict(request).items() if name != "unmask_reason" or value}


def shared_as_given(teams: Sequence[UUID]) -> dict[str, list[str]]:
    """What a request's digest holds of the teams that its result is shared with; nothing where there are none."""
    return {"share_with": sorted(map(str, teams))} if teams else {}


def digest(request: Mapping[str, Any], recipients: Sequence[Mapping[str, Any]]) -> str:
    """What tells a repeated request from another one that has the same idempotency key."""
    whole = {"request": request, "recipients": recipients}
    return hashlib.sha256(json.dumps(whole, sort_keys=True, default=str).encode()).hexdigest()
