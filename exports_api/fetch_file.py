"""Downloads a file and vouches for it: under its name stands the whole of it, or nothing."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import httpx

_CHUNK_BYTES = 1 << 18
_TIMEOUT = httpx.Timeout(60.0, connect=10.0)


class FetchFailed(Exception):
    """The file could not be downloaded, or is not what was promised."""


def fetch_file(
    url: str,
    path: Path,
    *,
    size_bytes: int,
    sha256: str,
    on_bytes: Callable[[int], object],
    transport: httpx.BaseTransport | None = None,
) -> None:
    """Download a file beside its place, check size and hash, and only then put it there.

    `on_bytes` hears of every piece.

    Raises:
        FetchFailed: nothing was put there.
    """
    part = path.with_name(f".{path.name[:100]}.{uuid4().hex}.part")
    try:
        try:
            found_bytes, found_sha256 = _download(url, part, on_bytes=on_bytes, transport=transport)
        except httpx.HTTPStatusError as error:
            sentence = f"The object store answered {error.response.status_code} to the download."
            raise FetchFailed(sentence) from None  # the cause names the signed URL
        except httpx.TransportError as error:
            raise FetchFailed(f"The download broke off: {error}.") from None
        except OSError as error:
            raise FetchFailed(f"The file cannot be written: {error.strerror}: {path}.") from error
        if (found_bytes, found_sha256) != (size_bytes, sha256):
            raise FetchFailed(
                f"The download has {found_bytes} bytes and SHA-256 {found_sha256}, not what was promised."
            )
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _download(
    url: str, part: Path, *, on_bytes: Callable[[int], object], transport: httpx.BaseTransport | None
) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    headers = {"Accept-Encoding": "identity"}
    with (
        httpx.Client(timeout=_TIMEOUT, transport=transport) as http,
        http.stream("GET", url, headers=headers) as answer,
        part.open("xb") as file,
    ):
        answer.raise_for_status()
        for piece in answer.iter_raw(_CHUNK_BYTES):
            file.write(piece)
            digest.update(piece)
            size += len(piece)
            on_bytes(len(piece))
    return size, digest.hexdigest()
