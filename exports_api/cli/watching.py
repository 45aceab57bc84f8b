"""The progress of an export on a terminal."""

from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn

_STEP = 1000


class Watch:
    """Two bars on standard error: one for the export, one for the download."""

    def __init__(self, title: str, *, visible: bool) -> None:
        self._title = title
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=12),
            TaskProgressColumn(),
            TextColumn("{task.fields[figures]}", markup=False),
            console=Console(stderr=True),
            disable=not visible,
        )
        self._export = self._progress.add_task(f"Exporting {title}", total=None, figures="", visible=False)
        self._download = self._export

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def see(self, job: dict[str, Any]) -> None:
        """Show an export job as it is now."""
        total = None if job["status"] == "pending" else 100
        self._progress.update(
            self._export,
            total=total,
            completed=job["progress"]["percent"],
            figures=_figures(job),
            visible=True,
            refresh=True,
        )

    def begin_download(self, size_bytes: int) -> None:
        """Start the second bar."""
        name = f"Downloading {self._title}"
        self._download = self._progress.add_task(name, total=max(1, size_bytes), figures=in_words(size_bytes))

    def downloaded(self, size_bytes: int) -> None:
        """Advance the second bar."""
        self._progress.update(self._download, advance=size_bytes)


def in_words(size_bytes: float) -> str:
    """A size for people, in units of 1000."""
    if size_bytes < _STEP:
        return f"{size_bytes:.0f} bytes"
    for unit in ("kB", "MB", "GB"):
        size_bytes /= _STEP
        if size_bytes < _STEP:
            return f"{size_bytes:.1f} {unit}"
    return f"{size_bytes / _STEP:.1f} TB"


def _figures(job: dict[str, Any]) -> str:
    progress = job["progress"]
    if job["status"] == "pending":
        if job["queue_position"] is None:
            return "pending"
        wait = job["estimated_wait_s"]
        return f"in the queue, place {job['queue_position']}" + (f", about {wait:.0f} s" if wait else "")
    total = f" of {progress['total_rows']:,}" if progress["total_rows"] and job["status"] == "running" else ""
    again = f", attempt {job['attempt']}" if job["attempt"] > 1 else ""
    status = "" if job["status"] in {"running", "completed"} else f", {job['status']}"
    return f"{progress['rows']:,}{total} rows, {in_words(progress['bytes'])}{again}{status}"
