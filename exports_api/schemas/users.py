"""A user as administrators see them."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from exports_pipeline.usecases.erase_user import Erased


class UserView(BaseModel):
    """A user."""

    user_id: UUID = Field(description="Their id.")
    is_active: bool = Field(description="Whether schedules run for them.")


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
