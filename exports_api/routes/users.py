"""The people of the system: deactivate and activate them, give them what is held about them, and erase them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from exports_api.deps import Caller, Parts
from exports_api.routes.documented import problems
from exports_api.schemas.users import ErasedView, UserView, erased_view
from exports_pipeline.usecases.archive_user import archive_user
from exports_pipeline.usecases.erase_user import erase_user
from exports_pipeline.usecases.set_user_active import set_user_active

PREFIX = "/api/analytics/users"
router = APIRouter(prefix=PREFIX, tags=["operation"])
UserId = Annotated[UUID, Path(description="Id of the user, as `sub` of their token gives it.")]


@router.post(
    "/{user_id}/deactivate", summary="Deactivate a user", response_model=UserView, responses=problems(403, 404)
)
async def deactivate(caller: Caller, parts: Parts, user_id: UserId) -> Response:
    """Let no schedule run for a user any more; each stops at its next window, with a notice. Needs MANAGE_EXPORTS."""
    return await _set(caller, parts, user_id, is_active=False)


@router.post("/{user_id}/activate", summary="Activate a user", response_model=UserView, responses=problems(403, 404))
async def activate(caller: Caller, parts: Parts, user_id: UserId) -> Response:
    """Take a deactivation back; schedules that have stopped must be resumed. Needs MANAGE_EXPORTS."""
    return await _set(caller, parts, user_id, is_active=True)


@router.post("/{user_id}/erase", summary="Erase a user", response_model=ErasedView, responses=problems(403, 404))
async def erase(caller: Caller, parts: Parts, user_id: UserId) -> Response:
    """Erase everything personal of a user, and certify it. Needs ADMIN; cannot be taken back.

    Jobs are cancelled, files and links deleted, destinations and addresses removed, the personal part of audit entries
    blanked; ids, counts and digests stay. Where it is interrupted, the same request goes on.
    """
    erased = await run_in_threadpool(erase_user, user_id, caller, ports=parts.ports)
    view = erased_view(erased)
    return Response(view.model_dump_json(), media_type="application/json", headers={"Cache-Control": "no-store"})


@router.get(
    "/{user_id}/archive",
    summary="Everything held about a user",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/zip": {}}, "description": "A ZIP archive."}, **problems(403, 404)},
)
async def archive(caller: Caller, parts: Parts, user_id: UserId) -> Response:
    """Everything that is held about you, or with ADMIN about anybody, as JSON and CSV in one archive; no secrets."""
    pieces = await run_in_threadpool(archive_user, user_id, caller, ports=parts.ports)
    headers = {"Cache-Control": "no-store", "Content-Disposition": f'attachment; filename="{user_id}.zip"'}
    return StreamingResponse(pieces, media_type="application/zip", headers=headers)


async def _set(caller: Caller, parts: Parts, user_id: UUID, *, is_active: bool) -> Response:
    await run_in_threadpool(set_user_active, user_id, caller, is_active=is_active, ports=parts.ports)
    view = UserView(user_id=user_id, is_active=is_active)
    return Response(view.model_dump_json(), media_type="application/json", headers={"Cache-Control": "no-store"})
