"""The file that is written to: a stream into an upload, which closing never completes.

An interrupted COPY closes its file as a finished one does. So the end of the stream says nothing here;
`finish` is called by whoever knows that the query has ended well.
"""

from typing import Any

from fsspec import AbstractFileSystem

from exports_pipeline.adapters.packing import make_packer
from exports_pipeline.core.data_ports import Upload
from exports_pipeline.core.formats import Compression

PROTOCOL = "exports"
UPLOAD_URL = f"{PROTOCOL}://upload"
"""What COPY writes to; the only URL that the file system knows."""


class UploadStream:
    """Bytes on their way from DuckDB into an upload, packed if so wished."""

    def __init__(self, upload: Upload, *, packing: Compression | None = None) -> None:
        self.error: Exception | None = None
        """What the upload raised; DuckDB shows it only as text."""
        self.closed = False
        self._is_stopped = False
        self._packer = make_packer(packing, upload.write)

    def write(self, data: bytes | memoryview) -> int:
        """Pass bytes on; blocks while the upload does."""
        if self._is_stopped:
            raise InterruptedError("the export was stopped")
        try:
            self._packer.write(data)
        except Exception as error:
            self.error = self.error or error
            raise
        return len(data)

    def stop(self) -> None:
        """Take no more bytes."""
        self._is_stopped = True

    def finish(self) -> None:
        """Pass on what the packing still holds; the file is complete."""
        self._packer.finish()

    def flush(self) -> None:
        """Nothing is held back for flushing."""

    def close(self) -> None:
        """Do nothing, on purpose."""


class UploadFileSystem(AbstractFileSystem):  # type: ignore[misc]  # fsspec has no types
    """A file system of one file, which can be written once and never read."""

    protocol = PROTOCOL
    cachable = False

    def __init__(self) -> None:
        super().__init__()
        self.stream: UploadStream | None = None
        """Where the next COPY goes."""

    def open(self, path: str, mode: str = "rb", **_options: Any) -> UploadStream:
        """The stream of the current upload."""
        stream, self.stream = self.stream, None
        if mode != "wb" or stream is None:
            raise FileNotFoundError(path)
        return stream

    def exists(self, _path: str, **_options: Any) -> bool:
        """Nothing can be read here."""
        return False

    def isfile(self, _path: str) -> bool:
        """Nothing can be read here."""
        return False

    def isdir(self, _path: str) -> bool:
        """There are no folders."""
        return False
