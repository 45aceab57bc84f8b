"""Routes of pages: whatever goes wrong is told on a page, and who is not signed in is asked to."""

from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import structlog
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response

from exports_api.problems import answer_to, title_of
from exports_api.web.page import drawn
from exports_api.web.session import Sessions
from exports_api.web.visitor import SignInNeeded
from exports_pipeline.core.errors import ExportError

SIGN_IN = "/sign-in"
_UNFORESEEN = "It is our fault, and it is in our log; try again in a while, or ask for help with the number below."
_log = structlog.get_logger()


class PageRoute(APIRoute):
    """A route whose errors are pages."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, with errors drawn."""
        handler = super().get_route_handler()

        async def handled(request: Request) -> Response:
            try:
                return await handler(request)
            except SignInNeeded:
                return _asked_to_sign_in(request)
            except RequestValidationError:
                return told_on_page(request, "There is no such page", "Perhaps its address was cut off.", status=404)
            except ExportError as error:
                status = answer_to(error, request.scope).status
                return told_on_page(request, title_of(error.code), error.sentence, status=status)
            except ClientDisconnect:
                raise
            except Exception:  # noqa: BLE001 - it is logged, and told on a page
                _log.exception("page_failed", path=request.url.path)
                return told_on_page(request, "Something went wrong", _UNFORESEEN, status=500)

        return handled


def told_on_page(request: Request, title: str, sentence: str, *, status: int) -> Response:
    """A page that says what went wrong and what helps."""
    sessions: Sessions = request.app.state.sessions
    facts = {"title": title, "sentence": sentence, "request_id": request.scope["state"].get("request_id", "")}
    return drawn(request, "problem.html", session=sessions.read(request), status=status, **facts)


def _asked_to_sign_in(request: Request) -> Response:
    back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    to = f"{SIGN_IN}?next={quote(back, safe='')}" if request.method == "GET" else SIGN_IN
    return RedirectResponse(to, status_code=HTTPStatus.SEE_OTHER, headers={"Cache-Control": "no-store"})
