"""Write a signed head of the audit log's chain to the object store."""

import json
from collections.abc import Mapping
from typing import Any

from exports_pipeline.core.audit_head import HeadStore, head_key, new_head, number_and_time
from exports_pipeline.core.errors import AuditLogDamaged, NotConfigured
from exports_pipeline.core.manifest import SIGNATURE, canonical
from exports_pipeline.core.ports import ExportPorts


def sign_audit_head(ports: ExportPorts) -> dict[str, Any]:
    """Seal what is committed, sign where the chain is now, and keep that; the head comes back.

    Raises:
        NotConfigured: there is no key to sign with.
        AuditLogDamaged: the chain is no longer what the head before has seen; nothing is signed then.
        ObjectStoreUnavailable, ObjectStoreMisconfigured, LedgerUnavailable.
    """
    if ports.signer is None:
        raise NotConfigured("EXPORTS_SIGNING_SECRET is not set; heads of the audit log cannot be signed.")
    ports.chain.seal()
    state, now = ports.chain.state(), ports.clock()
    before = newest_head(ports.heads)
    if before is not None:
        seen = ports.chain.hash_at(int(before["sequence"]))
        is_dropped = int(before["sequence"]) <= state.anchor.sequence
        if int(before["sequence"]) > state.sequence or (not is_dropped and (seen or b"").hex() != before["hash"]):
            raise AuditLogDamaged(
                f"The chain at place {before['sequence']} is not what the head of {before['signed_at']} has seen; "
                "run `exports audit verify`."
            )
    number = int(before["number"]) + 1 if before else 1
    head = new_head(number=number, sequence=state.sequence, seal_hash=state.hash, signed_at=now, before=before)
    head[SIGNATURE] = ports.signer.sign(canonical(head))
    ports.heads.put(head_key(number, now), json.dumps(head, indent=1).encode())
    return head


def newest_head(heads: HeadStore) -> Mapping[str, Any] | None:
    """The head that was signed last."""
    key = max((key for key in heads.all_keys() if number_and_time(key)), default=None)
    found: Mapping[str, Any] | None = json.loads(heads.read(key)) if key else None
    return found
