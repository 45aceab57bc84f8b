"""A ZIP archive (PKWARE's APPNOTE 6.3) whose parts are packed while they are made, and which is the same each time."""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from isal import isal_zlib

_LARGE = 0xFFFFFFFF
"""From here on sizes and places stand in the fields of ZIP64."""
_DAY = 0x0021
"""1980-01-01, the first day of a ZIP: the time of writing would make every file another one."""
_LOCAL, _CENTRAL, _END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_END64, _LOCATOR64 = b"PK\x06\x06", b"PK\x06\x07"
_RESERVED = struct.pack("<HHHH12x", 0xA220, 16, 0xA028, 16)
"""Space for the sizes of ZIP64, as Office itself reserves it (Open Packaging Growth Hint).

A part's size is known at its end only, and readers distrust ZIP64 where it is not needed.
"""


@dataclass(kw_only=True)
class _Part:
    name: bytes
    offset: int
    crc: int = 0
    size: int = 0
    packed: int = 0

    @property
    def is_large(self) -> bool:
        return max(self.size, self.packed) >= _LARGE

    def fields(self) -> bytes:
        """Version, flags, method, time, day, CRC and sizes, as local and central header have them."""
        sizes = (_LARGE, _LARGE) if self.is_large else (self.packed, self.size)
        return struct.pack("<HHHHHIII", 45 if self.is_large else 20, 0, 8, 0, _DAY, self.crc, *sizes)

    def local(self) -> bytes:
        extra = struct.pack("<HHQQ", 1, 16, self.size, self.packed) if self.is_large else _RESERVED
        return _LOCAL + self.fields() + struct.pack("<HH", len(self.name), len(extra)) + self.name + extra

    def central(self) -> bytes:
        values = (self.size, self.packed) if self.is_large else ()
        far = self.offset >= _LARGE
        values = (*values, self.offset) if far else values
        extra = struct.pack(f"<HH{len(values)}Q", 1, 8 * len(values), *values) if values else b""
        place = struct.pack("<HHHHHII", len(self.name), len(extra), 0, 0, 0, 0, _LARGE if far else self.offset)
        return _CENTRAL + struct.pack("<H", 45 if values else 20) + self.fields() + place + self.name + extra


class PartWriter:
    """The bytes of one part on their way into the archive."""

    def __init__(self, file: BinaryIO, part: _Part, keep: Callable[[_Part], None]) -> None:
        self._file, self._part, self._keep = file, part, keep
        file.write(part.local())
        self._packing = isal_zlib.compressobj(1, wbits=-15)

    def write(self, data: bytes | memoryview) -> None:
        """Pack bytes."""
        self._part.crc = isal_zlib.crc32(data, self._part.crc)
        self._part.size += len(data)
        self._part.packed += self._file.write(self._packing.compress(data))

    def finish(self) -> None:
        """Write what the packing still holds, and the sizes into the header."""
        self._part.packed += self._file.write(self._packing.flush())
        end = self._file.tell()
        self._file.seek(self._part.offset)
        self._file.write(self._part.local())
        self._file.seek(end)
        self._keep(self._part)


class ZipWriter:
    """An archive in the making, in a file that can be written anywhere."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._parts: list[_Part] = []

    def begin(self, name: str) -> PartWriter:
        """A part to be written in pieces, and finished before the next begins; ASCII names only."""
        part = _Part(name=name.encode("ascii"), offset=self._file.tell())
        return PartWriter(self._file, part, self._parts.append)

    def add(self, name: str, data: bytes) -> None:
        """A part as a whole."""
        part = self.begin(name)
        part.write(data)
        part.finish()

    def finish(self) -> None:
        """Write the directory; what has none is no archive."""
        start = self._file.tell()
        for part in self._parts:
            self._file.write(part.central())
        end = self._file.tell()
        count, size = len(self._parts), end - start
        if start >= _LARGE or count >= 0xFFFF:
            self._file.write(_END64 + struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, count, count, size, start))
            self._file.write(_LOCATOR64 + struct.pack("<IQI", 0, end, 1))
        few = min(count, 0xFFFF)
        self._file.write(_END + struct.pack("<HHHHIIH", 0, 0, few, few, min(size, _LARGE), min(start, _LARGE), 0))
