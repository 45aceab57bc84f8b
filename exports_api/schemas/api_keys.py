"""API keys as clients see them."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StrictInt

from exports_api.schemas.fields import WithoutNul
from exports_pipeline.core.api_key import ApiKey
from exports_pipeline.core.catalog import user_id
from exports_pipeline.core.requester import Permission
from exports_pipeline.usecases.keep_keys import KeyDraft, NewKey

_Name = Annotated[str, Field(min_length=1, max_length=200), WithoutNul]
_PREFIX = "xk_1c9d0f6e"
EVERYBODY = "all"


class ApiKeyBody(BaseModel):
    """The key you want."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"name": "nightly load", "scopes": ["EXPORT"], "days": 90}]}
    )

    name: _Name = Field(description="What it is for, in your words.", examples=["nightly load"])
    scopes: Annotated[list[Permission], Field(max_length=len(Permission))] = Field(
        default_factory=lambda: [Permission.EXPORT],
        description="What it may do at most: permissions that you have. Of these it has at any time those that you "
        "have then.",
    )
    days: Annotated[StrictInt, Field(ge=1, le=3_650)] | None = Field(
        None, description="How long it is valid; the deployment sets the longest. Default: 90, or that.", examples=[90]
    )
    user: _Name | None = Field(
        None, description="Whose it is, by id or name; default: yours. For others, and for what follows, needs ADMIN."
    )
    owner_key: _Name | None = Field(None, description="The owner key of a user who is not known yet; default: `user`.")
    act_for: Annotated[list[_Name], Field(max_length=1_000)] = Field(
        default_factory=list,
        description="Makes it the key of a service account, which may act for these users (ids or names) and for the "
        "users of these owner keys, written as `owner:583`.",
    )

    def as_draft(self) -> KeyDraft:
        """The wish in the words of the core."""
        return KeyDraft(
            name=self.name,
            scopes=frozenset(self.scopes),
            valid=timedelta(days=self.days) if self.days is not None else None,
            user=self.user,
            owner_key=self.owner_key,
            act_for=tuple(dict.fromkeys(self.act_for)),
        )


class ApiKeyView(BaseModel):
    """An API key, without its secret."""

    id: UUID = Field(description="What it is revoked by.")
    prefix: str = Field(description="What it begins with.", examples=[_PREFIX])
    name: str = Field(description="What it is for.", examples=["nightly load"])
    user_id: UUID = Field(description="Whose it is.")
    owner_key: str = Field(description="Which rows are theirs.")
    scopes: list[Permission] = Field(description="What it may do at most.")
    act_for: list[str] = Field(description="For whom a service account may act; empty for others.")
    state: Literal["valid", "expired", "revoked"] = Field(description="Whether it opens anything.")
    created_by: UUID = Field(description="Who made it.")
    created_at: datetime = Field(description="When it was made.")
    expires_at: datetime = Field(description="When it ends by itself.")
    last_used_at: datetime | None = Field(description="When it was last used, to the minute; null: never.")
    revoked_at: datetime | None = Field(description="When it was revoked.")

    @classmethod
    def of(cls, key: ApiKey, *, now: datetime) -> "ApiKeyView":
        """The view of a key."""
        return cls(**_shown(key, now))


class NewApiKey(ApiKeyView):
    """A key that was just made."""

    key: str = Field(
        description="The key itself. It is shown here and never again: what is kept of it is a digest.",
        examples=[f"{_PREFIX}_{'0' * 32}_1fJ9QZ"],
    )

    @classmethod
    def with_text(cls, made: NewKey, *, now: datetime) -> "NewApiKey":
        """The view of a new key, with its text."""
        return cls(key=made.text, **_shown(made.key, now))


class ApiKeyList(BaseModel):
    """API keys, newest first; those that have ended are among them."""

    items: list[ApiKeyView] = Field(description="The keys.")
    next_cursor: None = Field(None, description="Always null: the list is whole.")


class ApiKeyQuery(BaseModel):
    """Whose keys."""

    model_config = ConfigDict(extra="forbid")

    user: _Name | None = Field(
        None, description=f"A user, by id or name, or `{EVERYBODY}`; default: you. Others need ADMIN."
    )

    @property
    def user_id(self) -> UUID | None:
        """The user, if one is named."""
        return user_id(self.user) if self.user and self.user != EVERYBODY else None


def _shown(key: ApiKey, now: datetime) -> dict[str, object]:
    return {
        "id": key.id,
        "prefix": key.prefix,
        "name": key.name,
        "user_id": key.user_id,
        "owner_key": key.owner_key,
        "scopes": sorted(key.scopes),
        "act_for": list(key.act_for),
        "state": "revoked" if key.revoked_at else "valid" if key.is_valid(now) else "expired",
        "created_by": key.created_by,
        "created_at": key.created_at.astimezone(UTC),
        "expires_at": key.expires_at.astimezone(UTC),
        "last_used_at": key.last_used_at.astimezone(UTC) if key.last_used_at else None,
        "revoked_at": key.revoked_at.astimezone(UTC) if key.revoked_at else None,
    }
