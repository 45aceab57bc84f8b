"""Turns everything that may be raised below the edge into a problem."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, cast

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match

from exports_api.bodies import BodyRefused
from exports_api.errors import MethodNotAllowed, MissingToken, UnknownPath
from exports_api.problems import problem_response
from exports_api.schemas.problem import FieldProblem, pointer_to
from exports_api.web.problem_page import missing_page, problem_page
from exports_pipeline.core.errors import ExportError, RequestError
from exports_pipeline.core.refusals import UnknownExportJob

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_CODES = {"extra_forbidden": "unknown_field", "missing": "missing_field"}
_SENTENCES = {
    "extra_forbidden": "There is no such field; look for a spelling mistake.",
    "missing": "This field is needed.",
}
_API = "/api/"
_MAX_FAULTS = 20
_MAX_FIELD_LENGTH = 100


def add_fault_handlers(app: FastAPI) -> None:
    """Answer every error with a problem."""
    app.add_exception_handler(ExportError, _export_error)
    app.add_exception_handler(BodyRefused, _body_refused)
    app.add_exception_handler(RequestValidationError, _parameters_refused)
    app.add_exception_handler(HTTPException, _no_such_door)


def told(request: Request, error: ExportError) -> Response:
    """The answer to a request that met an error of ours."""
    headers = {"WWW-Authenticate": 'Bearer realm="exports"'} if isinstance(error, MissingToken) else None
    return problem_response(request, error, headers=headers)


async def _export_error(request: Request, error: Exception) -> Response:
    return told(request, cast("ExportError", error))


async def _body_refused(request: Request, error: Exception) -> Response:
    cause = cast("BodyRefused", error).cause
    return _refusal(request, cause.errors(include_url=False, include_input=False), in_body=True)


async def _parameters_refused(request: Request, error: Exception) -> Response:
    faults = cast("RequestValidationError", error).errors()
    if any(fault["loc"][0] == "path" for fault in faults):
        if _spelt_out(request) is not None:  # it is no id of anything, but takes other methods only
            return _method_refused(request)
        unknown = UnknownExportJob if any(fault["loc"][1:] == ("job_id",) for fault in faults) else UnknownPath
        return problem_response(request, unknown())
    return _refusal(request, [{**fault, "loc": fault["loc"][1:]} for fault in faults], in_body=False)


async def _no_such_door(request: Request, error: Exception) -> Response:
    if cast("HTTPException", error).status_code != HTTPStatus.METHOD_NOT_ALLOWED:
        if _is_of_a_person(request):
            return missing_page(request)
        return problem_response(request, UnknownPath())
    # e.g. what a form is sent to, loaded again from the address bar
    return problem_page(request, MethodNotAllowed()) if _is_of_a_person(request) else _method_refused(request)


def _is_of_a_person(request: Request) -> bool:
    """Whether somebody looks for a page: browsers say that they take pages, and programs call the API."""
    takes_pages = "text/html" in request.headers.get("accept", "")
    return request.method == "GET" and takes_pages and not request.url.path.startswith(_API)


def _method_refused(request: Request) -> Response:
    allowed = ", ".join(method for method in _METHODS if _takes(request, method))
    return problem_response(request, MethodNotAllowed(), headers={"Allow": allowed})


def _takes(request: Request, method: str) -> bool:
    """Whether a path takes a method; one that is spelt out is no id, although it would do for one."""
    scope = {**request.scope, "method": method}
    spelt_out = _spelt_out(request)
    if spelt_out is not None:
        return method.lower() in spelt_out
    return any(route.matches(scope)[0] is Match.FULL for route in request.app.routes)


def _spelt_out(request: Request) -> dict[str, Any] | None:
    """What the document says of a path that it spells out, without a parameter."""
    found: dict[str, Any] | None = request.app.openapi()["paths"].get(request.scope["path"])
    return found


def _refusal(request: Request, faults: Iterable[Any], *, in_body: bool) -> Response:
    fields = [
        FieldProblem(
            field=_path(fault["loc"]),
            pointer=pointer_to(_steps(fault["loc"])) if in_body else None,
            detail=_SENTENCES.get(fault["type"]) or fault["msg"].removeprefix("Value error, "),
            code=_CODES.get(fault["type"], fault["type"]),
        )
        for fault in faults
    ]
    first, more = fields[0], len(fields) - 1
    sentence = f"{first.field}: {first.detail}" + (f" ({more} more in errors)" if more else "")
    return problem_response(request, RequestError(sentence), fields=fields[:_MAX_FAULTS])


def _path(steps: Iterable[object]) -> str:
    """Where a fault is; the name of an unknown field is whatever a client wrote, so it is cut."""
    return ".".join(_steps(steps))[:_MAX_FIELD_LENGTH] or "body"


def _steps(steps: Iterable[object]) -> list[str]:
    """A location without the names of branches of a union, which no client can see."""
    return [str(step)[:_MAX_FIELD_LENGTH] for step in steps if not (isinstance(step, str) and "[" in step)]
