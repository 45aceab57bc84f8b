"""Draws a page from its template."""

from functools import cache
from http import HTTPStatus
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from exports_api.web import words
from exports_api.web.assets import asset
from exports_api.web.figures.drawing import DRAWER
from exports_api.web.navigation import navigation
from exports_api.web.security import headers_for
from exports_api.web.session import Session
from exports_api.web.viewing import Viewing, viewing_of
from exports_pipeline.core.requester import Requester


@cache
def _templates() -> Environment:
    templates = Environment(
        loader=PackageLoader("exports_api.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.policies["json.dumps_kwargs"] = {"separators": (",", ":")}  # charts have thousands of commas
    templates.globals.update(asset=asset, drawer=DRAWER, navigation=navigation, words=words)
    return templates


def drawn(
    request: Request,
    template: str,
    /,
    *,
    session: Session | None,
    status: int = HTTPStatus.OK,
    view: Viewing | None = None,
    **facts: Any,
) -> HTMLResponse:
    """The answer with a page; `facts` are what its template speaks of, and `view` is the browser's unless given."""
    shown = (
        _templates()
        .get_template(template)
        .render(
            view=view or viewing_of(request), session=session, caller=_caller(request), path=request.url.path, **facts
        )
    )
    return HTMLResponse(shown, status_code=status, headers=headers_for(request))


def _caller(request: Request) -> Requester | None:
    """Who looks, where that was found out: by it a template knows what to offer."""
    found: Requester | None = request.scope.get("state", {}).get("caller")
    return found
