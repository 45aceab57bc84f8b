"""The templates of messages, tried out."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.concurrency import run_in_threadpool

from exports_api.access import SIGNED_IN
from exports_api.deps import Caller, Parts
from exports_api.routes.documented import problems
from exports_api.schemas.messages import MessagePreview
from exports_pipeline.core.delivery import Kind
from exports_pipeline.core.recipient import Channel
from exports_pipeline.core.refusals import InvalidOption
from exports_pipeline.core.zones import zone_names
from exports_pipeline.usecases.preview_message import preview_message

router = APIRouter(prefix="/api/analytics/messages", tags=["deliveries"])


@router.get("/preview", dependencies=[SIGNED_IN], summary="See what a message says", responses=problems(422))
async def get_preview(
    _caller: Caller,
    parts: Parts,
    kind: Annotated[Kind, Query(description="What is told.")] = Kind.RESULT,
    channel: Annotated[Channel, Query(description="In the form of this channel.")] = Channel.EMAIL,
    timezone: Annotated[str, Query(description="Times are shown in this zone.", max_length=100)] = "UTC",
) -> MessagePreview:
    """The message about an invented export, as this deployment's templates word it."""
    if timezone not in zone_names():
        raise InvalidOption(
            f"There is no time zone {timezone!r:.60}; use an IANA name as Europe/Prague.", field="timezone"
        )
    wording = await run_in_threadpool(preview_message, kind, channel, timezone, ports=parts.ports)
    return MessagePreview.of(wording)
