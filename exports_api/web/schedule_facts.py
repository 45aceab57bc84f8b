"""What a page tells of a schedule: its health, what it makes, and a mark for each of its windows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from exports_api.schemas.schedule_views import ScheduleView
from exports_api.web.forms.cadence import spoken
from exports_pipeline.core.period import Period
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.refusals import UnknownDataset, UnknownTemplate
from exports_pipeline.core.requester import Requester
from exports_pipeline.core.schedule import CatchUp, Schedule, ScheduleKind, Window, WindowState
from exports_pipeline.core.scheduled_window import Condition
from exports_pipeline.usecases.read_schedules import may_change

PERIODS: Mapping[Period, str] = MappingProxyType(
    {
        Period.TODAY: "the day of the run",
        Period.YESTERDAY: "the day before",
        Period.LAST_7_DAYS: "the 7 days before",
        Period.LAST_30_DAYS: "the 30 days before",
        Period.THIS_WEEK: "the week so far, from Monday",
        Period.LAST_WEEK: "the week before, Monday to Sunday",
        Period.THIS_MONTH: "the month so far",
        Period.LAST_MONTH: "the month before",
        Period.LAST_QUARTER: "the quarter before",
        Period.LAST_YEAR: "the year before",
    }
)
"""Each as it is seen from a run."""
CONDITIONS: Mapping[Condition, str] = MappingProxyType(
    {
        Condition.ALWAYS: "every time",
        Condition.NOT_EMPTY: "only if there are rows",
        Condition.CHANGED: "only if something has changed since the last one",
    }
)
CATCH_UPS: Mapping[CatchUp, str] = MappingProxyType(
    {
        CatchUp.ONE: "make up for the newest one",
        CatchUp.ALL: "make up for all of them, one after the other",
        CatchUp.NONE: "leave them out",
    }
)


@dataclass(frozen=True, kw_only=True)
class Mark:
    """How an outcome is shown: by a letter or a shape beside the colour, and in words."""

    shape: str
    words: str


MARKS: Mapping[WindowState, Mark] = MappingProxyType(
    {
        WindowState.RAN: Mark(shape="✓", words="ran"),
        WindowState.LATE: Mark(shape="L", words="ran late"),
        WindowState.SKIPPED: Mark(shape="\N{EN DASH}", words="left out"),
        WindowState.FAILED: Mark(shape="✕", words="failed"),
        WindowState.PENDING: Mark(shape="…", words="at work"),
    }
)


@dataclass(frozen=True, kw_only=True)
class Health:
    """How a schedule fares, in a word or two."""

    tone: str
    """The class of its mark: `completed`, `failed` or none."""
    words: str


@dataclass(frozen=True, kw_only=True)
class ScheduleFacts:
    """A schedule as its viewer is told of it."""

    schedule: Schedule
    view: ScheduleView
    title: str
    """Of the dataset or the report."""
    health: Health
    windows: Sequence[Window]
    """The newest of its windows, oldest first."""
    may_change: bool
    is_own: bool

    @property
    def words(self) -> str:
        """When it comes due, as people say it."""
        return spoken(self.schedule.cron)

    @property
    def last(self) -> Window | None:
        """The newest window."""
        return self.windows[-1] if self.windows else None


def facts_of(
    schedule: Schedule, newest: Sequence[Window], requester: Requester, *, ports: ExportPorts
) -> ScheduleFacts:
    """What a viewer is told of a schedule that was read for them; `newest` are its windows, newest first."""
    return ScheduleFacts(
        schedule=schedule,
        view=ScheduleView.for_caller(schedule, requester),
        title=title_of(schedule.kind, schedule.body, requester, ports=ports),
        health=_health(schedule, newest),
        windows=tuple(reversed(newest)),
        may_change=may_change(requester, schedule),
        is_own=schedule.user_id == requester.user_id,
    )


def title_of(kind: ScheduleKind, body: Mapping[str, Any], requester: Requester, *, ports: ExportPorts) -> str:
    """What is made, as people call it; its name where it is not there any more, or not for this viewer."""
    name = str(body["template"] if kind is ScheduleKind.REPORT else body["dataset_id"])
    try:
        if kind is ScheduleKind.REPORT:
            return ports.reports.find(name).title
        dataset = ports.catalog.find(name, requester)
    except (UnknownDataset, UnknownTemplate):
        return name
    return dataset.title or dataset.name


def _health(schedule: Schedule, newest: Sequence[Window]) -> Health:
    if not schedule.is_active:
        return Health(tone="failed", words="Stopped") if schedule.paused_reason else Health(tone="", words="Paused")
    if schedule.failures_in_row:
        times = schedule.failures_in_row
        return Health(tone="failed", words="Failed last time" if times == 1 else f"Failed {times} times in a row")
    if schedule.next_due_at is None:
        return Health(tone="", words="Over")
    if not any(each.state in {WindowState.RAN, WindowState.LATE} for each in newest):
        return Health(tone="", words="Has not run yet")
    return Health(tone="completed", words="Runs well")
