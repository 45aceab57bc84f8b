"""What a file is called on somebody else's server, before and after all of it is there."""

from dataclasses import dataclass
from pathlib import PurePosixPath
from uuid import UUID

from exports_pipeline.core.message import FileToSend, Message

_NAME_BYTES = 180
"""File systems take 255; the name of the part needs the rest."""


@dataclass(frozen=True, kw_only=True)
class RemoteFile:
    """A file and its two paths."""

    file: FileToSend
    part: str
    """Until all of it is there."""
    final: str


def places(message: Message, folder: str) -> list[RemoteFile]:
    """Where the files of a message go; the result comes last, so that whoever waits for it finds the others there."""
    return [
        RemoteFile(
            file=file,
            part=remote_path(folder, part_name(file.name, message.id)),
            final=remote_path(folder, remote_name(file.name)),
        )
        for file in reversed(message.files)
    ]


def remote_name(name: str) -> str:
    """A name that is one plain, visible file on any server: no folder, no line end, not too long."""
    plain = "".join(each if each.isprintable() and each not in "/\\" else "_" for each in name).lstrip(". ")
    suffix = PurePosixPath(plain).suffix[-20:]
    stem = plain.removesuffix(suffix).encode()[: _NAME_BYTES - len(suffix.encode())].decode(errors="ignore")
    return f"{stem}{suffix}" or "file"


def part_name(name: str, delivery_id: UUID) -> str:
    """What the file is called until all of it is there: hidden, and found again by the next try."""
    return f".{remote_name(name)}.{delivery_id}.part"


def remote_path(folder: str, name: str) -> str:
    """A name within a folder; without one, within that of the login."""
    return f"{folder.rstrip('/')}/{name}" if folder else name
