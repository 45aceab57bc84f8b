"""Destinations as the API takes and shows them."""

from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from exports_api.schemas.fields import WithoutNul
from exports_api.schemas.sharing import SHARED_WITH, ShareWith
from exports_pipeline.core.destination import Destination, Step
from exports_pipeline.core.recipient import Channel
from exports_pipeline.core.requester import Requester
from exports_pipeline.usecases.save_destination import may_change

_Name = Annotated[str, Field(min_length=1, max_length=100), WithoutNul]
_Address = Annotated[str, Field(min_length=1, max_length=2_000), WithoutNul]
_Options = Annotated[dict[str, Any], Field(max_length=20), WithoutNul]
_Secret = Annotated[str, Field(min_length=1, max_length=20_000), WithoutNul]
_SFTP: JsonDict = {
    "name": "Bank",
    "channel": "sftp",
    "address": "sftp.example.com",
    "options": {"username": "exports", "folder": "inbox", "host_key": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI..."},
    "secrets": {"password": "..."},
}


class DestinationBody(BaseModel):
    """A place that results are sent to."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_SFTP]})

    name: _Name = Field(description="What you call it; yours only once.", examples=["Bank"])
    channel: Annotated[str, Field(max_length=40), WithoutNul] = Field(
        description=f"One of {', '.join(Channel)}, as far as they are set up here.", examples=["sftp"]
    )
    address: _Address = Field(description="As the channel spells it: a host, a URL, a channel id, mail addresses.")
    options: _Options = Field(default_factory=dict, description="What else the channel needs to know.")
    secrets: Annotated[dict[str, _Secret], Field(max_length=10)] = Field(
        default_factory=dict, description="Passwords and keys; kept encrypted and never returned."
    )
    share_with: ShareWith | None = Field(
        None, description="Ids of teams of yours, whose members may send there, no more.", examples=[[]]
    )


class DestinationChange(BaseModel):
    """What is to be different; what is left out stays."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"secrets": {"password": "..."}}]})

    name: _Name | None = Field(None, description="What you call it.")
    address: _Address | None = Field(None, description="As the channel spells it.")
    options: _Options | None = Field(None, description="All of them anew.")
    secrets: Annotated[dict[str, _Secret | None], Field(max_length=10)] | None = Field(
        None, description="Those that change; null forgets one."
    )

    def as_changes(self) -> dict[str, Any]:
        """What is given, by field."""
        return self.model_dump(exclude_none=True, include={"name", "address", "options"}) | (
            {"secrets": self.secrets} if self.secrets else {}
        )


class DestinationView(BaseModel):
    """A saved destination."""

    id: UUID = Field(description="What recipients name it by, as `destination_id`.")
    name: str = Field(description="What you call it.")
    channel: str = Field(description="How it is reached.")
    address: str = Field(description="As the channel spells it.")
    options: dict[str, Any] = Field(description="What else the channel needs to know.")
    secrets: list[str] = Field(description="Which secrets are set.")
    created_at: datetime = Field(description="When it was saved.")
    updated_at: datetime = Field(description="When it was last changed.")
    user_id: UUID = Field(description="Its owner.")
    shared_with: list[UUID] = Field(description=SHARED_WITH)

    @classmethod
    def of(cls, destination: Destination) -> "DestinationView":
        """The view of a destination."""
        return cls(
            id=destination.id,
            name=destination.name,
            channel=destination.channel,
            address=destination.address,
            options=dict(destination.options),
            secrets=list(destination.secret_names),
            created_at=destination.created_at,
            updated_at=destination.updated_at,
            user_id=destination.user_id,
            shared_with=list(destination.shared_with),
        )

    @classmethod
    def for_caller(cls, destination: Destination, caller: Requester) -> "DestinationView":
        """The view of a destination, of which members of a team are told the server, and no more: URLs are keys."""
        view = cls.of(destination)
        if not may_change(caller, destination):
            url = urlsplit(destination.address)
            view.address = f"{url.scheme}://{url.hostname}/..." if url.hostname else destination.address
            view.options, view.secrets = {}, []
            view.shared_with = [each for each in destination.shared_with if each in caller.teams]
        return view


class DestinationQuery(BaseModel):
    """Which destinations are wanted."""

    model_config = ConfigDict(extra="forbid")

    shared: bool = Field(default=False, description="Destinations that others share with a team of yours.")
    user: UUID | None = Field(None, description="Destinations of this user, for those with MANAGE_DESTINATIONS.")


class DestinationList(BaseModel):
    """All of your destinations, by name."""

    items: list[DestinationView] = Field(description="The destinations.")
    next_cursor: None = Field(None, description="Always null: the list is whole.")


class StepView(BaseModel):
    """One step of a trial."""

    name: str = Field(description="What was done.", examples=["authenticate"])
    ok: bool = Field(description="Whether it succeeded.")
    seconds: float = Field(description="How long it took.")
    detail: str | None = Field(None, description="What went wrong and what to do.")


class Trial(BaseModel):
    """How a trial went, as far as it came."""

    ok: bool = Field(description="Whether all steps succeeded.")
    steps: list[StepView] = Field(description="In order, up to the first that failed.")

    @classmethod
    def of(cls, steps: list[Step]) -> "Trial":
        """The view of the steps of a trial."""
        shown = [
            StepView(name=each.name, ok=each.ok, seconds=round(each.seconds, 3), detail=each.sentence) for each in steps
        ]
        return cls(ok=all(each.ok for each in steps), steps=shown)
