"""Notes what is refused: of everything that would change something, or have a file downloaded."""

from collections.abc import Callable
from uuid import UUID

import structlog
from fastapi.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from exports_pipeline.core.errors import ExportError
from exports_pipeline.core.origin import NOBODY, origin
from exports_pipeline.core.refusal_counts import Refusal
from exports_pipeline.core.requester import Requester

_REFUSED = frozenset({401, 403, 404, 410, 429})
_SIGN_IN = ("/sign-in", 422)
"""The page on which a token is typed, and how it refuses one."""
_NOTED = frozenset({"quota_exceeded"})
"""Refusals that have an entry already, which tells more."""
_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_DOWNLOADS = ("/download", "/d/", "/manifest", "/audit")
_log = structlog.get_logger()


class Refusals:
    """ASGI middleware that has refusals noted before they are told; `note` may block."""

    def __init__(self, app: ASGIApp, *, note: Callable[[Refusal], None]) -> None:
        self._app, self._note = app, note

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and note its end if that is a refusal."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_noted(message: Message) -> None:
            is_answer = message["type"] == "http.response.start"
            if is_answer and _is_refused(scope, message["status"]) and _is_watched(scope):
                await self._tell(_refusal(scope, message["status"]))
            await send(message)

        await self._app(scope, receive, send_noted)

    async def _tell(self, refusal: Refusal) -> None:
        try:
            await run_in_threadpool(self._note, refusal)
        except ExportError as error:  # the answer is no worse for it
            _log.error("refusal_not_noted", code=error.code, status=refusal.status, route=refusal.route)


def _is_refused(scope: Scope, status: int) -> bool:
    return status in _REFUSED or (getattr(scope.get("route"), "path", None), status) == _SIGN_IN


def _is_watched(scope: Scope) -> bool:
    """Whether a route of ours was asked that changes something or leads to a file."""
    route = getattr(scope.get("route"), "path", None)
    if scope.get("state", {}).get("problem") in _NOTED:
        return False
    return route is not None and (scope["method"] not in _READING or any(part in route for part in _DOWNLOADS))


def _refusal(scope: Scope, status: int) -> Refusal:
    state = scope.get("state", {})
    caller: Requester | None = state.get("caller")
    service: UUID | None = caller.service if caller else None
    return Refusal(
        actor=caller.user_id if caller else NOBODY,
        method=scope["method"],
        route=scope["route"].path,
        status=status,
        code=state.get("problem", ""),
        address=None if caller else origin().address,
        service=service,
    )
