"""The script that draws charts: made once of what vl-convert carries, kept under the home, and sent packed."""

import gzip
import hashlib
import subprocess
import sys
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from threading import Lock
from typing import cast

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool

from exports_api.access import PUBLIC
from exports_api.web.security import headers_for
from exports_pipeline.local.folders import write_private
from exports_pipeline.reports.vega import VEGA_LITE

_DIGEST = hashlib.sha256(f"{version('vl-convert-python')} {VEGA_LITE}".encode()).hexdigest()[:12]
"""Of what decides the script: to make it takes seconds, which no page waits for."""
DRAWER = f"/charts/{_DIGEST}/vega.js"
"""Where pages find it."""
_MAKE = "import sys, vl_convert; sys.stdout.buffer.write(vl_convert.javascript_bundle(vl_version=sys.argv[1]).encode())"
_MAKE_S = 120
router = APIRouter(include_in_schema=False)


class Drawer:
    """The script of one API."""

    def __init__(self, home: Path) -> None:
        self._path = home / "charts" / f"{_DIGEST}.js.gz"
        self._lock = Lock()
        self._packed: bytes | None = None

    def packed(self) -> bytes:
        """The script as gzip packs it; whoever asks first waits for some seconds."""
        with self._lock:
            if self._packed is None:
                self._packed = self._kept() or self._made()
            return self._packed

    def _kept(self) -> bytes | None:
        try:
            return self._path.read_bytes()
        except OSError:
            return None

    def _made(self) -> bytes:
        """In a process of its own, since it takes 120 MB and lets no other thread run."""
        command = [sys.executable, "-c", _MAKE, VEGA_LITE]
        made = subprocess.run(  # noqa: S603 - this interpreter, and a constant
            command, check=True, capture_output=True, timeout=_MAKE_S, close_fds=False
        )
        packed = gzip.compress(made.stdout, mtime=0)
        with suppress(OSError):  # a home that is read only: the next API makes it again
            write_private(self._path, packed)
        return packed


@router.get("/charts/{digest}/vega.js", dependencies=[PUBLIC])
async def get_drawer(request: Request, digest: str) -> Response:
    """The script; under an old digest, too, for pages that were loaded before an upgrade."""
    drawer = cast("Drawer", request.app.state.drawer)
    body = await run_in_threadpool(drawer.packed)
    headers = headers_for(request) | {
        "Content-Type": "text/javascript; charset=utf-8",
        "Cache-Control": "public, max-age=31536000, immutable" if digest == _DIGEST else "no-cache",
        "Vary": "Accept-Encoding",
    }
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(body, headers={**headers, "Content-Encoding": "gzip"})
    return Response(gzip.decompress(body), headers=headers)
