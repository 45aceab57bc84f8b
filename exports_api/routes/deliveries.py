"""Deliveries: who got a result; send one again; close its link."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path
from fastapi.concurrency import run_in_threadpool

from exports_api.access import SIGNED_IN, TO_EXPORT
from exports_api.deps import Caller, Parts
from exports_api.routes.documented import problems
from exports_api.routes.exports import PREFIX, JobId
from exports_api.schemas.deliveries import DeliveryList, DeliveryView
from exports_pipeline.usecases.read_deliveries import read_deliveries, revoke_link, send_again

router = APIRouter(prefix=PREFIX, tags=["deliveries"])
DeliveryId = Annotated[UUID, Path(description="Id of the delivery.")]


@router.get(
    "/{job_id}/deliveries",
    dependencies=[SIGNED_IN],
    summary="List the deliveries of an export",
    responses=problems(404),
)
async def get_deliveries(caller: Caller, parts: Parts, job_id: JobId) -> DeliveryList:
    """Who got the result, or a notice about it, by which channel, and how that went."""
    seen = await run_in_threadpool(read_deliveries, job_id, caller, ports=parts.ports)
    return DeliveryList(items=[DeliveryView.of(each) for each in seen])


@router.post(
    "/{job_id}/deliveries/{delivery_id}/retry",
    dependencies=[TO_EXPORT],
    status_code=202,
    summary="Send a failed delivery again",
    responses=problems(404, 409, 410),
)
async def post_retry(caller: Caller, parts: Parts, job_id: JobId, delivery_id: DeliveryId) -> DeliveryView:
    """Try a failed delivery again, as if it were new; those that arrived are not sent again."""
    again = await run_in_threadpool(send_again, job_id, delivery_id, caller, ports=parts.ports)
    return DeliveryView.of(again)


@router.post(
    "/{job_id}/deliveries/{delivery_id}/revoke",
    dependencies=[SIGNED_IN],
    summary="Close the link of a delivery",
    responses=problems(404, 409),
)
async def post_revoke(caller: Caller, parts: Parts, job_id: JobId, delivery_id: DeliveryId) -> DeliveryView:
    """Close the link in the message for good; a file that was attached or uploaded stays where it is."""
    closed = await run_in_threadpool(revoke_link, job_id, delivery_id, caller, ports=parts.ports)
    return DeliveryView.of(closed)
