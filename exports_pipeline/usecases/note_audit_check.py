"""Note in the audit log what is done for it: heads that were signed, and what verifications have found."""

from collections.abc import Mapping
from typing import Any

from exports_pipeline.core.ledger import AuditEntry
from exports_pipeline.core.origin import NOBODY
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.usecases.verify_audit import AuditVerdict

_NAMED = 20


def note_head(head: Mapping[str, Any], *, ports: ExportPorts) -> None:
    """Note a head; metrics tell its age by this entry."""
    _note("audit.head_signed", {name: head[name] for name in ("number", "sequence", "hash")}, "ok", ports)


def note_verdict(verdict: AuditVerdict, *, ports: ExportPorts) -> None:
    """Note what a verification has found; alerts go by this entry."""
    named = [[str(each.flaw), each.sequence, each.entry_id] for each in verdict.findings[:_NAMED]]
    details = {"entries": verdict.entries, "heads": verdict.heads, "found": verdict.found, "findings": named}
    _note("audit.verified", details, "ok" if verdict.is_whole else "error", ports)


def _note(action: str, details: Mapping[str, Any], outcome: str, ports: ExportPorts) -> None:
    entry = AuditEntry(
        at=ports.clock(),
        actor=NOBODY,
        action=action,
        entity_type="audit",
        details=details,
        outcome=outcome,
    )
    ports.audit.record(entry)
