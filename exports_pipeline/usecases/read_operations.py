"""Read how the service is: what waits, what runs, what ended lately, what failed, and what it costs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from exports_pipeline.core.export_job import ExportJob
from exports_pipeline.core.figures import Figures
from exports_pipeline.core.insights import Tally
from exports_pipeline.core.job_filter import ANY_JOB
from exports_pipeline.core.ledger import Page
from exports_pipeline.core.lifecycle import Status
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.requester import Requester
from exports_pipeline.core.time_spans import Span
from exports_pipeline.usecases.read_insights import Storage, read_storage

_SHOWN = 10


@dataclass(frozen=True, kw_only=True)
class Operations:
    """The service in one look."""

    figures: Figures
    slots: int
    """Exports that may run at the same time."""
    day: Tally
    """What ended within the last 24 hours, to the hour."""
    week: Tally
    """And within the last seven days."""
    storage: Storage
    under_way: Sequence[ExportJob]
    """Those that run, the newest first; for those who manage exports."""
    failures: Sequence[ExportJob]
    """Those that failed, the newest first; for those who manage exports."""

    @property
    def workers_share(self) -> float:
        """How much of the workers is taken, from 0 to 1."""
        return min(1.0, self.figures.slots_taken / self.slots)


def read_operations(requester: Requester, *, ports: ExportPorts) -> Operations:
    """Everything at one look; jobs themselves are shown to those who see everybody's.

    Raises:
        LedgerUnavailable: the database does not answer.
    """

    def newest(status: Status) -> list[ExportJob]:
        return ports.jobs.page(None, Page(limit=_SHOWN, status=status)) if requester.manages_exports else []

    return Operations(
        figures=ports.figures.read(),
        slots=ports.limits.slots,
        day=_ended_within(timedelta(days=1), ports),
        week=_ended_within(timedelta(days=7), ports),
        storage=read_storage(ANY_JOB, ports=ports),
        under_way=newest(Status.RUNNING),
        failures=newest(Status.FAILED),
    )


def _ended_within(time: timedelta, ports: ExportPorts) -> Tally:
    now = ports.clock()
    since = (now - time).replace(minute=0, second=0, microsecond=0)  # roll-ups know nothing shorter than a quarter
    spans = [Span(label="lately", since=since, until=now)]
    return sum((each.tally for each in ports.insights.count(ANY_JOB, spans)), Tally())
