"""Note in the audit log what was refused."""

from datetime import datetime
from typing import Any

from exports_pipeline.core.ledger import AuditEntry
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.refusal_counts import Refusal, RefusalCounts


def note_refusal(refusal: Refusal, counts: RefusalCounts, *, ports: ExportPorts) -> None:
    """Write an entry of a refusal, or count it where one like it was written within the last minute."""
    now = ports.clock()
    written = counts.is_new(refusal, now)
    if written is not None:
        ports.audit.record(_entry(written, now))


def note_counted(counts: RefusalCounts, *, ports: ExportPorts, everything: bool = False) -> None:
    """Write one entry for each kind of refusal that came again in a minute that is over."""
    now = ports.clock()
    for counted in counts.take(now, everything=everything):
        again = {"times": counted.times, "since": counted.since.isoformat()}
        ports.audit.record(_entry(counted.refusal, now, **again))


def _entry(refusal: Refusal, now: datetime, **again: Any) -> AuditEntry:
    details = {
        "method": refusal.method,
        "route": refusal.route,
        "status": refusal.status,
        "code": refusal.code,
        **again,
    }
    return AuditEntry(
        at=now,
        actor=refusal.actor,
        action="request.refused",
        outcome="refused",
        details=details | ({"address": refusal.address} if refusal.address else {}),
    )
