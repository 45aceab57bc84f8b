"""A file that is written only to be looked at."""

import hashlib
from collections.abc import Callable


class MemoryUpload:
    """`Upload` that keeps the bytes and publishes nothing; for files of a few thousand rows."""

    def __init__(self) -> None:
        self._body = bytearray()

    @property
    def body(self) -> bytes:
        """What was written."""
        return bytes(self._body)

    @property
    def size_bytes(self) -> int:
        """Bytes taken so far."""
        return len(self._body)

    def write(self, data: bytes | memoryview) -> int:
        """Take bytes."""
        self._body += data
        return len(data)

    def commit(self, *, tick: Callable[[], None] = lambda: None) -> str:
        """Publish nothing; the sha256 of the bytes."""
        tick()
        return hashlib.sha256(self._body).hexdigest()

    def abort(self) -> None:
        """There is nothing to take back."""
