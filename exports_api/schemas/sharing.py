"""Whom things are shared with."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue

_TEAM = "0b8f6a52-6c1e-4f6e-9c55-2f1d0f6f7a11"
_EXAMPLE: JsonValue = {"share_with": [_TEAM]}
ShareWith = Annotated[list[UUID], Field(max_length=50)]
SHARED_WITH = "The teams it is shared with; where it is shared with you, those that you belong to."


class SharingBody(BaseModel):
    """Whom something is shared with from now on."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_EXAMPLE]})

    share_with: ShareWith = Field(description="Ids of teams of yours, all of them; empty takes sharing back.")


class SharingView(BaseModel):
    """Whom something is shared with."""

    share_with: list[UUID] = Field(description="Ids of teams.", examples=[[_TEAM]])
