"""The teams of a visitor, whom they may share with."""

from collections.abc import Iterable
from uuid import UUID

from starlette.datastructures import FormData

from exports_pipeline.core.access_refusals import UnknownTeam
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.requester import Requester
from exports_pipeline.core.team import Team
from exports_pipeline.usecases.keep_teams import list_teams
from exports_pipeline.usecases.share import checked_teams


def teams_of(requester: Requester, ports: ExportPorts) -> list[Team]:
    """The teams that a requester belongs to, by name."""
    return list_teams(requester, everybody=False, ports=ports) if requester.teams else []


def teams_in(form: FormData, requester: Requester) -> tuple[UUID, ...]:
    """The teams that a form shares with.

    Raises:
        UnknownTeam: the requester does not belong to one of them.
    """
    try:
        wanted = [UUID(str(each)) for each in form.getlist("share_with")]
    except ValueError as error:
        raise UnknownTeam from error
    return checked_teams(wanted, requester)


def names_of(shared_with: Iterable[UUID], requester: Requester, ports: ExportPorts) -> list[str]:
    """The names of those teams that something is shared with, of the requester's own; others are not told."""
    wanted = frozenset(shared_with)
    return [each.name for each in teams_of(requester, ports) if each.id in wanted] if wanted else []
