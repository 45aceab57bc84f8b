"""Schedules and their windows as clients see them."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from exports_api.paging import decode_cursor
from exports_api.schemas.fields import WithoutNul
from exports_api.schemas.sharing import SHARED_WITH
from exports_pipeline.adapters.cron_words import in_words
from exports_pipeline.adapters.job_rows import recipient_as_json
from exports_pipeline.core.requester import Requester
from exports_pipeline.core.schedule import CatchUp, Schedule, ScheduleKind, Window, WindowState
from exports_pipeline.core.scheduled_window import Condition
from exports_pipeline.usecases.read_schedules import may_change


class ScheduleView(BaseModel):
    """A schedule."""

    id: UUID = Field(description="Its id.")
    user_id: UUID = Field(description="Its owner, with whose rights it runs.")
    name: str = Field(description="What it is called.")
    kind: ScheduleKind = Field(description="What it makes.")
    body: dict[str, Any] = Field(description="What is made.")
    format: list[str] = Field(description="The formats of each result.")
    cron: str = Field(description="The expression, as it was given.")
    in_words: str = Field(description="When it comes due.", examples=["At 07:30, Monday through Friday"])
    timezone: str = Field(description="IANA zone of the expression.")
    recipients: list[dict[str, str]] = Field(description="Who gets each result.")
    is_active: bool = Field(description="Whether it runs.")
    paused_reason: str | None = Field(description="Why it does not run, where nobody paused it.")
    catch_up: CatchUp = Field(description="Which windows run that were missed in an outage.")
    condition: Condition = Field(description="When a result is sent.")
    key: list[str] = Field(description="Columns by which rows are paired to tell what changed.")
    per_recipient: bool = Field(description="Whether people get what their own rights show.")
    expires_at: datetime | None = Field(description="From here on it does not run.")
    next_window_at: datetime | None = Field(description="When it comes due next; it runs within some minutes of that.")
    failures_in_row: int = Field(description="How many windows have failed since one ran; ten pause it.")
    created_at: datetime = Field(description="When it was created.")
    updated_at: datetime = Field(description="When it was changed last.")
    shared_with: list[UUID] = Field(description=SHARED_WITH)

    @staticmethod
    def of(schedule: Schedule) -> "ScheduleView":
        """The view of a schedule."""
        return ScheduleView.model_construct(
            id=schedule.id,
            user_id=schedule.user_id,
            name=schedule.name,
            kind=schedule.kind,
            body=dict(schedule.body),
            format=list(schedule.formats),
            cron=schedule.cron,
            in_words=in_words(schedule.parsed_cron),
            timezone=schedule.timezone,
            recipients=[recipient_as_json(each) for each in schedule.recipients],
            is_active=schedule.is_active,
            paused_reason=schedule.paused_reason,
            catch_up=schedule.catch_up,
            condition=schedule.condition,
            key=list(schedule.key),
            per_recipient=schedule.per_recipient,
            expires_at=_utc(schedule.expires_at),
            next_window_at=schedule.next_window_at,
            failures_in_row=schedule.failures_in_row,
            created_at=schedule.created_at.astimezone(UTC),
            updated_at=schedule.updated_at.astimezone(UTC),
            shared_with=list(schedule.shared_with),
        )

    @staticmethod
    def for_caller(schedule: Schedule, caller: Requester) -> "ScheduleView":
        """The view of a schedule without what members of a team are not told: where recipients are, other teams."""
        view = ScheduleView.of(schedule)
        if not may_change(caller, schedule):
            view.shared_with = [each for each in schedule.shared_with if each in caller.teams]
            view.recipients = [{**each, "address": "..."} if "address" in each else each for each in view.recipients]
        return view


class ScheduleList(BaseModel):
    """A page of schedules, newest first."""

    items: list[ScheduleView] = Field(description="The schedules.")
    next_cursor: str | None = Field(description="`cursor` of the next page; null on the last one.")


class WindowView(BaseModel):
    """A window of a schedule, as the tick ledger has it."""

    due_at: datetime = Field(description="When it came due, in UTC.")
    local: str = Field(description="The same by the clocks of the schedule's zone.")
    state: WindowState = Field(description="What has become of it: `ran`, `late`, `skipped`, `failed`, or not yet.")
    reason: str | None = Field(description="Why it was skipped or failed, or what it left out.")
    by_hand: bool = Field(description="Whether somebody asked for it, beside the expression.")
    started_at: datetime | None = Field(description="When its export jobs were queued.")
    settled_at: datetime | None = Field(description="When the last of them ended.")
    job_ids: list[UUID] = Field(description="Its export jobs.")

    @staticmethod
    def of(window: Window, zone: ZoneInfo) -> "WindowView":
        """The view of a window."""
        return WindowView.model_construct(
            due_at=window.due_at.astimezone(UTC),
            local=window.due_at.astimezone(zone).isoformat(),
            state=window.state,
            reason=window.reason,
            by_hand=window.by_hand,
            started_at=_utc(window.started_at),
            settled_at=None if window.state is WindowState.PENDING else _utc(window.settled_at),
            job_ids=list(window.job_ids),
        )


class WindowList(BaseModel):
    """A page of a tick ledger, newest first."""

    items: list[WindowView] = Field(description="The windows.")
    next_cursor: str | None = Field(description="`cursor` of the next page; null on the last one.")


class ScheduleQuery(BaseModel):
    """Which part of a list is wanted."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(50, ge=1, le=200, description="Items per page.")
    cursor: Annotated[str, Field(max_length=100), WithoutNul] | None = Field(
        None, description="`next_cursor` of the page before."
    )

    @property
    def before(self) -> tuple[datetime, UUID] | None:
        """The last item of the page before.

        Raises:
            InvalidCursor: the cursor was not made by a list.
        """
        return decode_cursor(self.cursor) if self.cursor is not None else None


class SchedulesQuery(ScheduleQuery):
    """Which schedules are wanted."""

    shared: bool = Field(default=False, description="Schedules that others share with a team of yours.")


def _utc(moment: datetime | None) -> datetime | None:
    return moment.astimezone(UTC) if moment else None
