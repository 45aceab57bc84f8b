"""Create, rename and delete teams, and say who belongs to them."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from exports_pipeline.core.access_refusals import UnknownTeam
from exports_pipeline.core.ledger import AuditEntry
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.refusals import NotAllowed, UnknownUser
from exports_pipeline.core.requester import Requester
from exports_pipeline.core.team import Member, Team


@dataclass(frozen=True, kw_only=True)
class SeenTeam:
    """A team with its members."""

    team: Team
    members: tuple[Member, ...]


def list_teams(requester: Requester, *, everybody: bool, ports: ExportPorts) -> list[Team]:
    """The requester's own teams by name, or all of them for those who administer.

    Raises:
        NotAllowed: the requester does not administer, and asks for all.
    """
    if everybody and not requester.administers:
        raise NotAllowed("Only those who administer see all teams; leave `all` out.")
    return ports.teams.page(None if everybody else requester.user_id)


def read_team(team_id: UUID, requester: Requester, *, ports: ExportPorts) -> SeenTeam:
    """A team of the requester, or any for those who administer.

    Raises:
        UnknownTeam: there is none, or the requester does not belong to it.
    """
    team = ports.teams.find(team_id)
    members = ports.teams.members(team_id) if team else []
    is_member = any(each.user_id == requester.user_id for each in members)
    if team is None or not (is_member or requester.administers):
        raise UnknownTeam(f"There is no team {team_id} among yours.")
    return SeenTeam(team=team, members=tuple(members))


def create_team(name: str, requester: Requester, *, ports: ExportPorts) -> Team:
    """Make a team without members.

    Raises:
        NotAllowed: the requester does not administer.
        NameTaken: another team has this name.
    """
    _check_administers(requester)
    team = Team(id=uuid4(), name=name, created_at=ports.clock())
    ports.teams.add(team, _entry("created", team.id, requester, ports, after={"name": name}))
    return team


def rename_team(team_id: UUID, name: str, requester: Requester, *, ports: ExportPorts) -> SeenTeam:
    """Give a team another name.

    Raises:
        NotAllowed, UnknownTeam, NameTaken.
    """
    _check_administers(requester)
    before = read_team(team_id, requester, ports=ports).team.name
    ports.teams.rename(
        team_id, name, _entry("renamed", team_id, requester, ports, before={"name": before}, after={"name": name})
    )
    return read_team(team_id, requester, ports=ports)


def delete_team(team_id: UUID, requester: Requester, *, ports: ExportPorts) -> None:
    """Forget a team; what was shared with it is its owners' alone again.

    Raises:
        NotAllowed, UnknownTeam.
    """
    _check_administers(requester)
    seen = read_team(team_id, requester, ports=ports)
    before = {"name": seen.team.name, "members": [str(each.user_id) for each in seen.members]}
    ports.teams.delete(team_id, _entry("deleted", team_id, requester, ports, before=before))


def put_member(team_id: UUID, user_id: UUID, requester: Requester, *, is_lead: bool, ports: ExportPorts) -> SeenTeam:
    """Make a user a member; those who administer make leads, and leads make members.

    Raises:
        UnknownTeam, UnknownUser.
        NotAllowed: the requester neither administers nor leads the team, or is no administrator and changes a lead.
    """
    seen = read_team(team_id, requester, ports=ports)
    before = _to_change(seen, user_id, requester, makes_lead=is_lead)
    entry = _entry(
        "member_added",
        team_id,
        requester,
        ports,
        subject=user_id,
        before={"is_lead": before.is_lead} if before else None,
        after={"user_id": str(user_id), "is_lead": is_lead},
    )
    if not ports.teams.put(team_id, Member(user_id=user_id, is_lead=is_lead), entry):
        raise UnknownUser(f"There is no user {user_id}; they are known from their first request on.")
    return read_team(team_id, requester, ports=ports)


def remove_member(team_id: UUID, user_id: UUID, requester: Requester, *, ports: ExportPorts) -> None:
    """Take a user out of a team: they lose at once what it shares, and it what they share.

    Raises:
        UnknownTeam: there is none, or the requester does not belong to it.
        UnknownUser: they do not belong to it.
        NotAllowed: as for `put_member`.
    """
    seen = read_team(team_id, requester, ports=ports)
    before = _to_change(seen, user_id, requester, makes_lead=False)
    told = {"user_id": str(user_id), "is_lead": before.is_lead} if before else None
    entry = _entry("member_removed", team_id, requester, ports, subject=user_id, before=told)
    if not ports.teams.remove(team_id, user_id, entry):
        raise UnknownUser(f"The user {user_id} does not belong to this team.")


def _to_change(seen: SeenTeam, user_id: UUID, requester: Requester, *, makes_lead: bool) -> Member | None:
    """The member as it is, if the requester may change it."""
    by_id = {each.user_id: each for each in seen.members}
    before = by_id.get(user_id)
    if requester.administers:
        return before
    leads = requester.user_id in by_id and by_id[requester.user_id].is_lead
    if not leads:
        raise NotAllowed("Only leads of a team, and those who administer, say who belongs to it.")
    if makes_lead or (before is not None and before.is_lead):
        raise NotAllowed("Only those who administer say who leads a team.")
    return before


def _check_administers(requester: Requester) -> None:
    if not requester.administers:
        raise NotAllowed


def _entry(what: str, team_id: UUID, requester: Requester, ports: ExportPorts, **more: Any) -> AuditEntry:
    return AuditEntry(
        at=ports.clock(),
        actor=requester.user_id,
        action=f"team.{what}",
        entity_type="team",
        entity_id=str(team_id),
        **more,
    )
