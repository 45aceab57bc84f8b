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

from exports_api.web.problem_page import missing_page, problem_page
from exports_api.web.security import headers_for
from exports_api.web.visitor import SignInNeeded
from exports_pipeline.core.errors import ExportError, InternalError

SIGN_IN = "/sign-in"
_UNFORESEEN = "It is our fault, and it is in our log."
_log = structlog.get_logger()


class PageRoute(APIRoute):
    """A route whose errors are pages, and whose every answer bears the headers of pages."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, with errors drawn."""
        handler = super().get_route_handler()

        async def handled(request: Request) -> Response:
            answer = await answered(request)
            if "Content-Security-Policy" not in answer.headers:  # whoever says one has said all
                for name, value in headers_for(request).items():
                    answer.headers.setdefault(name, value)
            return answer

        async def answered(request: Request) -> Response:
            try:
                return await handler(request)
            except SignInNeeded:
                return _asked_to_sign_in(request)
            except RequestValidationError:
                return missing_page(request)
            except ExportError as error:
                return problem_page(request, error)
            except ClientDisconnect:
                raise
            except Exception:  # noqa: BLE001 - it is logged, and told on a page
                _log.exception("page_failed", path=request.url.path)
                return problem_page(request, InternalError(_UNFORESEEN))

        return handled


def _asked_to_sign_in(request: Request) -> Response:
    back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    to = f"{SIGN_IN}?next={quote(back, safe='')}" if request.method == "GET" else SIGN_IN
    return RedirectResponse(to, status_code=HTTPStatus.SEE_OTHER, headers={"Cache-Control": "no-store"})
