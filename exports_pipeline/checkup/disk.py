"""Room on disk: for the home of the stack, and for what a query spills."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from exports_pipeline.checkup.finding import Finding, broken, fine, warning
from exports_pipeline.settings import Settings

_TIGHT_BYTES = 5_000_000_000
_FULL_BYTES = 500_000_000


def check_disk(settings: Settings) -> Iterator[Finding]:
    """How much is free where we write."""
    home = settings.home.absolute()
    if home.exists():
        yield room("home", home)
    yield room("spill folder", settings.spill_folder or Path(tempfile.gettempdir()))


def room(part: str, folder: Path, *, tight: int = _TIGHT_BYTES, full: int = _FULL_BYTES) -> Finding:
    """Judge the free space of one folder."""
    free = shutil.disk_usage(folder).free
    sentence = f"{folder}: {free / 1e9:.1f} GB free."
    advice = "Make room, or move it: EXPORTS_HOME for the embedded stack, EXPORTS_SPILL_FOLDER for what queries spill."
    if free < full:
        return broken(part, sentence, advice)
    return warning(part, sentence, advice) if free < tight else fine(part, sentence)
