"""What a file server of the tests has."""

from contextlib import suppress
from pathlib import Path


def inbox(server):
    """The files of its inbox by name, but those that it deletes meanwhile."""
    found = {}
    for path in (Path(server.root) / "inbox").iterdir():
        with suppress(FileNotFoundError):
            found[path.name] = path.read_bytes()
    return found
