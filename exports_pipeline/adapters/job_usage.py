"""What users have used of their quotas, counted from the ledger."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from exports_pipeline.adapters.sql_files import load_sql
from exports_pipeline.core.quota import DAY, Figure, Quota, Usage, Used


def read_usage(connection: Connection, user_id: UUID, quota: Quota, *, now: datetime) -> Usage:
    """What a user has used within the day before now."""
    limits = {each.value: quota.limit(each) for each in Figure}
    found = connection.execute(load_sql("usage"), {"requester": user_id, "since": now - DAY, **limits}).mappings().one()
    used = {
        each.value: Used(amount=found[each], first_at=found[f"{each}_first_at"], met_at=found[f"{each}_met_at"])
        for each in Figure
    }
    return Usage(**used, waiting=found["waiting"])
