"""The bytes of one part of an upload, in memory that is used again."""


class UploadPart:
    """A buffer that grows, or one of an earlier part that is filled anew."""

    def __init__(self, number: int, room: bytearray | None = None) -> None:
        self.number = number
        """Counted from 1, as S3 does."""
        self.used = 0
        """Bytes taken so far."""
        self._room = bytearray() if room is None else room

    def take(self, data: memoryview, size_bytes: int) -> int:
        """Take of the data what still fits into a part of that size, and return how much it was."""
        end = min(self.used + len(data), size_bytes)
        taken = end - self.used
        if len(self._room) >= end:
            self._room[self.used : end] = data[:taken]
        else:
            del self._room[self.used :]
            self._room += data[:taken]
        self.used = end
        return taken

    def body(self) -> bytearray:
        """The bytes taken, without a copy."""
        del self._room[self.used :]
        return self._room
