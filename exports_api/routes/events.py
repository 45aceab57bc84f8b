"""Events: what happened, as the systems of a tenant tell it."""

from functools import partial
from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, Query, Response

from exports_api.access import TO_EXPORT
from exports_api.deps import Caller, Parts
from exports_api.event_bodies import JSON, LINES, PackedEvents, PackedEventsOf, read_events
from exports_api.routes.documented import problems
from exports_api.schemas.events import EventBody, OnDuplicate, Taken
from exports_pipeline.core.event import MAX_EVENTS
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.usecases.ingest_events import ingest_events

router = APIRouter(prefix="/api/analytics/events", tags=["events"])

_EVENT = {"$ref": f"#/components/schemas/{EventBody.__name__}"}
_EXAMPLE = {
    "id": "call-17",
    "event_type": "call",
    "label": "interested",
    "value": 12.5,
    "occurred_at": "2026-03-01T11:59:00Z",
    "campaign": "spring",
    "customer": "c-1041",
    "metadata": {"segment": "retail"},
}
_ARRAY = {"type": "array", "items": _EVENT, "maxItems": MAX_EVENTS}
_LINES = {"schema": {"type": "string", "description": "One event as JSON on each line."}}
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            JSON: {
                "schema": {"anyOf": [_EVENT, _ARRAY]},
                "examples": {
                    "one": {"value": _EXAMPLE},
                    "several": {"value": [_EXAMPLE, {**_EXAMPLE, "id": "call-18"}]},
                },
            },
            **dict.fromkeys(LINES, _LINES),
        },
    }
}


@router.post(
    "",
    dependencies=[TO_EXPORT],
    summary="Send events",
    response_model=Taken,
    responses=problems(403, 413, 415, 422),
    openapi_extra=_BODY,
)
async def post_events(
    caller: Caller,
    parts: Parts,
    body: PackedEventsOf,
    on_duplicate: Annotated[OnDuplicate, Query(description="What becomes of an event whose id is there already.")] = (
        OnDuplicate.KEEP
    ),
) -> Response:
    """Keep events, one or up to 10,000 in 5 MiB, as JSON or JSON Lines, packed with gzip or not; all of them are yours.

    What is no event is refused by itself and told with its place and reason; all others are kept. Sending the same
    request again changes nothing, so send it again whenever there was no answer.
    """
    take = partial(_take, body, caller.owner_key, parts.ports, replace=on_duplicate is OnDuplicate.REPLACE)
    taken = await to_thread.run_sync(take, limiter=parts.event_threads)
    return Response(taken, media_type=JSON, headers={"Cache-Control": "no-store"})


def _take(body: PackedEvents, tenant: str, ports: ExportPorts, *, replace: bool) -> str:
    return Taken.of(ingest_events(read_events(body), tenant, replace=replace, ports=ports)).model_dump_json()
