"""Users as administrators see them."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from exports_api.paging import decode_cursor
from exports_api.schemas.fields import WithoutNul
from exports_pipeline.core.people import User
from exports_pipeline.usecases.erase_user import Erased

RoleName = Annotated[str, Field(min_length=1, max_length=63), WithoutNul]


class UserView(BaseModel):
    """Whether a user is active."""

    user_id: UUID = Field(description="Their id.")
    is_active: bool = Field(description="Whether their tokens, links and schedules work.")


class KnownUser(UserView):
    """A user who was here at least once."""

    email: str | None = Field(description="Their address, as their last token gave it.")
    roles: list[str] = Field(description="Those that were assigned here; a token may name others.")
    created_at: datetime = Field(description="When they were here first.")
    seen_at: datetime = Field(description="When something was last written for them.")

    @staticmethod
    def of(user: User) -> "KnownUser":
        """The view of a user."""
        return KnownUser(
            user_id=user.id,
            is_active=user.is_active,
            email=user.email,
            roles=sorted(user.roles),
            created_at=user.created_at,
            seen_at=user.seen_at,
        )


class UserList(BaseModel):
    """A page of users, newest first."""

    items: list[KnownUser] = Field(description="The users.")
    next_cursor: str | None = Field(description="`cursor` of the next page; null on the last one.")


class UserQuery(BaseModel):
    """Which users are wanted."""

    model_config = ConfigDict(extra="forbid")

    search: Annotated[str, Field(max_length=200), WithoutNul] = Field(
        "", description="Users whose e-mail address or owner key holds this text only."
    )
    limit: int = Field(50, ge=1, le=200, description="Users per page.")
    cursor: Annotated[str, Field(max_length=100), WithoutNul] | None = Field(
        None, description="`next_cursor` of the page before."
    )

    @property
    def before(self) -> tuple[datetime, UUID] | None:
        """The last user of the page before.

        Raises:
            InvalidCursor: the cursor was not made by this list.
        """
        return decode_cursor(self.cursor) if self.cursor is not None else None


class RolesBody(BaseModel):
    """The roles of a user."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"roles": ["manager"]}]})

    roles: list[RoleName] = Field(max_length=100, description="All of them; empty takes all away.")


class ErasedView(BaseModel):
    """An erasure that is done."""

    erasure_id: UUID = Field(description="Its id.")
    user_id: UUID = Field(description="Who was erased.")
    erased_at: datetime = Field(description="When the last of it was gone.")
    counts: dict[str, int] = Field(description="How much of each kind was erased.")
    certificate: str = Field(description="Key of the signed certificate in the object store.")
    page: str = Field(description="Key of the same as a PDF of one page.")
    is_new: bool = Field(description="False if it had been done before, and nothing has come in since.")


def erased_view(erased: Erased) -> ErasedView:
    """An erasure as the API shows it."""
    erasure = erased.erasure
    return ErasedView(
        erasure_id=erasure.id,
        user_id=erasure.user_id,
        erased_at=erasure.erased_at or erasure.began_at,
        counts=dict(erasure.counts),
        certificate=erased.certificate,
        page=erased.page,
        is_new=erased.is_new,
    )
