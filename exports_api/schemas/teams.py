"""Teams and their members as the API takes and shows them."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StrictBool

from exports_api.schemas.fields import WithoutNul
from exports_pipeline.core.team import Member, Team
from exports_pipeline.usecases.keep_teams import SeenTeam

_Name = Annotated[str, Field(min_length=1, max_length=100), WithoutNul]


class TeamBody(BaseModel):
    """What a team is called."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"name": "Finance"}]})

    name: _Name = Field(description="Its name, which no other team has.", examples=["Finance"])


class MemberBody(BaseModel):
    """What a user is in a team."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"is_lead": False}]})

    is_lead: StrictBool = Field(default=False, description="Whether they may add and remove members.")


class TeamView(BaseModel):
    """A team."""

    id: UUID = Field(description="What things are shared with it by.")
    name: str = Field(description="Its name.")
    created_at: datetime = Field(description="When it was made.")

    @staticmethod
    def of(team: Team) -> "TeamView":
        """The view of a team."""
        return TeamView(id=team.id, name=team.name, created_at=team.created_at)


class TeamList(BaseModel):
    """Teams by name."""

    items: list[TeamView] = Field(description="The teams.")
    next_cursor: None = Field(None, description="Always null: the list is whole.")


class MemberView(BaseModel):
    """A user in a team."""

    user_id: UUID = Field(description="Their id.")
    email: str | None = Field(description="Their address, if it is known.")
    is_lead: bool = Field(description="Whether they may add and remove members.")

    @staticmethod
    def of(member: Member) -> "MemberView":
        """The view of a member."""
        return MemberView(user_id=member.user_id, email=member.email, is_lead=member.is_lead)


class SeenTeamView(TeamView):
    """A team and who belongs to it."""

    members: list[MemberView] = Field(description="Its members, leads first.")

    @staticmethod
    def of_seen(seen: SeenTeam) -> "SeenTeamView":
        """The view of a team and its members."""
        team = seen.team
        members = [MemberView.of(each) for each in seen.members]
        return SeenTeamView(id=team.id, name=team.name, created_at=team.created_at, members=members)
