"""A caller as they see themselves."""

from datetime import UTC, datetime
from uuid import UUID

from pydantic import BaseModel, Field

from exports_pipeline.core.ledger import QueueLimits
from exports_pipeline.core.quota import Figure
from exports_pipeline.core.requester import Permission
from exports_pipeline.usecases.read_myself import Myself


class QuotaView(BaseModel):
    """One quota: so much within any 24 hours."""

    limit: int | None = Field(description="How much there may be; null: as much as you like.", examples=[500])
    used: int = Field(description="How much there was in the last 24 hours.", examples=[12])
    left: int | None = Field(description="How much more there may be; null: as much as you like.", examples=[488])
    resets_at: datetime | None = Field(
        description="When there is room again, if nothing is left; else when some of it is free again; null: unused."
    )


class QuotasView(BaseModel):
    """What you may export within any 24 hours."""

    jobs_per_day: QuotaView = Field(description="Exports and reports, whatever became of them.")
    rows_per_day: QuotaView = Field(description="Rows of the files that were made.")
    bytes_per_day: QuotaView = Field(description="Bytes of the files that were made.")


class QueueView(BaseModel):
    """How many jobs may wait."""

    waiting: int = Field(description="How many of yours do.", examples=[0])
    limit: int = Field(description="How many of yours may.", examples=[1_000])
    limit_of_all: int = Field(description="How many of everybody may.", examples=[100_000])


class OwnKeyView(BaseModel):
    """The API key that you ask with."""

    id: UUID = Field(description="Its id.")
    prefix: str = Field(description="What it begins with.", examples=["xk_1c9d0f6e"])
    name: str = Field(description="What it is for.", examples=["nightly load"])
    expires_at: datetime = Field(description="When it ends.")


class MyselfView(BaseModel):
    """Who you are here."""

    user_id: UUID = Field(description="Your id.")
    owner_key: str = Field(description="Which rows are yours.")
    email: str | None = Field(description="Your e-mail address, if we know it.")
    roles: list[str] = Field(description="Your roles.")
    permissions: list[Permission] = Field(description="What you may do beyond that, with this token or key.")
    teams: list[UUID] = Field(description="The teams you belong to.")
    service: UUID | None = Field(description="The service account that acts for you in this request; mostly null.")
    key: OwnKeyView | None = Field(description="The API key of this request; null for a token.")
    quotas: QuotasView = Field(description="What you may export within any 24 hours, and what is left of it.")
    queue: QueueView = Field(description="How many of your jobs wait, and may.")
    telegram_linked: bool = Field(description="Whether your Telegram chat is linked.")

    @classmethod
    def of(cls, found: Myself, queue: QueueLimits) -> "MyselfView":
        """The view of a caller."""
        who, key = found.requester, found.key
        return cls(
            user_id=who.user_id,
            owner_key=who.owner_key,
            email=who.email,
            roles=sorted(who.roles),
            permissions=sorted(who.permissions),
            teams=sorted(who.teams),
            service=who.service,
            key=OwnKeyView(id=key.id, prefix=key.prefix, name=key.name, expires_at=key.expires_at.astimezone(UTC))
            if key
            else None,
            quotas=QuotasView(**{f"{each}_per_day": _quota(found, each) for each in Figure}),
            queue=QueueView(waiting=found.usage.waiting, limit=queue.per_user, limit_of_all=queue.total),
            telegram_linked=found.has_telegram,
        )


def _quota(found: Myself, figure: Figure) -> QuotaView:
    limit, used, resets_at = found.quota.limit(figure), found.usage.of(figure).amount, found.usage.resets_at(figure)
    return QuotaView(
        limit=limit,
        used=used,
        left=None if limit is None else max(0, limit - used),
        resets_at=resets_at.astimezone(UTC) if resets_at else None,
    )
