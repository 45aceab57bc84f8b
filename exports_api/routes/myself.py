"""Who the caller is, and what they may do."""

from fastapi import APIRouter, Response
from fastapi.concurrency import run_in_threadpool

from exports_api.access import SIGNED_IN
from exports_api.deps import Caller, Parts
from exports_api.routes.documented import problems
from exports_api.schemas.myself import MyselfView
from exports_pipeline.usecases.read_myself import read_myself

router = APIRouter(prefix="/api/analytics/me", tags=["keys"])


@router.get(
    "", dependencies=[SIGNED_IN], summary="See who you are here", response_model=MyselfView, responses=problems()
)
async def get_me(caller: Caller, parts: Parts) -> Response:
    """Your rights with this token or key, your quotas and what is left of them, and the limits of the queue."""
    found = await run_in_threadpool(read_myself, caller, ports=parts.own)  # the key may be that of a service account
    view = MyselfView.of(found, parts.ports.limits.queue)
    return Response(view.model_dump_json(), media_type="application/json", headers={"Cache-Control": "no-store"})
