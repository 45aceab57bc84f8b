"""Deliveries: one result or notice for one recipient over one channel."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from html import escape
from uuid import UUID

from exports_pipeline.core.errors import ExportError
from exports_pipeline.core.export_job import ExportJob
from exports_pipeline.core.message import Message
from exports_pipeline.core.recipient import Recipient

MAX_TRIES = 8


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """One row of the outbox; unique per job, channel and address."""

    id: UUID
    job_id: UUID
    recipient: Recipient
    state: DeliveryState
    tries: int
    """How often sending was tried, this time included."""
    next_try_at: datetime | None
    last_error: str | None = None
    receipt: str | None = None


def next_try(tries: int, error: ExportError, now: datetime) -> datetime | None:
    """When a failed delivery is tried again, counted from 1; None gives up."""
    if not error.retryable or tries >= MAX_TRIES:
        return None
    return now + timedelta(seconds=min(3600, 5 * 3 ** (tries - 1)))


def completed_message(delivery: Delivery, job: ExportJob, download_url: str, *, now: datetime) -> Message:
    """Tell that a file is ready, with a link that the caller made for this message."""
    title = job.dataset_title or job.dataset
    result = job.result
    rows = f"{result.row_count:,}" if result else "0"
    size = _in_words(result.size_bytes if result else 0)
    return Message(
        id=delivery.id,
        subject=f"{title} is ready",
        text=f"{title} is ready: {rows} rows, {size}, {job.format.upper()}.\n{download_url}",
        at=now,
        html=f"<b>{escape(title)}</b> is ready: {rows} rows, {size}, {job.format.upper()}.\n"
        f'<a href="{escape(download_url)}">Download</a> (the link is valid for one hour)\n'
        f"<code>{job.id}</code>",
    )


def _in_words(size_bytes: int) -> str:
    size = float(size_bytes)
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"
