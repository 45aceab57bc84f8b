"""The ports of the ledger: export jobs and the audit log."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from exports_pipeline.core.errors import ExportError
from exports_pipeline.core.export_job import ExportJob, NewExportJob, Progress, StoredFile
from exports_pipeline.core.formats import Format
from exports_pipeline.core.job_filter import ANY_JOB, JobFilter
from exports_pipeline.core.lifecycle import Status
from exports_pipeline.core.quota import Quota, Usage
from exports_pipeline.core.recipient import Recipient
from exports_pipeline.core.sharing import SharedWith


@dataclass(frozen=True, kw_only=True)
class Page:
    """Which part of a list of export jobs is wanted, newest first."""

    limit: int = 50
    before: tuple[datetime, UUID] | None = None
    """Creation time and id of the last job of the page before."""
    status: Status | None = None
    dataset: str | None = None
    created_since: datetime | None = None
    created_until: datetime | None = None
    completed_since: datetime | None = None
    """With it, only jobs that have ended, whichever way."""
    completed_until: datetime | None = None
    jobs: JobFilter = ANY_JOB
    shared: SharedWith | None = None
    """With it, only jobs that others share with that user."""


@dataclass(frozen=True, kw_only=True)
class AuditEntry:
    """One thing that somebody did."""

    at: datetime
    actor: UUID
    action: str
    """As `export.requested`, `export.download_link`."""
    job_id: UUID | None = None
    details: Mapping[str, Any] | None = None
    subject: UUID | None = None
    """For whom it was done, where that is not the actor."""
    entity_type: str = ""
    """What was acted upon: `job`, `schedule`, `destination`, `key`, `team`, `user`, `dataset`, ..."""
    entity_id: str = ""
    before: Mapping[str, Any] | None = None
    """Of a change of configuration: what changed, as it was, without secrets."""
    after: Mapping[str, Any] | None = None
    outcome: str = "ok"
    """`ok`, or `refused` with the problem's code in the details."""


@dataclass(frozen=True, kw_only=True)
class QueueLimits:
    """How many export jobs may wait."""

    per_user: int
    total: int


@dataclass(frozen=True, kw_only=True)
class QueuePlace:
    """Where a pending job stands."""

    position: int
    """Counted from 1, in the order of dispatch as it is now."""
    estimated_wait_s: float


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """What the ledger foretells of one more job: when it would start, and how long jobs of its format took lately."""

    wait_s: float
    """Until it would start, by fair share and the mean length of recent jobs."""
    jobs: int
    """How many recent jobs of the format the figures below come from; all of them are 0 where there are none."""
    mean_s: float = 0.0
    mean_rows: float = 0.0
    fixed_s: float = 0.0
    """Seconds of a job without rows, by a straight line through the recent jobs (least squares)."""
    row_s: float = 0.0
    """Seconds of one more row, by the same line; 0 where all of them had as many rows."""

    def seconds_for(self, rows: int) -> float | None:
        """How long a job of so many rows takes; None where no job can tell."""
        if not self.jobs:
            return None
        if self.row_s > 0 and self.fixed_s >= 0:
            return self.fixed_s + self.row_s * rows
        # The line makes no sense; a job of fewer rows takes no longer than the mean, one of more in proportion.
        return self.mean_s * max(1.0, rows / max(1.0, self.mean_rows))


@dataclass(frozen=True, kw_only=True)
class SeenJob:
    """An export job, and where it stands if it is pending."""

    job: ExportJob
    place: QueuePlace | None


