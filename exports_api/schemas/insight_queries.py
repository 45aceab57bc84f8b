"""The queries of the insights."""

from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from exports_api.schemas.export_list import Destination, Text
from exports_api.schemas.fields import IsoDate, WithoutNul
from exports_pipeline.core.formats import Format
from exports_pipeline.core.insights import Facet
from exports_pipeline.core.job_filter import JobFilter
from exports_pipeline.core.lifecycle import Status
from exports_pipeline.core.time_spans import Days, Granularity, days_between
from exports_pipeline.core.zones import zone_names

_DEFAULT_DAYS = 90
_LIMIT = Field(20, ge=1, le=200, description="How many values at most; the others are counted in `left_out`.")


class JobsQuery(BaseModel):
    """Which jobs."""

    model_config = ConfigDict(extra="forbid")

    user: UUID | None = Field(None, description="Jobs of this user; those of others need VIEW_INSIGHTS_ALL.")
    dataset: Text | None = Field(None, description="Jobs of this dataset, or of this template of a report, by name.")
    type: Literal["export", "report"] | None = Field(None, description="Exports or reports only.")
    format: Format | None = Field(None, description="Jobs of this format only.")
    tag: Text | None = Field(None, description="Jobs of datasets with this tag; empty: without any.")
    destination: Destination | None = Field(None, description="Jobs meant for this channel; `manual`: for none.")
    list: Text | None = Field(None, description="Jobs with this label; empty: without one.")
    plan: Text | None = Field(None, description="Jobs with this label; empty: without one.")
    status: Literal[Status.COMPLETED, Status.FAILED, Status.CANCELLED] | None = Field(
        None, description="Jobs that ended like this."
    )
    error: Text | None = Field(None, description="Jobs that failed with this code; empty: those that did not fail.")

    @property
    def jobs(self) -> JobFilter:
        """The jobs in the words of the core."""
        return JobFilter(
            user_id=self.user,
            dataset=self.dataset,
            type=self.type,
            format=self.format,
            tag=self.tag,
            destination=self.destination,
            list=self.list,
            plan=self.plan,
            status=self.status,
            error_code=self.error,
        )


class DaysQuery(JobsQuery):
    """Which jobs, by when they ended."""

    first: IsoDate = Field(None, alias="from", description="First day; by default the 90th before the last one.")
    last: IsoDate = Field(None, alias="to", description="Last day, itself included; by default today.")
    timezone: Annotated[str, Field(max_length=60), WithoutNul] = Field(
        "UTC", description="Time zone of the days, from the IANA database.", examples=["Europe/Prague"]
    )

    def days(self, now: datetime) -> Days:
        """The range of days.

        Raises:
            UnknownTimezone: there is no such zone.
            InvalidDateRange: it is reversed or too long.
        """
        zone = ZoneInfo(self.timezone) if self.timezone in zone_names() else now.tzinfo
        last = self.last or now.astimezone(zone).date()
        if self.first is None and last.toordinal() >= _DEFAULT_DAYS:
            return days_between(last - timedelta(days=_DEFAULT_DAYS - 1), last, self.timezone)
        return days_between(self.first or last, last, self.timezone)


class CountsQuery(DaysQuery):
    """Bars."""

    by: Annotated[list[Facet], Field(min_length=1, max_length=3)] = Field(
        description="By what jobs are told apart; up to three, each named once.", examples=[["tag"]]
    )
    limit: int = _LIMIT


class VolumeQuery(DaysQuery):
    """A series, whole or stacked."""

    granularity: Granularity = Field(Granularity.WEEK, description="How long a span is; weeks are those of ISO 8601.")
    by: Facet | None = Field(None, description="Of what each span consists.", examples=["destination"])
    limit: int = _LIMIT


class OpeningsQuery(DaysQuery):
    """A series of openings."""

    granularity: Granularity = Field(Granularity.DAY, description="How long a span is; weeks are those of ISO 8601.")


class RecentQuery(DaysQuery):
    """The largest results."""

    limit: int = Field(20, ge=1, le=200, description="How many.")
