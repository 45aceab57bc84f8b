"""Files as parts of messages: whether one goes along, and its bytes, counted and hashed."""

import hashlib
from collections.abc import Iterator

from exports_pipeline.core.errors import DeliveryUnavailable
from exports_pipeline.core.message import FileToSend, Message, Target


def attachment(target: Target, message: Message, *, limit_bytes: int) -> FileToSend | None:
    """The file of a message, where the target wants files and it is small enough; else the message's link must do."""
    file = message.file
    return file if file and target.options.get("attach") and file.size_bytes <= limit_bytes else None


def checked_chunks(file: FileToSend) -> Iterator[bytes]:
    """The bytes of a file as they come.

    Raises:
        DeliveryUnavailable: at the end, where they were not those that were published; nothing of them may be sent on.
        ObjectStoreUnavailable: it could not be read to its end.
    """
    digest, size_bytes = hashlib.sha256(), 0
    for chunk in file.chunks():
        size_bytes += len(chunk)
        digest.update(chunk)
        if size_bytes > file.size_bytes:
            break
        yield chunk
    if (size_bytes, digest.hexdigest()) != (file.size_bytes, file.sha256):
        raise DeliveryUnavailable("The stored file is not the one that was published; it was not sent.")


def read_whole(file: FileToSend) -> bytes:
    """All bytes of a small file, checked as by `checked_chunks`."""
    return b"".join(checked_chunks(file))
