"""Files as parts of messages: which ones go along, and their bytes, counted and hashed."""

import hashlib
from collections.abc import Iterator

from exports_pipeline.core.errors import DeliveryUnavailable
from exports_pipeline.core.message import FileToSend, Message, Target


def attachments(target: Target, message: Message, *, limit_bytes: int) -> tuple[FileToSend, ...]:
    """The files of a message that go along, where the target wants files; for the others the message's links must do.

    They stay below the limit together, so that what has changed may go alone where the result is too large.
    """
    chosen: list[FileToSend] = []
    for file in message.files if target.options.get("attach") else ():
        if sum(each.size_bytes for each in chosen) + file.size_bytes <= limit_bytes:
            chosen.append(file)
    return tuple(chosen)


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
