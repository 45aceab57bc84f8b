"""Style sheet, scripts and pictures of the pages: read once, served under a name that changes with them."""

import hashlib
from functools import cache
from pathlib import Path

from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException

from exports_api.access import PUBLIC
from exports_api.web.security import headers_for

_FOLDER = Path(__file__).with_name("assets")
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".webp": "image/webp",
}
_FOREVER = "public, max-age=31536000, immutable"
router = APIRouter(include_in_schema=False)


@cache
def _assets() -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(_FOLDER.iterdir()) if path.suffix in _TYPES}


@cache
def _digest() -> str:
    """One for all, so that scripts find each other by relative names."""
    whole = hashlib.sha256()
    for name, body in _assets().items():
        whole.update(name.encode() + b"\x00" + body)
    return whole.hexdigest()[:12]


def is_asset(name: str) -> bool:
    """Whether there is one of this name."""
    return name in _assets()


def asset(name: str) -> str:
    """The path of an asset, as a page refers to it."""
    if name not in _assets():
        msg = f"There is no asset {name}."
        raise KeyError(msg)
    return f"/assets/{_digest()}/{name}"


@router.get("/assets/{digest}/{name}", dependencies=[PUBLIC])
async def get_asset(request: Request, digest: str, name: str) -> Response:
    """An asset; under an old digest, too, since a page may have been loaded before an upgrade."""
    body = _assets().get(name)
    if body is None:
        raise HTTPException(404)
    keep = _FOREVER if digest == _digest() else "no-cache"
    headers = {"Content-Type": _TYPES[Path(name).suffix], "Cache-Control": keep}
    return Response(body, headers={**headers_for(request), **headers})
