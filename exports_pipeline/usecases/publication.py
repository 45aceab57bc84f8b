"""The objects of one attempt: all of them are published, or none stays."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from types import TracebackType
from typing import Self

from exports_pipeline.core.data_ports import ObjectStore, Upload
from exports_pipeline.core.errors import ExportError


class Publication:
    """Uploads that end together: leaving the block with an error takes back what was committed already.

    `published` are keys of objects that are there already, and are taken back with the others.
    """

    def __init__(self, objects: ObjectStore, published: Iterable[str] = ()) -> None:
        self._objects = objects
        self._uploads: dict[str, Upload] = {}
        self._published = list(published)

    def __enter__(self) -> Self:
        return self

    def upload(self, key: str, *, content_type: str, download_name: str) -> Upload:
        """Start an upload; nothing is visible under the key until it is committed."""
        upload = self._objects.upload(key, content_type=content_type, download_name=download_name)
        self._uploads[key] = upload
        return upload

    def commit(self, key: str, *, tick: Callable[[], None] = lambda: None) -> str:
        """Publish the object and return the sha256 of its bytes, as hex; `tick` as for an upload."""
        self._published.append(key)
        return self._uploads[key].commit(tick=tick)

    def __exit__(
        self, kind: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        if kind is None:
            return
        for upload in self._uploads.values():
            upload.abort()
        for key in self._published:
            with suppress(ExportError):  # what stays is swept as an object that no job names
                self._objects.delete(key)
