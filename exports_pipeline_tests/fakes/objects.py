"""The object store in memory."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from exports_pipeline.core.errors import ObjectStoreUnavailable
from exports_pipeline_tests.fakes.clock import NOON


@dataclass
class StoredObject:
    body: bytes
    content_type: str
    download_name: str
    stored_at: datetime


class InMemoryObjectStore:
    """`ObjectStore` over a dictionary; `error` is raised by every call while set."""

    def __init__(self) -> None:
        self.objects: dict[str, StoredObject] = {}
        self.uploads: dict[str, datetime] = {}
        self.now = NOON
        self.error: Exception | None = None

    def upload(self, key, *, content_type, download_name):
        self._check()
        self.uploads[key] = self.now
        return InMemoryUpload(self, key, content_type, download_name)

    def presign(self, key, *, valid):
        return f"https://objects.test/{key}?valid={int(valid.total_seconds())}"

    def delete(self, key):
        self._check()
        self.objects.pop(key, None)

    def chunks(self, key):
        self._check()
        if key not in self.objects:
            raise ObjectStoreUnavailable
        yield self.objects[key].body

    def keys(self, prefix):
        self._check()
        for key, stored in sorted(self.objects.items()):
            if key.startswith(prefix):
                yield key, stored.stored_at

    def abort_uploads(self, prefix, *, started_before):
        self._check()
        stale = [key for key, at in self.uploads.items() if key.startswith(prefix) and at < started_before]
        for key in stale:
            del self.uploads[key]
        return len(stale)

    def ping(self):
        self._check()

    def _check(self):
        if self.error is not None:
            raise self.error


class InMemoryUpload:
    """`Upload` into an `InMemoryObjectStore`."""

    def __init__(self, store, key, content_type, download_name) -> None:
        self._store, self._key, self._about = store, key, (content_type, download_name)
        self._body = bytearray()

    @property
    def size_bytes(self):
        return len(self._body)

    def write(self, data):
        self._store._check()
        self._body += data
        return len(data)

    def commit(self, *, tick=lambda: None):
        self._store._check()
        tick()
        self._store.uploads.pop(self._key, None)  # another of the same key may have ended before
        content_type, download_name = self._about
        body = bytes(self._body)
        self._store.objects[self._key] = StoredObject(body, content_type, download_name, self._store.now)
        return hashlib.sha256(body).hexdigest()

    def abort(self):
        self._store.uploads.pop(self._key, None)
