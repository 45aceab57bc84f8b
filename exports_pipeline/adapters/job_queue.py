"""The queue in the table of export jobs: who has a slot, and how many wait."""

from uuid import UUID

from sqlalchemy import Connection, and_, or_

from exports_pipeline.adapters.sql_files import load_sql
from exports_pipeline.adapters.tables import export_jobs
from exports_pipeline.core.ledger import QueueLimits
from exports_pipeline.core.lifecycle import Status
from exports_pipeline.core.refusals import QueueFull

_job = export_jobs.c

WAITING = and_(_job.status == Status.PENDING, _job.dispatched_at.is_(None))
"""Jobs that wait for a slot."""
IN_SLOT = or_(_job.status == Status.RUNNING, and_(_job.status == Status.PENDING, _job.dispatched_at.is_not(None)))
"""Jobs that run, or whose run was launched."""


def check_queue(connection: Connection, user_id: UUID, limits: QueueLimits) -> None:
    """See whether one more job may wait.

    Raises:
        QueueFull: it may not.
    """
    bounds = {"requester": user_id, "per_user": limits.per_user, "total": limits.total}
    own, all_users = connection.execute(load_sql("queued"), bounds).one()
    if own >= limits.per_user:
        raise QueueFull(
            f"{limits.per_user:,} of your export jobs are waiting, as many as may; "
            "request this one again when some of them have ended, or cancel some.",
            policy="queue-per-user",
            limit=limits.per_user,
        )
    if all_users >= limits.total:
        raise QueueFull(policy="queue", limit=limits.total)
