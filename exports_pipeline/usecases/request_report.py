"""Turn a request into a pending report, which is an export job like any other."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any
from uuid import UUID, uuid4

from exports_pipeline.core.catalog import dataset_id
from exports_pipeline.core.export_job import NewExportJob
from exports_pipeline.core.filters import Filters
from exports_pipeline.core.formats import REPORT_FORMATS, FormatOptions, parse_format
from exports_pipeline.core.labels import NO_LABELS, Labels
from exports_pipeline.core.ledger import AuditEntry
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.recipient import Recipient
from exports_pipeline.core.requester import Requester
from exports_pipeline.core.unmasking import as_asked
from exports_pipeline.usecases.enter_job import Requested, enter_job
from exports_pipeline.usecases.request_export import digest, shared_as_given


def request_report(  # noqa: PLR0913 - what a request may have
    template: str,
    parameters: Mapping[str, Any],
    file_format: str,
    requester: Requester,
    *,
    ports: ExportPorts,
    idempotency_key: str | None = None,
    recipients: Sequence[Recipient] = (),
    labels: Labels = NO_LABELS,
    share: bool = False,
    unmask_reason: str | None = None,
    share_with: Sequence[UUID] = (),
) -> Requested:
    """Check a request against the template and the catalogue and write it into the ledger; sharing as for an export.

    The report is kept beside its file, so that its renditions show the same figures.

    Raises:
        RequestError: template, parameters or format do not fit, or the idempotency key is taken.
        QueueFull: too many jobs are waiting.
        LedgerUnavailable: nothing was written.
    """
    new = checked_report(template, parameters, file_format, requester, ports=ports, unmask_reason=unmask_reason)
    whole = {
        "template": template,
        "parameters": dict(parameters),
        "format": new.format,
        **labels.given,
        **shared_as_given(share_with),
        **({"unmask_reason": unmask_reason} if unmask_reason else {}),
    }
    new = replace(
        new,
        recipients=tuple(dict.fromkeys(recipients)),
        labels=labels,
        shared_with=tuple(share_with),
        idempotency_key=idempotency_key,
        request_digest=digest(whole, [asdict(each) for each in recipients]) if idempotency_key else None,
        is_shared=share and idempotency_key is None,
        traceparent=ports.spans.traceparent(),
    )
    return enter_job(new, audit_of_report(new), ports=ports)


def checked_report(
    template: str,
    parameters: Mapping[str, Any],
    file_format: str,
    requester: Requester,
    *,
    ports: ExportPorts,
    unmask_reason: str | None = None,
) -> NewExportJob:
    """The job that answers a request, checked against template and catalogue and in no ledger yet.

    Raises:
        RequestError: template, parameters or format do not fit.
    """
    kind = parse_format(file_format, among=REPORT_FORMATS)
    requester = as_asked(requester, unmask_reason, needs_reason=ports.unmask_needs_reason)
    ports.reports.check(template, parameters, catalog=ports.catalog, requester=requester)
    facts = ports.reports.find(template)
    return NewExportJob(
        id=uuid4(),
        type="report",
        requester=requester,
        dataset=facts.name,
        dataset_id=dataset_id(f"report:{facts.name}"),
        dataset_title=facts.title,
        format=kind,
        filters=Filters(),
        options=FormatOptions(keep_result=True),
        parameters=parameters,
        created_at=ports.clock(),
        unmask_reason=unmask_reason if requester.may_unmask else None,
    )


def audit_of_report(new: NewExportJob) -> AuditEntry:
    """What the audit log keeps of a request."""
    return AuditEntry(
        at=new.created_at,
        actor=new.requester.user_id,
        action="report.requested",
        job_id=new.id,
        details={"template": new.dataset, "format": new.format, "unmasked": new.requester.may_unmask}
        | new.requester.through,
    )
