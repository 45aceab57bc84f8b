"""The documentation for people."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse

from exports_api.access import PUBLIC
from exports_api.docs_page import docs_page
from exports_api.web.assets import asset
from exports_api.web.security import headers_for

router = APIRouter(include_in_schema=False)


@router.get("/docs", dependencies=[PUBLIC])
async def docs(request: Request) -> HTMLResponse:
    """What the OpenAPI document says, for reading."""
    page = docs_page(request.app.openapi(), stylesheet=asset("docs.css"))
    return HTMLResponse(page, headers=headers_for(request))
