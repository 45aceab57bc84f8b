"""Read the audit log, which is itself noted there, and how far its chain is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from exports_pipeline.core.audit_chain import ChainState
from exports_pipeline.core.audit_page import AuditFilter, StoredEntry
from exports_pipeline.core.ledger import AuditEntry
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.refusals import NotAllowed
from exports_pipeline.core.requester import Requester
from exports_pipeline.usecases.sign_audit_head import newest_head


@dataclass(frozen=True, kw_only=True)
class SeenChain:
    """How far the chain is, and what the newest head says of it."""

    state: ChainState
    head: Mapping[str, Any] | None
    agrees: bool
    """Whether the chain still has the hash that the head has seen; true where there is no head."""


def read_audit(wanted: AuditFilter, requester: Requester, *, ports: ExportPorts) -> list[StoredEntry]:
    """The entries that are wanted, newest first.

    Raises:
        NotAllowed: the requester may not view the audit log.
    """
    _note(requester, "audit.read", wanted.asked, ports)
    return ports.chain.page(wanted)


def read_chain(requester: Requester, *, ports: ExportPorts) -> SeenChain:
    """How far the chain is.

    Raises:
        NotAllowed: the requester may not view the audit log.
    """
    _note(requester, "audit.chain_read", {}, ports)
    head = newest_head(ports.heads)
    state = ports.chain.state()
    agrees = True
    if head is not None and int(head["sequence"]) > state.anchor.sequence:
        agrees = (ports.chain.hash_at(int(head["sequence"])) or b"").hex() == head["hash"]
    return SeenChain(state=state, head=head, agrees=agrees)


def _note(requester: Requester, action: str, asked: Mapping[str, str], ports: ExportPorts) -> None:
    if not requester.views_audit:
        raise NotAllowed("Only who carries VIEW_AUDIT may read the audit log.")
    entry = AuditEntry(
        at=ports.clock(), actor=requester.user_id, action=action, entity_type="audit", details={"asked": dict(asked)}
    )
    ports.audit.record(entry)
