"""The heartbeat of a running attempt, and what may end it between two beats."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from exports_pipeline.core.errors import LedgerUnavailable, LostClaim
from exports_pipeline.core.export_job import ExportJob, Progress
from exports_pipeline.core.ledger import AuditEntry
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.refusals import TimeLimitExceeded, WrongStatus

BEAT_EVERY = timedelta(seconds=0.5)
_LONGEST_STEP = 20 * BEAT_EVERY
"""What at most counts as the time between two beats: a clock that is set forward has not let an hour pass."""


class Pulse:
    """Says every half second that the attempt is alive, and learns whether it still should be."""

    def __init__(self, job: ExportJob, ports: ExportPorts, is_stopped: Callable[[], bool]) -> None:
        self._job, self._ports, self._is_stopped = job, ports, is_stopped
        self._last_at: datetime = ports.clock()
        self._passed = timedelta()

    def tick(self, progress: Progress) -> None:
        """Beat if it is time to.

        Raises:
            as `beat`.
        """
        if abs(self._ports.clock() - self._last_at) >= BEAT_EVERY:  # a clock may be set back
            self.beat(progress)

    def show_life(self, progress: Progress) -> None:
        """As `tick`, where it is too late to stop: a lost claim is found again by whoever settles."""
        with suppress(LostClaim, TimeLimitExceeded):
            self.tick(progress)

    def beat(self, progress: Progress) -> None:
        """Tell the ledger that the attempt is alive, and how far it has come.

        Raises:
            LostClaim: the job was cancelled, or given to another attempt.
            TimeLimitExceeded: the attempt has run as long as one may.
        """
        now = self._ports.clock()
        self._passed += min(abs(now - self._last_at), _LONGEST_STEP)
        self._last_at = now
        limit = self._ports.limits.time_limit
        if self._passed > limit:
            raise TimeLimitExceeded(minutes=limit / timedelta(minutes=1))
        try:
            self._ports.jobs.beat(self._job.id, self._job.attempt, progress, now=now)
            if self._is_stopped():  # asked last: while the database is away, Dagster would wait for it
                self._cancel(now)
        except LedgerUnavailable:
            return  # the export goes on; whoever takes the attempt for dead closes the guard of `complete`

    def _cancel(self, now: datetime) -> None:
        entry = AuditEntry(
            at=now, actor=self._job.requester.user_id, action="export.stopped_by_operator", job_id=self._job.id
        )
        with suppress(WrongStatus):  # somebody else has cancelled it since the beat
            self._ports.jobs.cancel(self._job.id, now=now, audit=entry)
        raise LostClaim
