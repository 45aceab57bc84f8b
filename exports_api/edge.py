"""The outermost layer of the API: request ids, the log of requests, metrics, and errors nobody foresaw."""

import re
import time
from contextlib import AbstractContextManager
from secrets import token_hex

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from exports_api.metrics import ApiMetrics
from exports_api.problems import problem_response
from exports_pipeline.adapters.acting import NOBODY, act_as
from exports_pipeline.core.errors import InternalError
from exports_pipeline.core.origin import Origin, coming_from
from exports_pipeline.core.spans import NoSpans, Spans, Tell
from exports_pipeline.usecases.compose import LINK_PATH

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_UNMATCHED = "unmatched"
_QUIET = frozenset({"/healthz", "/readyz", "/metrics"})
_POLLED = ("GET", "/api/analytics/exports/{job_id}", 200)
"""What clients ask again and again until it changes; it is counted, and logged at DEBUG alone, as those above."""
_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
_CLOSED_BY_CLIENT = 499
_ADDRESS, _AGENT = 100, 300
_log = structlog.get_logger()


class Edge:
    """ASGI middleware; plain, since it stands around every request."""

    def __init__(self, app: ASGIApp, *, metrics: ApiMetrics, spans: Spans) -> None:
        self._app, self._metrics, self._spans = app, metrics, spans
        self._log = structlog.get_logger().bind()  # bound here once, in place of at every line

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, whatever happens."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        request_id = scope.setdefault("state", {})["request_id"] = _request_id(scope)
        agent = _header(scope, b"user-agent")[:_AGENT] or None
        place = Origin(request_id=request_id, address=_address(scope), agent=agent)
        act_as(NOBODY)  # a server may begin a request in the context of the one before
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        status = 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
            await send(message)

        try:
            with coming_from(place), self._span(scope, request_id) as tell:
                await self._app(scope, receive, send_with_id)
                tell("status", status)
        except ClientDisconnect:
            status = status or _CLOSED_BY_CLIENT
        except Exception:
            _log.exception("request_failed", method=scope["method"], path=_shown(scope))
            if status:
                raise  # half an answer is out: the server closes the connection
            error = InternalError("Something unforeseen went wrong on our side; tell the operators the request_id.")
            await problem_response(Request(scope), error)(scope, receive, send_with_id)
        finally:
            self._note(scope, status or _CLOSED_BY_CLIENT, time.perf_counter() - started)

    def _span(self, scope: Scope, request_id: str) -> AbstractContextManager[Tell]:
        """A span below that of the caller; those who only look whether we are alive are not traced."""
        if scope["path"] in _QUIET:
            return NoSpans().span("request")
        facts = {"request_id": request_id, "method": scope["method"], "path": _shown(scope)}
        return self._spans.span("request", parent=_header(scope, b"traceparent") or None, **facts)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", _UNMATCHED)
        method = scope["method"] if scope["method"] in _METHODS else "OTHER"
        self._metrics.answered(route=route, method=method, status=status, seconds=seconds)
        is_quiet = route in _QUIET or (method, route, status) == _POLLED
        say = self._log.debug if is_quiet else self._log.info
        say("request_answered", method=method, path=_shown(scope), status=status, seconds=round(seconds, 4))


def _shown(scope: Scope) -> str:
    """The path without the token of a link: whoever reads logs or traces could open it."""
    path: str = scope["path"]
    before, link, _ = path.partition(LINK_PATH)
    return f"{before}{link}..." if link else path


def _address(scope: Scope) -> str | None:
    """The client as the server has it: uvicorn takes it from `X-Forwarded-For` where it trusts who sends that."""
    client = scope.get("client")
    return str(client[0])[:_ADDRESS] if client else None


def _request_id(scope: Scope) -> str:
    given = _header(scope, b"x-request-id")
    return given if _REQUEST_ID.fullmatch(given) else token_hex(16)


def _header(scope: Scope, wanted: bytes) -> str:
    return next((value for name, value in scope["headers"] if name == wanted), b"").decode("latin-1")
