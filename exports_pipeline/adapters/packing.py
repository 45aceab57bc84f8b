"""Text files packed while they are written, at the level that costs least."""

from collections.abc import Callable
from typing import Protocol

import pyarrow as pa
from isal import isal_zlib

from exports_pipeline.core.formats import Compression

_GZIP = 31
"""zlib's window bits of a gzip file (RFC 1952)."""


class Packer(Protocol):
    """Bytes in, packed bytes out."""

    def write(self, data: bytes | memoryview) -> None:
        """Take bytes and pass on what is ready."""

    def finish(self) -> None:
        """Pass on the rest."""


def make_packer(compression: Compression | None, sink: Callable[[bytes | memoryview], object]) -> Packer:
    """A packer that passes on to the sink; without a compression it passes on what it gets."""
    match compression:
        case Compression.GZIP:
            return _Gzip(sink)
        case Compression.ZSTD:
            return _Zstd(sink)
        case None:
            return _Plain(sink)


class _Plain:
    def __init__(self, sink: Callable[[bytes | memoryview], object]) -> None:
        self._sink = sink

    def write(self, data: bytes | memoryview) -> None:
        self._sink(data)

    def finish(self) -> None:
        """Nothing is held back."""


class _Gzip:
    def __init__(self, sink: Callable[[bytes | memoryview], object]) -> None:
        self._sink = sink
        self._packing = isal_zlib.compressobj(1, wbits=_GZIP)

    def write(self, data: bytes | memoryview) -> None:
        if packed := self._packing.compress(data):
            self._sink(packed)

    def finish(self) -> None:
        self._sink(self._packing.flush())


class _Zstd:
    """One zstd frame; what is not finished is never completed, not even by the garbage collector."""

    def __init__(self, sink: Callable[[bytes | memoryview], object]) -> None:
        self._target = _Target(sink)
        self._packing = pa.CompressedOutputStream(self._target, "zstd")

    def write(self, data: bytes | memoryview) -> None:
        self._packing.write(data)

    def finish(self) -> None:
        self._packing.flush()
        self._packing.close()

    def __del__(self) -> None:
        self._target.is_open = False


class _Target:
    """The sink as a file, for pyarrow."""

    closed = False

    def __init__(self, sink: Callable[[bytes | memoryview], object]) -> None:
        self._sink = sink
        self.is_open = True

    def write(self, data: bytes | memoryview) -> int:
        if self.is_open:
            self._sink(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """The stream ends elsewhere."""
