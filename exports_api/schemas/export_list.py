"""The query that lists export jobs."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from exports_api.paging import decode_cursor
from exports_api.schemas.fields import Since, Until, WithoutNul
from exports_pipeline.core.ledger import Page
from exports_pipeline.core.lifecycle import Status


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
        )


def _canonical(name_or_id: str) -> str:
    """An id as the ledger spells it; a name as it is."""
    try:
        return str(UUID(name_or_id))
    except ValueError:
        return name_or_id
