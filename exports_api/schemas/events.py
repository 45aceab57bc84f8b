"""Events as clients send them, and what became of them."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from exports_pipeline.core.event import TEXT_LENGTHS, VALUE_DIGITS, VALUE_PLACES
from exports_pipeline.core.event_metadata import MAX_DEPTH, MAX_METADATA_BYTES
from exports_pipeline.usecases.ingest_events import MAX_TOLD, Ingested


class OnDuplicate(StrEnum):
    """What becomes of an event whose id is there already."""

    KEEP = "keep"
    REPLACE = "replace"


def _text(name: str, description: str, example: str) -> Any:
    return Field(None, max_length=TEXT_LENGTHS[name], description=description, examples=[example])


class EventBody(BaseModel):
    """One event, as the document describes it; bodies are read without this model, which is slower and less exact."""

    model_config = ConfigDict(extra="forbid")

    id: str = Field(
        min_length=1,
        max_length=TEXT_LENGTHS["id"],
        description="Your own id of it, unique among all your events: the same id again is a duplicate.",
        examples=["call-2026-03-01-000017"],
    )
    event_type: str = Field(
        min_length=1, max_length=TEXT_LENGTHS["event_type"], description="What happened.", examples=["call"]
    )
    occurred_at: datetime = Field(
        description="When, with its offset; neither in the future nor older than events are kept.",
        examples=["2026-03-01T11:59:00Z"],
    )
    category: str | None = _text("category", "A kind of it.", "outbound")
    label: str | None = _text("label", "What came of it.", "interested")
    campaign: str | None = _text("campaign", "The campaign it belongs to.", "spring")
    customer: str | None = _text("customer", "Whom it happened to; counted once by what counts customers.", "c-1041")
    value: Annotated[Decimal, Field(json_schema_extra={"type": "number"})] | None = Field(
        None,
        description=f"A number, kept exactly as it is written: at most {VALUE_DIGITS} digits before its point and "
        f"{VALUE_PLACES} after it.",
        examples=[12.5],
    )
    metadata: dict[str, Any] | None = Field(
        None,
        description=f"Whatever else there is to say, in at most {MAX_METADATA_BYTES:,} bytes of JSON and {MAX_DEPTH} "
        "levels; `segment` is the customer's segment.",
        examples=[{"segment": "retail", "agent": "a-7"}],
    )


class RefusalView(BaseModel):
    """Why one event was not taken."""

    index: int = Field(description="Its place in the body, from 0; for JSON Lines, its line.", examples=[3])
    pointer: str = Field(
        description="The value at fault within the event (RFC 6901); empty for the event as a whole.",
        examples=["/occurred_at"],
    )
    code: str = Field(description="A stable name of what is wrong.", examples=["naive_time"])
    reason: str = Field(description="What is wrong with it.", examples=["A time needs its offset, as Z or +01:00."])


class Taken(BaseModel):
    """What became of the events of a request; the four numbers add up to all of them."""

    accepted: int = Field(description="Events that are new, and kept.", examples=[98])
    duplicates: int = Field(description="Events whose id was there already; nothing was changed.", examples=[1])
    replaced: int = Field(
        description="Events whose id was there already, and that took the place of what was.", examples=[0]
    )
    rejected_count: int = Field(description="Events that were not taken.", examples=[1])
    rejected: list[RefusalView] = Field(description=f"Why not, for the first {MAX_TOLD} of them.")

    @classmethod
    def of(cls, ingested: Ingested) -> "Taken":
        """The view of what became of them."""
        added = ingested.added
        return cls(
            accepted=added.stored,
            duplicates=added.duplicates,
            replaced=added.replaced,
            rejected_count=ingested.refused,
            rejected=[
                RefusalView(index=each.index, pointer=each.pointer, code=each.code, reason=each.reason)
                for each in ingested.refusals
            ],
        )
