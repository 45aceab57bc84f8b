"""Destinations: save, list, look, change, delete, try out."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response
from fastapi.concurrency import run_in_threadpool

from exports_api.access import SIGNED_IN, TO_EXPORT
from exports_api.bodies import DestinationBodyOf, DestinationChangeOf
from exports_api.deps import Caller, Parts
from exports_api.routes.documented import body_of, header, problems
from exports_api.schemas.destinations import (
    DestinationBody,
    DestinationChange,
    DestinationList,
    DestinationQuery,
    DestinationView,
    Trial,
)
from exports_pipeline.usecases.save_destination import (
    Draft,
    change_destination,
    forget_destination,
    list_destinations,
    read_destination,
    save_destination,
)
from exports_pipeline.usecases.share import checked_teams
from exports_pipeline.usecases.try_destination import try_destination

PREFIX = "/api/analytics/destinations"
router = APIRouter(prefix=PREFIX, tags=["deliveries"])
DestinationId = Annotated[UUID, Path(description="Id of the destination.")]


@router.post(
    "",
    dependencies=[TO_EXPORT],
    status_code=201,
    summary="Save a destination",
    responses={
        201: {
            "description": "Saved.",
            "model": DestinationView,
            "headers": {"Location": header("Its address.", example=f"{PREFIX}/1c9d0f6e-8b1e-4d0b-9a53-3a1f2f6c7b11")},
        },
        **problems(409, 413, 415, 422),
    },
    openapi_extra=body_of(DestinationBody),
)
async def post_destination(caller: Caller, parts: Parts, body: DestinationBodyOf) -> Response:
    """Save a place that results may be sent to; recipients name it by its id."""
    draft = Draft(
        name=body.name, channel=body.channel, address=body.address, options=body.options, secrets=body.secrets
    )
    teams = checked_teams(body.share_with or (), caller)
    saved = await run_in_threadpool(save_destination, draft, caller, ports=parts.ports, share_with=teams)
    view = DestinationView.of(saved).model_dump_json()
    headers = {"Location": f"{PREFIX}/{saved.id}", "Cache-Control": "no-store"}
    return Response(view, status_code=201, media_type="application/json", headers=headers)


@router.get("", dependencies=[SIGNED_IN], summary="List your destinations", responses=problems(422))
async def get_destinations(
    caller: Caller, parts: Parts, query: Annotated[DestinationQuery, Query()]
) -> DestinationList:
    """Your destinations by name, without their secrets; or those shared with you; or those of another user."""
    found = await run_in_threadpool(
        list_destinations, caller, user_id=query.user, is_shared=query.shared, ports=parts.ports
    )
    return DestinationList(items=[DestinationView.for_caller(each, caller) for each in found])


@router.get("/{destination_id}", dependencies=[SIGNED_IN], summary="Look at a destination", responses=problems(404))
async def get_destination(caller: Caller, parts: Parts, destination_id: DestinationId) -> DestinationView:
    """One of your destinations, or one that is shared with you, without its secrets."""
    found = await run_in_threadpool(read_destination, destination_id, caller, ports=parts.ports)
    return DestinationView.for_caller(found, caller)


@router.patch(
    "/{destination_id}",
    dependencies=[TO_EXPORT],
    summary="Change a destination",
    responses=problems(404, 409, 413, 415, 422),
    openapi_extra=body_of(DestinationChange),
)
async def patch_destination(
    caller: Caller, parts: Parts, destination_id: DestinationId, body: DestinationChangeOf
) -> DestinationView:
    """Change what is given; a secret that is not named stays as it is."""
    changed = await run_in_threadpool(change_destination, destination_id, body.as_changes(), caller, ports=parts.ports)
    return DestinationView.of(changed)


@router.delete(
    "/{destination_id}",
    dependencies=[SIGNED_IN],
    status_code=204,
    summary="Delete a destination",
    responses=problems(404),
    response_class=Response,
)
async def delete_destination(caller: Caller, parts: Parts, destination_id: DestinationId) -> Response:
    """Forget a destination and its secrets; what is still to be sent there fails and says so."""
    await run_in_threadpool(forget_destination, destination_id, caller, ports=parts.ports)
    return Response(status_code=204)


@router.post(
    "/{destination_id}/test", dependencies=[TO_EXPORT], summary="Try a destination out", responses=problems(404)
)
async def post_test(caller: Caller, parts: Parts, destination_id: DestinationId) -> Trial:
    """Reach it step by step, while you wait: resolve, connect, authenticate, write, delete, as far as it has them.

    The answer is 200 whether it was reached or not; `steps` says where it failed and what to do.
    """
    steps = await run_in_threadpool(try_destination, destination_id, caller, ports=parts.ports)
    return Trial.of(steps)
