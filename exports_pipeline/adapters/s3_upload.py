"""An upload into S3: parts in parallel, an explicit end, and one sha256 of it all."""

import base64
import hashlib
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog
from isal import isal_zlib

from exports_pipeline.adapters.s3_client import PART_THREADS
from exports_pipeline.adapters.s3_errors import storing
from exports_pipeline.adapters.upload_part import UploadPart
from exports_pipeline.core.errors import ExportError, ObjectStoreUnavailable

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

PART_BYTES = 16 * 1024 * 1024
_PARTS_OF_ONE_SIZE = 1000
"""Then the size doubles, so that the 10,000 parts of an upload reach the 5 TB of an object."""
_ABORT_WAIT_S = 5
_TICK_S = 0.1
_log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class _Sent:
    part: UploadPart
    stored: "Future[CompletedPartTypeDef]"
    hashed: Future[None]


class S3Upload:
    """`Upload` by multipart; what fits into one part is put as one object instead.

    Nothing is asked of S3 before the first part is full. `write` is called by one thread at a time; `abort` may
    come from another and lets a blocked `write` go.
    """

    def __init__(
        self, client: "S3Client", *, bucket: str, key: str, about: Mapping[str, str], part_bytes: int = PART_BYTES
    ) -> None:
        self._client = client
        self._where: dict[str, Any] = {"Bucket": bucket, "Key": key}
        self._about: dict[str, Any] = dict(about)
        self._part_bytes = part_bytes
        self._part = UploadPart(1)
        self._spare: list[bytearray] = []
        self._sent: deque[_Sent] = deque()
        self._stored: list[CompletedPartTypeDef] = []
        self._sha256 = hashlib.sha256()
        self._upload_id: str | None = None
        self._senders: ThreadPoolExecutor | None = None
        self._hasher: ThreadPoolExecutor | None = None
        self._is_aborted = False
        self._digest: str | None = None
        self._size_bytes = 0

    @property
    def size_bytes(self) -> int:
        """Bytes taken so far, as stored."""
        return self._size_bytes

    def write(self, data: bytes | memoryview) -> int:
        """Take bytes; blocks while the store is behind.

        Raises:
            ObjectStoreUnavailable, ObjectStoreMisconfigured: a part was refused.
        """
        rest = memoryview(data)
        while rest:
            self._check_open()
            rest = rest[self._part.take(rest, self._part_bytes) :]
            if self._part.used == self._part_bytes:
                self._send()
        self._size_bytes += len(data)
        return len(data)

    def commit(self, *, tick: Callable[[], None] = lambda: None) -> str:
        """Publish the object and return the sha256 of its bytes, as hex; `tick` is called while S3 takes its time."""
        if self._digest is None:
            self._check_open()
            with ThreadPoolExecutor(1, thread_name_prefix="s3-commit") as thread:
                publishing = thread.submit(self._put if self._upload_id is None else self._complete)
                while not wait((publishing,), timeout=_TICK_S).done:
                    tick()
                publishing.result()
            self._digest = self._sha256.hexdigest()
            self._close()
        return self._digest

    def abort(self) -> None:
        """Throw everything away; a store that cannot be told keeps the parts until they are swept."""
        if self._is_aborted or self._digest is not None:
            return
        self._is_aborted = True
        self._close()
        # A part that arrives after the abort would stay.
        wait([sent.stored for sent in tuple(self._sent) if not sent.stored.cancelled()], timeout=_ABORT_WAIT_S)
        if self._upload_id is not None:
            try:
                with storing():
                    self._client.abort_multipart_upload(**self._where, UploadId=self._upload_id)
            except ExportError as error:
                _log.warning("upload_abort_failed", key=self._where["Key"], code=error.code)

    def _put(self) -> None:
        body = self._part.body()
        self._sha256.update(body)
        with storing():
            self._client.put_object(
                **self._where,
                **self._about,
                Body=body,  # type: ignore[arg-type]  # botocore takes any buffer
                Metadata={"sha256": self._sha256.hexdigest()},
                ChecksumSHA256=base64.b64encode(self._sha256.digest()).decode(),
            )

    def _complete(self) -> None:
        if self._part.used:
            self._send()
        while self._sent:
            self._await_oldest()
        with storing():
            try:
                self._client.complete_multipart_upload(
                    **self._where, UploadId=self._upload_id or "", MultipartUpload={"Parts": self._stored}
                )
            except self._client.exceptions.NoSuchUpload:
                # boto3 asks again when an answer is lost; the first time, the upload may have become the object.
                if self._client.head_object(**self._where)["ContentLength"] != self._size_bytes:
                    raise

    def _send(self) -> None:
        """Pass the full part on, and wait while too many are on their way."""
        if self._senders is None or self._hasher is None:
            self._senders = ThreadPoolExecutor(PART_THREADS, thread_name_prefix="s3-part")
            self._hasher = ThreadPoolExecutor(1, thread_name_prefix="s3-sha256")
            with storing():
                started = self._client.create_multipart_upload(**self._where, **self._about, ChecksumAlgorithm="CRC32")
            self._upload_id = started["UploadId"]
        part = self._part
        body = part.body()
        self._sent.append(
            _Sent(
                part=part,
                stored=self._senders.submit(self._store, part.number, body),
                hashed=self._hasher.submit(self._sha256.update, body),
            )
        )
        while len(self._sent) > PART_THREADS or (self._sent and _is_done(self._sent[0])):
            self._await_oldest()
        if part.number % _PARTS_OF_ONE_SIZE == 0:
            self._part_bytes *= 2
            self._spare.clear()
        self._part = UploadPart(part.number + 1, self._spare.pop() if self._spare else None)

    def _store(self, number: int, body: bytearray) -> "CompletedPartTypeDef":
        checksum = base64.b64encode(isal_zlib.crc32(body).to_bytes(4, "big")).decode()
        with storing():
            stored = self._client.upload_part(
                **self._where,
                UploadId=self._upload_id or "",
                PartNumber=number,
                Body=body,  # type: ignore[arg-type]  # botocore takes any buffer
                ChecksumCRC32=checksum,
            )
        return {"PartNumber": number, "ETag": stored["ETag"], "ChecksumCRC32": checksum}

    def _await_oldest(self) -> None:
        oldest = self._sent[0]
        while not _is_done(oldest):
            self._check_open()
            wait((oldest.stored,), timeout=0.1)
            wait((oldest.hashed,), timeout=0.1)
        self._stored.append(oldest.stored.result())
        oldest.hashed.result()
        self._sent.popleft()
        self._spare.append(oldest.part.body())

    def _check_open(self) -> None:
        if self._is_aborted:
            raise ObjectStoreUnavailable("The upload was aborted.")

    def _close(self) -> None:
        for threads in (self._senders, self._hasher):
            if threads is not None:
                threads.shutdown(wait=False, cancel_futures=True)


def _is_done(sent: _Sent) -> bool:
    return sent.stored.done() and sent.hashed.done()
