"""What routes receive besides their parameters; none of it blocks, so all of it is async."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated

from anyio import CapacityLimiter
from fastapi import Depends, Security
from fastapi.security import APIKeyHeader, HTTPBearer
from starlette.requests import Request

from exports_api.auth import Verifier
from exports_api.key_ring import KeyRing
from exports_api.metrics import ApiMetrics
from exports_api.shared_looks import SharedLooks
from exports_api.standings import Standings
from exports_api.who_asks import KEY_HEADER, who_asks
from exports_pipeline.adapters.acting import Acting, act_as
from exports_pipeline.core.ledger import SeenJob
from exports_pipeline.core.origin import act_with
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.requester import Permission, Requester

EVENTS_AT_ONCE = 4
"""Requests with events that are read and stored at once: more would only wait for the processor and connections."""


@dataclass(frozen=True, kw_only=True)
class ApiParts:
    """What one app is made of; found at `app.state.parts`."""

    ports: ExportPorts
    """Behind the second wall: whatever is asked over them is asked for the requester."""
    own: ExportPorts
    """What the API does on its own account, for nobody."""
    verifier: Verifier
    keys: KeyRing
    metrics: ApiMetrics
    looks: SharedLooks[SeenJob]
    standings: Standings
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
    description="Claims: `sub` (user), `exp`, and optionally `owner` (owner key, default `sub`), "
    f"`roles` (list of names), `permissions` (list of {', '.join(Permission)}) and `email`.",
)

_key = APIKeyHeader(
    auto_error=False,
    name=KEY_HEADER,
    scheme_name="key",
    description="An API key, which may also be sent as a bearer token. A service account names the user it acts for in "
    "the header `X-Act-For`, by id or name.",
)


async def caller_of(request: Request, parts: ApiParts) -> Requester:
    """Who sends a request, with all that they may do.

    Raises:
        InvalidToken: the bearer token, or the API key, is missing or not valid.
        NotAllowed: it may not act for whom it names.
        UserDeactivated: its user is kept out.
    """
    caller = await who_asks(request, parts.verifier, parts.keys, parts.standings)
    note_caller(request, caller)
    return caller


def note_caller(request: Request, caller: Requester) -> None:
    """Have Postgres show the rest of the request what it shows its caller, and the audit log tell of them."""
    request.scope.setdefault("state", {})["caller"] = caller
    act_with(service=caller.service, key_id=caller.key_id)
    act_as(Acting.of(caller))


async def requester(
    request: Request,
    parts: Parts,
    _documented: Annotated[object, Security(_bearer)],
    _documented_too: Annotated[object, Security(_key)],
) -> Requester:
    """Who asks, as `caller_of` finds out."""
    return await caller_of(request, parts)


Caller = Annotated[Requester, Depends(requester)]
