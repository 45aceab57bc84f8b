"""The query that lists export jobs."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from exports_api.paging import decode_cursor
from exports_api.schemas.fields import Since, Until, WithoutNul
from exports_pipeline.core.formats import Format
from exports_pipeline.core.job_filter import MANUAL, JobFilter
from exports_pipeline.core.ledger import Page
from exports_pipeline.core.lifecycle import Status
from exports_pipeline.core.recipient import Channel

_DESTINATIONS = (*map(str, Channel), MANUAL)


def _destination(value: str) -> str:
    if value not in _DESTINATIONS:
        raise PydanticCustomError("unknown_destination", f"A destination is one of {', '.join(_DESTINATIONS)}.")
    return value


Destination = Annotated[
    str, AfterValidator(_destination), WithJsonSchema({"type": "string", "enum": list(_DESTINATIONS)})
]
"""A channel, or none of them."""
Text = Annotated[str, Field(max_length=200), WithoutNul]


class ListQuery(BaseModel):
    """What to list."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(50, ge=1, le=200, description="Jobs per page.")
    cursor: Annotated[str, Field(max_length=100), WithoutNul] | None = Field(
        None, description="`next_cursor` of the page before."
    )
    status: Status | None = Field(None, description="Jobs with this status only.")
    dataset: Annotated[str, Field(max_length=200), WithoutNul] | None = Field(
        None, description="Jobs of this dataset, by name or id."
    )
    created_from: Since = Field(None, description="Jobs requested at or after this time or day (UTC).")
    created_to: Until = Field(None, description="Jobs requested before this time, or until the end of this day (UTC).")
    completed_from: Since = Field(
        None, description="Jobs that ended, whichever way, at or after this time or day (UTC)."
    )
    completed_to: Until = Field(
        None, description="Jobs that ended before this time, or until the end of this day (UTC)."
    )
    user: UUID | Literal["all"] | None = Field(
        None, description="Jobs of this user, or `all`; only those with MANAGE_EXPORTS see those of others."
    )
    shared: bool = Field(default=False, description="Jobs that others, or `user`, share with a team of yours.")
    type: Literal["export", "report"] | None = Field(None, description="Exports or reports only.")
    format: Format | None = Field(None, description="Jobs of this format only.")
    tag: Text | None = Field(None, description="Jobs of datasets with this tag; empty: without any.")
    destination: Destination | None = Field(
        None, description=f"Jobs meant for this channel; `{MANUAL}`: those without recipients."
    )
    list: Text | None = Field(None, description="Jobs with this label; empty: without one.")
    plan: Text | None = Field(None, description="Jobs with this label; empty: without one.")
    error: Text | None = Field(None, description="Jobs that failed with this code; empty: those that did not fail.")

    @property
    def user_id(self) -> UUID | None:
        """The one user whose jobs are wanted, if there is one."""
        return self.user if isinstance(self.user, UUID) else None

    def as_page(self) -> Page:
        """The page in the words of the core, with one job more, which tells whether another page follows.

        Raises:
            InvalidCursor: the cursor was not made by this list.
        """
        return Page(
            limit=self.limit + 1,
            before=decode_cursor(self.cursor) if self.cursor is not None else None,
            status=self.status,
            dataset=_canonical(self.dataset) if self.dataset else None,
            created_since=self.created_from,
            created_until=self.created_to,
            completed_since=self.completed_from,
            completed_until=self.completed_to,
            jobs=JobFilter(
                type=self.type,
                tag=self.tag,
                format=self.format,
                destination=self.destination,
                list=self.list,
                plan=self.plan,
                error_code=self.error,
            ),
        )


def _canonical(name_or_id: str) -> str:
    """An id as the ledger spells it; a name as it is."""
    try:
        return str(UUID(name_or_id))
    except ValueError:
        return name_or_id
