"""What routes receive besides their parameters; none of it blocks, so all of it is async."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated

from anyio import CapacityLimiter
from fastapi import Depends, Security
from fastapi.security import HTTPBearer
from starlette.requests import Request

from exports_api.auth import Verifier, bearer_token, requester_of
from exports_api.metrics import ApiMetrics
from exports_api.shared_looks import SharedLooks
from exports_pipeline.core.origin import act_with
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.requester import Requester

EVENTS_AT_ONCE = 4
"""Requests with events that are read and stored at once: more would only wait for the processor and connections."""


@dataclass(frozen=True, kw_only=True)
class ApiParts:
    """What one app is made of; found at `app.state.parts`."""

    ports: ExportPorts
    verifier: Verifier
    metrics: ApiMetrics
    looks: SharedLooks
    dispatch_soon: Callable[[], None]
    """Has pending export jobs launched in the background, so that the answer goes out first."""

    event_threads: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(EVENTS_AT_ONCE))


async def api_parts(request: Request) -> ApiParts:
    """The parts of the app that answers."""
    parts: ApiParts = request.app.state.parts
    return parts


Parts = Annotated[ApiParts, Depends(api_parts)]

_bearer = HTTPBearer(
    auto_error=False,
    bearerFormat="JWT",
    scheme_name="bearer",
    description="Claims: `sub` (user), `exp`, and optionally `owner` (owner key, default `sub`), `permissions` "
    "(list of MANAGE_EXPORTS, EXPORT_ALL, VIEW_AUDIT, UNMASK) and `email`.",
)


async def requester(request: Request, parts: Parts, _documented: Annotated[object, Security(_bearer)]) -> Requester:
    """Who asks.

    Raises:
        InvalidToken: the bearer token is missing or not valid.
    """
    caller = requester_of(await parts.verifier.claims(bearer_token(request)))
    request.scope.setdefault("state", {})["caller"] = caller
    act_with(service=caller.service, key_id=caller.key_id)
    return caller


Caller = Annotated[Requester, Depends(requester)]
