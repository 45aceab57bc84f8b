"""Looks at export jobs, which clients ask for more often than for everything else together."""

import re
from uuid import UUID

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from exports_api.deps import ApiParts
from exports_api.faults import told
from exports_api.who_asks import who_asks
from exports_pipeline.core.errors import ExportError

_UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"


class StatusReads:
    """ASGI middleware that calls one route's endpoint itself, for ids as we write them, and passes on all else.

    The endpoint is declared and documented like any other; it takes caller, parts and id by position. On FastAPI's way
    to it, matching routes, resolving dependencies and opening stacks for what they might open cost more than the look.
    """

    def __init__(self, app: ASGIApp, *, parts: ApiParts, route: APIRoute) -> None:
        self._app, self._parts, self._route = app, parts, route
        self._path = re.compile(route.path.replace("{job_id}", f"({_UUID})"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or let the app do so."""
        found = self._path.fullmatch(scope["path"]) if scope["type"] == "http" and scope["method"] == "GET" else None
        if found is None:
            await self._app(scope, receive, send)
            return
        scope["route"] = self._route  # whose name the metrics bear
        request = Request(scope)
        try:
            caller = await who_asks(request, self._parts.verifier, self._parts.keys)
            answer = await self._route.endpoint(caller, self._parts, UUID(found[1]))
        except ExportError as error:
            answer = told(request, error)
        await answer(scope, receive, send)
