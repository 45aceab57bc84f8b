"""Who gets the result of a job that is about to be completed."""

import hashlib

from exports_pipeline.core.export_job import ExportJob
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.recipient import Channel, Recipient
from exports_pipeline.core.scheduled_window import Condition, ScheduledWindow
from exports_pipeline.usecases.made import Made

NO_ROWS, NOTHING_CHANGED = "No rows.", "Nothing has changed."


def recipients_owed(job: ExportJob, made: Made, ports: ExportPorts) -> tuple[Recipient, ...]:
    """The recipients of a job and the linked chat of its requester; nobody where its schedule's condition is not met.

    What the result was is remembered at the window; where the attempt is lost after that, the next one writes it anew.
    """
    window = job.schedule
    if window is not None:
        digest = _digest(made)
        withheld = _withheld(window, made, digest, ports)
        ports.schedules.note(window.schedule_id, window.due_at, window.part, digest=digest, withheld=withheld)
        if withheld is not None:
            return ()
    chat = ports.users.telegram_chat(job.requester.user_id)
    linked = (Recipient(channel=Channel.TELEGRAM, address=chat),) if chat and Channel.TELEGRAM in ports.senders else ()
    return tuple(dict.fromkeys((*job.recipients, *linked)))


def _withheld(window: ScheduledWindow, made: Made, digest: str, ports: ExportPorts) -> str | None:
    """Why the result goes to nobody, if it does not."""
    if window.condition is Condition.NOT_EMPTY and made.result.row_count == 0:
        return NO_ROWS
    if window.condition is Condition.CHANGED:
        if made.difference is not None:
            return NOTHING_CHANGED if made.difference.is_empty else None
        before = ports.schedules.previous_digest(window.schedule_id, window.part, before=window.due_at)
        return NOTHING_CHANGED if before == digest else None
    return None


def _digest(made: Made) -> str:
    """Equal for equal results; of what was kept, as documents say when they were made, and so are never equal."""
    if made.content is not None:
        return made.content
    told = made.result.kept or made.result
    return hashlib.sha256(f"{told.row_count} {told.sha256}".encode()).hexdigest()
