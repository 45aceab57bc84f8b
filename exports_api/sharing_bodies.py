"""Reads the bodies of requests about teams and sharing."""

from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from exports_api.bodies import read_json
from exports_api.schemas.sharing import SharingBody
from exports_api.schemas.teams import MemberBody, TeamBody
from exports_api.schemas.users import RolesBody


async def roles_body(request: Request) -> RolesBody:
    """The body that assigns roles."""
    return await read_json(request, RolesBody)


async def team_body(request: Request) -> TeamBody:
    """The body that names a team."""
    return await read_json(request, TeamBody)


async def member_body(request: Request) -> MemberBody:
    """The body that makes a user a member."""
    return await read_json(request, MemberBody)


async def sharing_body(request: Request) -> SharingBody:
    """The body that shares something."""
    return await read_json(request, SharingBody)


RolesBodyOf = Annotated[RolesBody, Depends(roles_body)]
TeamBodyOf = Annotated[TeamBody, Depends(team_body)]
MemberBodyOf = Annotated[MemberBody, Depends(member_body)]
SharingBodyOf = Annotated[SharingBody, Depends(sharing_body)]
