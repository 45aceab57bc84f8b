"""The body that requests the insights about exports as a file."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from exports_api.schemas.export_list import Destination, Text
from exports_api.schemas.export_request import MAX_RECIPIENTS, RecipientBody
from exports_api.schemas.fields import MAX_VALUES, FilterValue, IsoDate, WithoutNul
from exports_pipeline.core.formats import Format
from exports_pipeline.core.lifecycle import Status
from exports_pipeline.usecases.request_insights import DEFAULT_DAYS, FORMATS, InsightsRequest

Ended = Literal[Status.COMPLETED, Status.FAILED, Status.CANCELLED]
_Values = Annotated[list[FilterValue], Field(max_length=MAX_VALUES)] | None


class InsightsFilters(BaseModel):
    """Which jobs; empty means all."""

    model_config = ConfigDict(extra="forbid")

    dataset: _Values = Field(None, description="Jobs of these datasets or report templates only, by name.")
    tag: Annotated[list[Text], Field(max_length=MAX_VALUES)] | None = Field(
        None, description="Jobs of datasets with at least one of these tags only; empty: without any."
    )
    user: Annotated[list[UUID], Field(max_length=MAX_VALUES)] | None = Field(
        None, description="Jobs of these users only; those of others need MANAGE_EXPORTS."
    )
    type: list[Literal["export", "report"]] | None = Field(None, description="Exports or reports only.")
    format: list[Format] | None = Field(None, description="Jobs of these formats only.")
    destination: list[Destination] | None = Field(
        None, description="Jobs meant for one of these channels; `manual`: for none."
    )
    list_: Annotated[list[Text], Field(max_length=MAX_VALUES)] | None = Field(
        None, alias="list", description="Jobs with one of these labels; empty: without one."
    )
    plan: Annotated[list[Text], Field(max_length=MAX_VALUES)] | None = Field(
        None, description="Jobs with one of these labels; empty: without one."
    )
    status: list[Ended] | None = Field(None, description="Jobs that ended like this.")
    error: Annotated[list[Text], Field(max_length=MAX_VALUES)] | None = Field(
        None, description="Jobs that failed with one of these codes; empty: those that did not fail."
    )

    @property
    def values(self) -> dict[str, tuple[str, ...]]:
        """What is wanted of the columns of the dataset."""
        return {
            "type": tuple(self.type or ()),
            "format": tuple(map(str, self.format or ())),
            "destinations": tuple(self.destination or ()),
            "list": tuple(self.list_ or ()),
            "plan": tuple(self.plan or ()),
            "status": tuple(map(str, self.status or ())),
            "error_code": tuple(self.error or ()),
        }


class InsightsExportBody(BaseModel):
    """Which insights, and what they are written as."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"format": "pdf", "from": "2026-01-01", "to": "2026-03-31", "timezone": "Europe/Prague"}]
        },
    )

    format: Annotated[str, Field(min_length=1, max_length=40), WithoutNul] = Field(
        description=f"What the file is written as: {', '.join(FORMATS)}. CSV has rows, the others have charts.",
        examples=["pdf"],
    )
    first: IsoDate = Field(
        None, alias="from", description=f"First day on which jobs ended; by default {DEFAULT_DAYS} days with the last."
    )
    last: IsoDate = Field(None, alias="to", description="Last day, itself included; by default today.")
    timezone: Annotated[str, Field(max_length=60), WithoutNul] = Field(
        "UTC", description="IANA time zone of the days and weeks.", examples=["Europe/Prague"]
    )
    filters: InsightsFilters | None = Field(None, description="Which jobs; all of yours if left out.")
    recipients: Annotated[list[RecipientBody], Field(max_length=MAX_RECIPIENTS)] | None = Field(
        None, description="Who gets the result besides the requester's own channels.", examples=[[]]
    )

    def as_request(self) -> InsightsRequest:
        """The request in the words of the core."""
        filters = self.filters or InsightsFilters()
        return InsightsRequest(
            format=self.format,
            first=self.first,
            last=self.last,
            timezone=self.timezone,
            datasets=tuple(filters.dataset or ()),
            tags=tuple(filters.tag or ()),
            users=tuple(filters.user or ()),
            values=filters.values,
        )
