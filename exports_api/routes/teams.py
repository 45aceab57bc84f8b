"""Teams: create, list, look, rename, delete; add and remove members."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel

from exports_api.access import SIGNED_IN, needs, signed_in
from exports_api.deps import Caller, Parts
from exports_api.routes.documented import body_of, header, problems
from exports_api.schemas.teams import MemberBody, SeenTeamView, TeamBody, TeamList, TeamView
from exports_api.sharing_bodies import MemberBodyOf, TeamBodyOf
from exports_pipeline.core.requester import Permission
from exports_pipeline.usecases.keep_teams import (
    create_team,
    delete_team,
    list_teams,
    put_member,
    read_team,
    remove_member,
    rename_team,
)

PREFIX = "/api/analytics/teams"
router = APIRouter(prefix=PREFIX, tags=["teams"])
TeamId = Annotated[UUID, Path(description="Id of the team.")]
MemberId = Annotated[UUID, Path(description="Id of the user.")]
_ADMIN = needs(Permission.ADMIN)
_LEADS = signed_in("changing needs ADMIN, or to lead the team")


@router.post(
    "",
    dependencies=[_ADMIN],
    status_code=201,
    summary="Create a team",
    responses={
        201: {
            "description": "Created.",
            "model": TeamView,
            "headers": {"Location": header("Its address.", example=f"{PREFIX}/1c9d0f6e-8b1e-4d0b-9a53-3a1f2f6c7b11")},
        },
        **problems(409, 413, 415, 422),
    },
    openapi_extra=body_of(TeamBody),
)
async def post_team(caller: Caller, parts: Parts, body: TeamBodyOf) -> Response:
    """Make a team without members."""
    team = await run_in_threadpool(create_team, body.name, caller, ports=parts.own)
    return _answer(TeamView.of(team), status=201, location=f"{PREFIX}/{team.id}")


@router.get("", dependencies=[SIGNED_IN], summary="List your teams", response_model=TeamList, responses=problems(422))
async def get_teams(
    caller: Caller,
    parts: Parts,
    everybody: Annotated[bool, Query(alias="all", description="All teams, for those with ADMIN.")] = False,
) -> Response:
    """The teams that you belong to, by name; all of them with ADMIN and `all`."""
    found = await run_in_threadpool(list_teams, caller, everybody=everybody, ports=parts.ports)
    return _answer(TeamList(items=[TeamView.of(each) for each in found]))


@router.get(
    "/{team_id}",
    dependencies=[SIGNED_IN],
    summary="Look at a team",
    response_model=SeenTeamView,
    responses=problems(404),
)
async def get_team(caller: Caller, parts: Parts, team_id: TeamId) -> Response:
    """A team that you belong to, or any with ADMIN, and its members."""
    seen = await run_in_threadpool(read_team, team_id, caller, ports=parts.ports)
    return _answer(SeenTeamView.of_seen(seen))


@router.patch(
    "/{team_id}",
    dependencies=[_ADMIN],
    summary="Rename a team",
    response_model=SeenTeamView,
    responses=problems(404, 409, 413, 415, 422),
    openapi_extra=body_of(TeamBody),
)
async def patch_team(caller: Caller, parts: Parts, team_id: TeamId, body: TeamBodyOf) -> Response:
    """Give a team another name."""
    seen = await run_in_threadpool(rename_team, team_id, body.name, caller, ports=parts.own)
    return _answer(SeenTeamView.of_seen(seen))


@router.delete("/{team_id}", dependencies=[_ADMIN], status_code=204, summary="Delete a team", responses=problems(404))
async def remove_team(caller: Caller, parts: Parts, team_id: TeamId) -> Response:
    """Forget a team; what was shared with it is its owners' alone again."""
    await run_in_threadpool(delete_team, team_id, caller, ports=parts.own)
    parts.standings.forget()
    return Response(status_code=204)


@router.put(
    "/{team_id}/members/{user_id}",
    dependencies=[_LEADS],
    summary="Add a member to a team",
    response_model=SeenTeamView,
    responses=problems(404, 413, 415, 422),
    openapi_extra=body_of(MemberBody),
)
async def put_team_member(
    caller: Caller, parts: Parts, team_id: TeamId, user_id: MemberId, body: MemberBodyOf
) -> Response:
    """Make a user a member; leads are made, and unmade, by those with ADMIN alone."""
    seen = await run_in_threadpool(put_member, team_id, user_id, caller, is_lead=body.is_lead, ports=parts.own)
    parts.standings.forget()
    return _answer(SeenTeamView.of_seen(seen))


@router.delete(
    "/{team_id}/members/{user_id}",
    dependencies=[_LEADS],
    status_code=204,
    summary="Remove a member from a team",
    responses=problems(404),
)
async def delete_team_member(caller: Caller, parts: Parts, team_id: TeamId, user_id: MemberId) -> Response:
    """Take a user out of a team: they lose what it shares, and it what they share; within three seconds everywhere."""
    await run_in_threadpool(remove_member, team_id, user_id, caller, ports=parts.own)
    parts.standings.forget()
    return Response(status_code=204)


def _answer(view: BaseModel, *, status: int = 200, location: str | None = None) -> Response:
    headers = {"Cache-Control": "no-store"} | ({"Location": location} if location else {})
    return Response(view.model_dump_json(), status_code=status, media_type="application/json", headers=headers)
