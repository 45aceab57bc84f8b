"""The folders and small files under EXPORTS_HOME: private, and replaced whole or not at all."""

import os
import tempfile
from pathlib import Path

LOG_ROTATION_BYTES = 10_000_000


def private_folder(path: Path) -> Path:
    """Make a folder that only its owner may enter, and those above it; existing ones stay as they are."""
    if not path.parent.exists():
        private_folder(path.parent)
    path.mkdir(mode=0o700, exist_ok=True)
    return path


def write_private(path: Path, text: str | bytes) -> None:
    """Replace a file's content in one step, readable by its owner alone."""
    private_draft(path, text).replace(path)


def private_draft(path: Path, text: str | bytes) -> Path:
    """Write a file of another name beside `path`, readable by its owner alone, and return it."""
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=private_folder(path.parent))
    with os.fdopen(descriptor, "wb") as file:
        file.write(text.encode() if isinstance(text, str) else text)
    return Path(name)


def log_file(home: Path, part: str) -> Path:
    """Return where a part logs to, after setting a log that has grown too large aside."""
    path = private_folder(home / "logs") / f"{part}.log"
    if path.exists() and path.stat().st_size > LOG_ROTATION_BYTES:
        path.replace(path.with_suffix(".log.1"))
    return path


def log_tail(home: Path, part: str, *, lines: int = 20) -> list[str]:
    """Return the last lines a part has logged; none when it logged nothing."""
    path = home / "logs" / f"{part}.log"
    if not path.exists():
        return []
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 200 * lines))
        return file.read().decode("utf-8", errors="replace").splitlines()[-lines:]
