"""Share jobs, schedules and destinations with teams, and take that back."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from exports_pipeline.core.access_refusals import UnknownTeam
from exports_pipeline.core.ledger import AuditEntry
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.refusals import NotAllowed, UnknownSchedule
from exports_pipeline.core.requester import Requester
from exports_pipeline.usecases.read_exports import export_to_change
from exports_pipeline.usecases.read_schedules import schedule_to_change
from exports_pipeline.usecases.save_destination import destination_to_change

Teams = tuple[UUID, ...]


def checked_teams(wanted: Sequence[UUID], requester: Requester) -> Teams:
    """The teams that a requester wants to share something new with, each once.

    Raises:
        UnknownTeam: they do not belong to one of them; whether it is there is not told.
    """
    return _checked(wanted, (), requester, is_owner=True)


def share_export(job_id: UUID, wanted: Sequence[UUID], requester: Requester, *, ports: ExportPorts) -> Teams:
    """Share a job with these teams and no others; members see and download rows that its owner's rights selected.

    Raises:
        UnknownExportJob: there is none, or it is somebody else's.
        UnknownTeam: the requester does not belong to one of them.
        NotAllowed: the requester is not its owner, and does not only take back what the owner shares.
    """
    job = export_to_change(job_id, requester, ports=ports)
    teams = _checked(wanted, job.shared_with, requester, is_owner=job.requester.user_id == requester.user_id)
    entry = replace(_entry("export", job.id, job.shared_with, teams, requester, ports), job_id=job.id)
    ports.jobs.share(job.id, teams, entry)
    return teams


def share_schedule(schedule_id: UUID, wanted: Sequence[UUID], requester: Requester, *, ports: ExportPorts) -> Teams:
    """Share a schedule with these teams and no others; it goes on with the rights of its owner.

    Raises:
        UnknownSchedule, UnknownTeam, NotAllowed: as for a job.
    """
    found = schedule_to_change(schedule_id, requester, ports=ports)
    teams = _checked(wanted, found.shared_with, requester, is_owner=found.user_id == requester.user_id)
    entry = _entry("schedule", found.id, found.shared_with, teams, requester, ports)
    if ports.schedules.change(found.id, lambda current: (replace(current, shared_with=teams), ()), entry) is None:
        raise UnknownSchedule
    return teams


def share_destination(
    destination_id: UUID, wanted: Sequence[UUID], requester: Requester, *, ports: ExportPorts
) -> Teams:
    """Share a destination with these teams and no others; members send there, and never learn its secrets.

    Raises:
        UnknownDestination, UnknownTeam, NotAllowed: as for a job.
    """
    found = destination_to_change(destination_id, requester, ports=ports)
    teams = _checked(wanted, found.shared_with, requester, is_owner=found.user_id == requester.user_id)
    entry = _entry("destination", found.id, found.shared_with, teams, requester, ports)
    ports.destinations.share(found.id, teams, entry)
    return teams


def _checked(wanted: Iterable[UUID], before: Teams, requester: Requester, *, is_owner: bool) -> Teams:
    teams = tuple(dict.fromkeys(wanted))
    if not is_owner:
        if not set(teams) <= set(before):
            raise NotAllowed("Only its owner shares it with more teams; those who manage may take teams away.")
        return teams
    for place, team in enumerate(teams):
        if team not in requester.teams and team not in before:
            raise UnknownTeam(f"There is no team {team} among yours.", field=f"share_with.{place}")
    return teams


def _entry(noun: str, thing: UUID, before: Teams, after: Teams, requester: Requester, ports: ExportPorts) -> AuditEntry:
    def told(teams: Teams) -> dict[str, Any]:
        return {"shared_with": [str(team) for team in teams]}

    return AuditEntry(
        at=ports.clock(),
        actor=requester.user_id,
        action=f"{noun}.shared",
        entity_type="job" if noun == "export" else noun,
        entity_id=str(thing),
        before=told(before),
        after=told(after),
    )
