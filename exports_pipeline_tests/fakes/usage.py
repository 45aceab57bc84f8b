"""What jobs in memory have used of a quota."""

from exports_pipeline.core.lifecycle import Status
from exports_pipeline.core.quota import DAY, Usage, Used


class InMemoryUsage:
    """The part of a ledger in memory that counts."""

    def usage(self, user_id, quota, *, now):
        jobs = [each for each in self.jobs.values() if each.requester.user_id == user_id]
        done = [each for each in jobs if each.status is Status.COMPLETED]
        return Usage(
            jobs=_used([(each.created_at, 1) for each in jobs], quota.jobs, now),
            rows=_used([(each.completed_at, each.result.row_count) for each in done], quota.rows, now),
            bytes=_used([(each.completed_at, each.result.size_bytes) for each in done], quota.bytes, now),
            waiting=sum(each.status is Status.PENDING and each.dispatched_at is None for each in jobs),
        )


def _used(uses, limit, now):
    met_at, so_far = None, 0
    uses = sorted((each for each in uses if each[0] > now - DAY), reverse=True)
    for at, amount in uses:
        so_far += amount
        if met_at is None and limit is not None and so_far >= limit:
            met_at = at
    return Used(amount=so_far, first_at=uses[-1][0] if uses else None, met_at=met_at)
