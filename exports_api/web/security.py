"""The headers that keep everything foreign from pages, and pages from everything foreign."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response

_UNFRAMED = "frame-ancestors 'none'"
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; " + _UNFRAMED,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def headers_for(request: Request) -> dict[str, str]:
    """The headers of every page; that of HTTPS alone where the page came by it."""
    strict = {"Strict-Transport-Security": "max-age=31536000"} if request.url.scheme == "https" else {}
    return {**_HEADERS, **strict}


def let_embed(answer: Response, origins: Sequence[str]) -> None:
    """Let these sites show a page within one of theirs; it tells nobody its address."""
    if not origins:
        return
    policy = "Content-Security-Policy"
    answer.headers[policy] = answer.headers[policy].replace(_UNFRAMED, f"frame-ancestors {' '.join(origins)}")
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    answer.headers["Referrer-Policy"] = "no-referrer"
    del answer.headers["X-Frame-Options"]  # which knows no list of sites
