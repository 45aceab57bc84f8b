"""Draws a page from its template."""

from functools import cache
from http import HTTPStatus
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from exports_api.web.assets import asset
from exports_api.web.session import Session
from exports_api.web.viewing import viewing_of

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


@cache
def _templates() -> Environment:
    templates = Environment(
        loader=PackageLoader("exports_api.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.globals["asset"] = asset
    return templates


def drawn(
    request: Request, template: str, /, *, session: Session | None, status: int = HTTPStatus.OK, **facts: Any
) -> HTMLResponse:
    """The answer with a page; `facts` are what its template speaks of."""
    shown = (
        _templates()
        .get_template(template)
        .render(view=viewing_of(request), session=session, path=request.url.path, **facts)
    )
    return HTMLResponse(shown, status_code=status, headers=headers_for(request))


def headers_for(request: Request) -> dict[str, str]:
    """The headers of every page; that of HTTPS alone where the page came by it."""
    strict = {"Strict-Transport-Security": "max-age=31536000"} if request.url.scheme == "https" else {}
    return {**_HEADERS, **strict}
