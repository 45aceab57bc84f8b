"""The figures that a deployment sets."""

from dataclasses import dataclass
from datetime import timedelta

from exports_pipeline.core.ledger import QueueLimits
from exports_pipeline.core.recipient import Channel


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The figures that a deployment sets."""

    slots: int = 2
    """Runs at the same time."""
    ahead: int = 0
    """Runs launched beyond these, so that a worker finds its next one waiting when it ends one."""
    running_per_user: int | None = None
    """Slots that one user may have; None: all of them, while nobody else waits."""
    large_rows: int = 1_000_000
    """An export of more rows is large."""
    large_slots: int = 1
    """Slots that large exports may have, so that small ones keep flowing."""
    pdf_rows: int = 10_000
    """Rows of a PDF, which is laid out as a whole and read by people."""
    queue: QueueLimits = QueueLimits(per_user=1_000, total=100_000)  # noqa: RUF009 - it is frozen
    max_attempts: int = 3
    time_limit: timedelta = timedelta(hours=2)
    """How long one attempt may run."""
    expiry: timedelta = timedelta(hours=24)
    """How long the file of an export is kept."""
    report_expiry: timedelta = timedelta(days=7)
    link_valid: timedelta = timedelta(hours=24)
    """How long a link in a message may be opened."""
    mail_domains: frozenset[str] | None = None
    """Domains that may receive mail, in lower case; None: all."""
    keyless: frozenset[Channel] = frozenset()
    """Channels that the deployment has no key of its own for; only saved destinations that bring one are reached."""
    run_retention: timedelta = timedelta(days=7)
    """How long Dagster remembers a run."""
    schedule_least: timedelta = timedelta(minutes=5)
    """How often a schedule may run at most."""
    schedule_spread: timedelta = timedelta(minutes=5)
    """Over how long schedules that are due at the same time are spread."""
    event_months: int = 24
    """How many months before the present one events are kept."""
    audit_months: int | None = None
    """How many months before the present one the audit log is kept; None: for ever."""
    event_ahead: timedelta = timedelta(hours=1)
    """How far ahead of ours the clock of whoever sends events may be."""
    heartbeat_timeout: timedelta = timedelta(seconds=6)
    """Twelve beats; who is silent for so long is looked at twice."""
    launch_timeout: timedelta = timedelta(seconds=20)

    def expiry_of(self, job_type: str) -> timedelta:
        """How long the file of a job of that type is kept."""
        return self.report_expiry if job_type == "report" else self.expiry
