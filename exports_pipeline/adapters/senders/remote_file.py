"""What a file is called on somebody else's server, before and after all of it is there."""

from pathlib import PurePosixPath
from uuid import UUID

_NAME_BYTES = 180
"""File systems take 255; the name of the part needs the rest."""


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
