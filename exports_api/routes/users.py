"""The people of the system: deactivate and activate them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Response
from fastapi.concurrency import run_in_threadpool

from exports_api.deps import Caller, Parts
from exports_api.routes.documented import problems
from exports_api.schemas.users import UserView
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


async def _set(caller: Caller, parts: Parts, user_id: UUID, *, is_active: bool) -> Response:
    await run_in_threadpool(set_user_active, user_id, caller, is_active=is_active, ports=parts.ports)
    view = UserView(user_id=user_id, is_active=is_active)
    return Response(view.model_dump_json(), media_type="application/json", headers={"Cache-Control": "no-store"})
