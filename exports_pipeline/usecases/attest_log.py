"""Verify the whole chain of the audit log, for a report that tells the result."""

from collections.abc import Callable

from exports_pipeline.core.attestation import Attestation
from exports_pipeline.core.audit_chain import AuditChain
from exports_pipeline.core.audit_head import HeadStore
from exports_pipeline.usecases.verify_audit import IsSigned, verify_audit


def attest_log(
    chain: AuditChain, heads: HeadStore, *, is_signed: IsSigned, tick: Callable[[], None] = lambda: None
) -> Attestation:
    """What a verification of all entries finds; those that wait for their seal are sealed first.

    Raises:
        LedgerUnavailable, ObjectStoreUnavailable, ObjectStoreMisconfigured.
    """
    chain.seal()
    since = chain.oldest()
    verdict = verify_audit(chain, heads, is_signed=is_signed, tick=lambda _entries: tick())
    state = chain.state()
    left_out = verdict.found - len(verdict.findings)
    return Attestation(
        entries=verdict.entries,
        since=since,
        until=state.at,
        head=(chain.hash_at(verdict.last) or b"").hex(),
        breaks=(
            *(finding.sentence for finding in verdict.findings),
            *([f"There are {left_out:,} more findings."] if left_out else []),
        ),
    )
