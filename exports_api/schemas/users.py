"""A user as administrators see them."""

from uuid import UUID

from pydantic import BaseModel, Field


class UserView(BaseModel):
    """A user."""

    user_id: UUID = Field(description="Their id.")
    is_active: bool = Field(description="Whether schedules run for them.")
