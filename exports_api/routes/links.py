"""The links in messages."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse

from exports_api.access import PUBLIC
from exports_api.deps import Parts
from exports_api.routes.documented import header, problems_without_token
from exports_api.web.problem_page import problem_page
from exports_pipeline.adapters.acting import Acting, act_as
from exports_pipeline.core.errors import RequestError
from exports_pipeline.usecases.compose import CHANGES_PATH, LINK_PATH
from exports_pipeline.usecases.open_link import open_link, owner_behind_link

router = APIRouter(prefix=LINK_PATH.rstrip("/"), tags=["deliveries"])
Token = Annotated[str, Path(description="As the message has it.", max_length=200)]
_HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}
_FOUND = {"description": "The file is there.", "headers": {"Location": header("A link valid for five minutes.")}}
_ANSWERS = {307: _FOUND, **problems_without_token(403, 404, 410)}


@router.get(
    "/{token}",
    dependencies=[PUBLIC],
    status_code=307,
    response_class=RedirectResponse,
    summary="Open the link of a message",
    responses=_ANSWERS,
)
async def get_link(request: Request, parts: Parts, token: Token) -> Response:
    """Redirect to the file, if its owner may still share it; every opening is counted and noted.

    Needs no bearer token: the link itself is the key. A browser gets a page where there is nothing to open.
    """
    return await _opened(request, parts, token, to_changes=False)


@router.get(
    "/{token}" + CHANGES_PATH,
    dependencies=[PUBLIC],
    status_code=307,
    response_class=RedirectResponse,
    summary="Open what has changed",
    responses=_ANSWERS,
)
async def get_changes(request: Request, parts: Parts, token: Token) -> Response:
    """Redirect to the rows in which the file differs from the last one; rights and count are those of the link."""
    return await _opened(request, parts, token, to_changes=True)


@router.head("/{token}", dependencies=[PUBLIC], include_in_schema=False)
@router.head("/{token}" + CHANGES_PATH, dependencies=[PUBLIC], include_in_schema=False)
async def head_link(token: str) -> Response:  # noqa: ARG001 - a path must take what it names
    """Nothing, and counted nowhere: programs that look at links in messages ask like this."""
    return Response(status_code=HTTPStatus.NO_CONTENT, headers=_HEADERS)


async def _opened(request: Request, parts: Parts, token: str, *, to_changes: bool) -> Response:
    try:
        owner = await run_in_threadpool(owner_behind_link, token, ports=parts.own)
        if owner is not None:
            act_as(Acting.of(owner))
        url = await run_in_threadpool(open_link, token, ports=parts.ports, to_changes=to_changes)
    except RequestError as error:
        if "text/html" not in request.headers.get("accept", ""):
            raise
        answer = problem_page(request, error, title="This link does not open", is_for_strangers=True)
        answer.headers.update(_HEADERS)
        return answer
    return Response(status_code=HTTPStatus.TEMPORARY_REDIRECT, headers={"Location": url, **_HEADERS})