class JobStore(Protocol):
    """The ledger of export jobs; every change is guarded by id, attempt and status.

    Every method raises LedgerUnavailable where the database does not answer.
    """

    def add(
        self, job: NewExportJob, audit: AuditEntry, *, limits: QueueLimits | None = None, quota: Quota | None = None
    ) -> ExportJob:
        """Write a pending job with its audit entry and its user, in one transaction.

        The job that first used this requester's idempotency key comes back in place of a second one. So does, where
        the new one is to be shared, a pending or running job of the requester that has its digest and no key; of two
        such requests at the same instant one waits for the other. Requests that
        come at the same instant may pass the limits by their own number.

        Raises:
            QueueFull: as many jobs of this user, or of all, are waiting as may.
            QuotaExceeded: this user has used up their quota.
            IdempotencyKeyReused: that job had another digest.
            IdempotencyKeyInFlight: that job is being written at this moment.
        """

    def add_all(self, jobs: Sequence[tuple[NewExportJob, AuditEntry]], *, limits: QueueLimits) -> set[UUID]:
        """Write pending jobs of users who are known, with their audit entries, in one transaction.

        A job whose id is there stays as it is, and one that finds no place in the queue is left out; the ids of those
        that are there now come back. Their keys must follow from their ids.
        """

    def get(self, job_id: UUID) -> ExportJob | None:
        """The job of that id."""

    def page(self, user_id: UUID | None, page: Page) -> list[ExportJob]:
        """Jobs of a user, or of everybody, newest first."""

    def reserve(
        self, *, slots: int, now: datetime, per_user: int | None = None, large: int | None = None
    ) -> list[ExportJob]:
        """Mark due pending jobs as dispatched, as many as free slots, by fair share, and return them.

        The user with the fewest running jobs comes first, then who got a slot longest ago, then who has waited
        longest; the jobs of a user by age. No more than `per_user` slots go to one user, and no more than `large` to
        jobs known to be large. Two callers never get the same job.
        """

    def launched(self, job_id: UUID, attempt: int, run_id: str) -> None:
        """Note the run of a dispatched attempt; without effect if the attempt is over."""

    def release(self, job_id: UUID, attempt: int, *, due_at: datetime) -> None:
        """Take a dispatch back that did not become a run; without effect once claimed."""

    def claim(self, job_id: UUID, attempt: int, *, run_id: str, now: datetime) -> ExportJob | None:
        """Begin a pending attempt; None if it is not there to begin. The same run may ask again."""

    def admit_large(self, job_id: UUID, attempt: int, *, large: int, now: datetime) -> bool:
        """Mark a running attempt as large; False if `large` others have slots.

        Then it is the next, pending attempt, and did not count as a try.

        Raises:
            LostClaim: the attempt is no longer running.
        """

    def beat(self, job_id: UUID, attempt: int, progress: Progress, *, now: datetime) -> None:
        """Say that the attempt is alive, and how far it is.

        Raises:
            LostClaim: the attempt is no longer running: cancelled, or taken for dead.
        """

    def complete(
        self,
        job_id: UUID,
        attempt: int,
        result: StoredFile,
        *,
        now: datetime,
        expires_at: datetime,
        recipients: Sequence[Recipient],
        manifest: Mapping[str, Any] | None = None,
    ) -> ExportJob:
        """Settle a running attempt as completed and write its manifest and deliveries, in one transaction.

        May be asked again with the same result, by whom the answer has not reached.

        Raises:
            LostClaim: the attempt is no longer running.
        """

    def manifest(self, job_id: UUID) -> Mapping[str, Any] | None:
        """The manifest of a completed job; None for others, and for those completed before there were manifests."""

    def requeue(self, job_id: UUID, attempt: int, error: ExportError, *, due_at: datetime, forgive: bool) -> bool:
        """Make a running or dispatched attempt the next, pending one; a forgiven one does not count as a try.

        False if the attempt was over already.
        """

    def fail(self, job_id: UUID, attempt: int, error: ExportError, *, now: datetime) -> bool:
        """Settle a pending or running attempt as failed; False if it was over already."""

    def cancel(self, job_id: UUID, *, now: datetime, audit: AuditEntry) -> ExportJob:
        """Settle a pending or running job as cancelled, with its audit entry.

        Raises:
            WrongStatus: it had ended already.
        """

    def retry(self, job_id: UUID, *, now: datetime, audit: AuditEntry) -> ExportJob:
        """Make a failed or cancelled job pending again as a new attempt, with its audit entry.

        The window of a schedule that it ran for is pending again, too: it is settled anew when the job has ended.

        Raises:
            WrongStatus: it has not failed and was not cancelled.
        """

    def share(self, job_id: UUID, teams: Sequence[UUID], audit: AuditEntry) -> None:
        """Share a job with these teams and no others, with its audit entry."""

    def silent(self, *, since: datetime) -> list[ExportJob]:
        """Running jobs whose last heartbeat lies before `since`."""

    def never_began(self, *, since: datetime, slots: int) -> list[ExportJob]:
        """Pending jobs that were dispatched before `since` and have not been claimed.

        None while as many as `slots` are running: then they wait for a worker.
        """

    def look(self, job_ids: Sequence[UUID], *, slots: int) -> dict[UUID, SeenJob]:
        """The jobs of these ids that exist, as they are at one moment."""

    def outlook(self, user_id: UUID, file_format: Format, *, slots: int) -> Outlook:
        """What one more job of a user and a format has to expect."""

    def usage(self, user_id: UUID, quota: Quota, *, now: datetime) -> Usage:
        """What a user has used of a quota within the day before now."""

    def live_keys(self, job_ids: Sequence[UUID]) -> dict[UUID, ExportJob]:
        """The jobs of these ids that exist, for the sweep of objects."""


class AuditLog(Protocol):
    """What was done, by whom, when."""

    def record(self, entry: AuditEntry) -> None:
        """Append an entry."""
