"""A folder for what a query spills, gone with its process however that ends."""

import fcntl
import os
import shutil
import tempfile
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PREFIX = "exports-duckdb-"
_LOCK = ".in_use"


class SpillFolder:
    """A folder of our own, marked by a lock that the kernel lets go when the last process that holds it ends."""

    def __init__(self, parent: Path | None = None) -> None:
        """Make it below `parent`, or below the system's temporary folder; first those of dead processes go.

        Raises:
            OSError: there is no room, or no right to write.
        """
        parent = Path(parent or tempfile.gettempdir())
        parent.mkdir(parents=True, exist_ok=True)
        with _alone_in(parent):  # nobody takes a folder for dead that is not locked yet
            for dead in abandoned(parent):
                shutil.rmtree(dead, ignore_errors=True)
            self.path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
            lock = os.open(self.path / _LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC)
            fcntl.flock(lock, fcntl.LOCK_EX)
        self._clean_up = weakref.finalize(self, _remove, self.path, lock, os.getpid())

    def remove(self) -> None:
        """Remove it with all that lies in it; idempotent."""
        self._clean_up()


def abandoned(parent: Path) -> Iterator[Path]:
    """The folders below `parent` whose processes were killed."""
    for folder in parent.glob(f"{_PREFIX}*"):
        try:
            lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            continue  # it is being made or removed at this moment, or belongs to somebody else
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            continue
        else:
            yield folder
        finally:
            os.close(lock)


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _remove(folder: Path, lock: int, owner: int) -> None:
    """Remove a folder, at the latest when its process ends; a fork of the process must not."""
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)
