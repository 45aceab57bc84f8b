"""Check that users have some of their quotas left."""

from collections import Counter
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from exports_pipeline.core.export_job import NewExportJob
from exports_pipeline.core.ledger import AuditEntry
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.quota import QuotaExceeded
from exports_pipeline.core.requester import Requester


def check_quota_for_retry(owner: Requester, *, ports: ExportPorts) -> None:
    """Refuse to make rows or bytes anew for a user who has used up theirs; the job itself was counted before.

    Raises:
        QuotaExceeded: they have.
    """
    quota, now = ports.limits.quotas.of(owner), ports.clock()
    if quota.is_limited:
        ports.jobs.usage(owner.user_id, quota, now=now).check(quota, now=now, jobs=0)


def check_quota_of_window(
    jobs: Iterable[NewExportJob], ahead: Iterable[NewExportJob], *, ports: ExportPorts, **about: Any
) -> None:
    """Refuse the jobs of a window where one of their users has not enough left, besides those that go ahead of them.

    Jobs that are in the ledger already were counted there, and are not refused.

    Raises:
        QuotaExceeded: they have not.
    """
    limited = {each.id: each for each in jobs if ports.limits.quotas.of(each.requester).is_limited}
    if not limited:
        return
    there = ports.jobs.live_keys(list(limited))
    missing = Counter(each.requester.user_id for each in limited.values() if each.id not in there)
    before: Counter[UUID] = Counter(each.requester.user_id for each in ahead)
    users = {each.requester.user_id: each.requester for each in limited.values()}
    now = ports.clock()
    for user_id, count in missing.items():
        quota = ports.limits.quotas.of(users[user_id])
        try:
            ports.jobs.usage(user_id, quota, now=now).check(quota, now=now, jobs=count + before[user_id])
        except QuotaExceeded as error:
            note_refusal(error, users[user_id], ports=ports, **about)
            raise


def note_refusal(error: QuotaExceeded, requester: Requester, *, ports: ExportPorts, **about: Any) -> None:
    """Write into the audit log that somebody has used up what they may."""
    told = {"code": error.code, "quota": error.policy, "limit": error.limit, **requester.through, **about}
    ports.audit.record(
        AuditEntry(
            at=ports.clock(),
            actor=requester.user_id,
            action="quota.refused",
            entity_type="user",
            entity_id=str(requester.user_id),
            outcome="refused",
            details=told,
        )
    )
