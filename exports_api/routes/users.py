"""The people of the system: list them, assign roles, deactivate and activate them, archive and erase them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from exports_api.access import needs, signed_in
from exports_api.deps import Caller, Parts
from exports_api.paging import encode_cursor
from exports_api.routes.documented import body_of, problems
from exports_api.schemas.users import ErasedView, KnownUser, RolesBody, UserList, UserQuery, UserView, erased_view
from exports_api.sharing_bodies import RolesBodyOf
from exports_pipeline.core.requester import Permission
from exports_pipeline.usecases.archive_user import archive_user
from exports_pipeline.usecases.assign_roles import assign_roles, find_user, list_users
from exports_pipeline.usecases.erase_user import erase_user
from exports_pipeline.usecases.set_user_active import set_user_active

PREFIX = "/api/analytics/users"
router = APIRouter(prefix=PREFIX, tags=["operation"])
UserId = Annotated[UUID, Path(description="Id of the user, as `sub` of their token gives it.")]
_ADMIN = needs(Permission.ADMIN)
_KEEPS_OUT = needs(Permission.MANAGE_EXPORTS, Permission.ADMIN)


@router.get("", dependencies=[_ADMIN], summary="List users", response_model=UserList, responses=problems(422))
async def get_users(parts: Parts, query: Annotated[UserQuery, Query()]) -> Response:
    """Everybody who was here at least once, newest first."""
    found = await run_in_threadpool(
        list_users, query.search, limit=query.limit + 1, before=query.before, ports=parts.ports
    )
    shown = found[: query.limit]
    cursor = encode_cursor(shown[-1].created_at, shown[-1].id) if len(found) > query.limit else None
    return _answer(UserList(items=[KnownUser.of(each) for each in shown], next_cursor=cursor))


@router.get(
    "/{user_id}/roles",
    dependencies=[_ADMIN],
    summary="Look at the roles of a user",
    response_model=KnownUser,
    responses=problems(404),
)
async def get_roles(parts: Parts, user_id: UserId) -> Response:
    """The roles that were assigned to a user; those that their token names are told by their token alone."""
    return _answer(KnownUser.of(await run_in_threadpool(find_user, user_id, ports=parts.ports)))


@router.put(
    "/{user_id}/roles",
    dependencies=[_ADMIN],
    summary="Assign roles to a user",
    response_model=KnownUser,
    responses=problems(404, 413, 415, 422),
    openapi_extra=body_of(RolesBody),
)
async def put_roles(caller: Caller, parts: Parts, user_id: UserId, body: RolesBodyOf) -> Response:
    """Give a user these roles in place of those assigned before; it holds within three seconds.

    Nobody changes their own roles, or gives a role that allows what they may not do themselves.
    """
    user = await run_in_threadpool(assign_roles, user_id, body.roles, caller, ports=parts.own)
    parts.standings.forget()
    return _answer(KnownUser.of(user))


@router.post(
    "/{user_id}/deactivate",
    dependencies=[_KEEPS_OUT],
    summary="Deactivate a user",
    response_model=UserView,
    responses=problems(404),
)
async def deactivate(caller: Caller, parts: Parts, user_id: UserId) -> Response:
    """Refuse their tokens and links with 403 `user_deactivated`; their schedules stop at their next window."""
    return await _set(caller, parts, user_id, is_active=False)


@router.post(
    "/{user_id}/activate",
    dependencies=[_KEEPS_OUT],
    summary="Activate a user",
    response_model=UserView,
    responses=problems(404),
)
async def activate(caller: Caller, parts: Parts, user_id: UserId) -> Response:
    """Take a deactivation back; schedules that have stopped must be resumed."""
    return await _set(caller, parts, user_id, is_active=True)


@router.post(
    "/{user_id}/erase",
    dependencies=[_ADMIN],
    summary="Erase a user",
    response_model=ErasedView,
    responses=problems(403, 404),
)
async def erase(caller: Caller, parts: Parts, user_id: UserId) -> Response:
    """Erase everything personal of a user, and certify it. Needs ADMIN; cannot be taken back.

    Jobs are cancelled, files and links deleted, destinations and addresses removed, the personal part of audit entries
    blanked; ids, counts and digests stay. Where it is interrupted, the same request goes on.
    """
    erased = await run_in_threadpool(erase_user, user_id, caller, ports=parts.own)
    parts.standings.forget()
    view = erased_view(erased)
    return Response(view.model_dump_json(), media_type="application/json", headers={"Cache-Control": "no-store"})


@router.get(
    "/{user_id}/archive",
    dependencies=[signed_in("ADMIN for others")],
    summary="Everything held about a user",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/zip": {}}, "description": "A ZIP archive."}, **problems(403, 404)},
)
async def archive(caller: Caller, parts: Parts, user_id: UserId) -> Response:
    """Everything that is held about you, or with ADMIN about anybody, as JSON and CSV in one archive; no secrets."""
    pieces = await run_in_threadpool(archive_user, user_id, caller, ports=parts.own)
    headers = {"Cache-Control": "no-store", "Content-Disposition": f'attachment; filename="{user_id}.zip"'}
    return StreamingResponse(pieces, media_type="application/zip", headers=headers)


async def _set(caller: Caller, parts: Parts, user_id: UUID, *, is_active: bool) -> Response:
    await run_in_threadpool(set_user_active, user_id, caller, is_active=is_active, ports=parts.own)
    parts.standings.forget()
    return _answer(UserView(user_id=user_id, is_active=is_active))


def _answer(view: BaseModel) -> Response:
    return Response(view.model_dump_json(), media_type="application/json", headers={"Cache-Control": "no-store"})
