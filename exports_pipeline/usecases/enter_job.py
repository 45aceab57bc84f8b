"""Enter a checked request into the ledger, unless a job that is there already answers it."""

import hashlib
import json
from dataclasses import asdict, dataclass, replace

from exports_pipeline.core.export_job import ExportJob, NewExportJob
from exports_pipeline.core.ledger import AuditEntry
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.quota import QuotaExceeded
from exports_pipeline.usecases.check_quota import note_refusal


@dataclass(frozen=True, kw_only=True)
class Requested:
    """The answer to a request."""

    job: ExportJob
    is_replay: bool = False
    """Whether the job stems from an earlier request with the same idempotency key."""
    is_shared: bool = False
    """Whether the job stems from an identical request, and has not ended yet."""


def enter_job(new: NewExportJob, audit: AuditEntry, *, ports: ExportPorts) -> Requested:
    """Write a pending job with its audit entry, or find the one that answers it.

    A job with an idempotency key is its client's own: it is shared with nobody, and shares nobody's.

    Raises:
        IdempotencyKeyReused, IdempotencyKeyInFlight: the key stands for another request.
        QueueFull: too many jobs are waiting.
        QuotaExceeded: the requester has exported as much as they may in a day.
        LedgerUnavailable: nothing was written.
    """
    if new.idempotency_key is None:
        new = replace(new, request_digest=_digest_of_result(new))
    quota = ports.limits.quotas.of(new.requester)
    try:
        job = ports.jobs.add(new, audit, limits=ports.limits.queue, quota=quota)
    except QuotaExceeded as error:
        note_refusal(error, new.requester, ports=ports, dataset=new.dataset)
        raise
    is_found = job.id != new.id
    has_key = new.idempotency_key is not None
    return Requested(job=job, is_replay=is_found and has_key, is_shared=is_found and not has_key)


def _digest_of_result(new: NewExportJob) -> str:
    """Equal for jobs of one requester that make the same file for the same recipients, with the same rights."""
    whole = {
        "type": new.type,
        "rows_of": new.requester.owner_key,
        "permissions": sorted(new.requester.permissions),
        "dataset": new.dataset_id,
        "format": new.format,
        "filters": asdict(new.filters),
        "options": asdict(new.options),
        "parameters": dict(new.parameters),
        "recipients": sorted((each.channel, each.address) for each in new.recipients),
        "rendition": asdict(new.rendition) if new.rendition else None,
        **({"roles": sorted(new.requester.roles)} if new.requester.roles else {}),
        **({"unmask_reason": new.unmask_reason} if new.unmask_reason else {}),  # each reason is noted down
        **({"shared_with": sorted(map(str, new.shared_with))} if new.shared_with else {}),
        **new.labels.given,  # two plans are counted apart, although one file would do for both
    }
    return hashlib.sha256(json.dumps(whole, sort_keys=True, default=str).encode()).hexdigest()
