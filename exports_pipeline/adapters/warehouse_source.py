"""Where the warehouse lies at this moment: a DuckDB file, or a folder of Parquet and CSV files."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from exports_pipeline.core.errors import WarehouseUnavailable
from exports_pipeline.core.manifest import Snapshot

ENDINGS = (".parquet", ".csv", ".csv.gz")
_TAKEN = {"memory", "system", "temp"}


@dataclass(frozen=True, kw_only=True)
class Source:
    """A published version of the warehouse; two that are equal have the same content."""

    path: Path
    """Links resolved: a version that is published later has another path."""
    alias: str
    """The name of the database, as DuckDB itself would name the file."""
    views: tuple[tuple[str, Path], ...] = ()
    """Name and file of each view of a folder."""
    fingerprint: tuple[tuple[int, int, int], ...] = ()
    """Inode, size and time of each file of a folder."""

    @property
    def is_folder(self) -> bool:
        """Whether the tables are files in a folder."""
        return self.path.is_dir()

    @property
    def snapshot(self) -> Snapshot:
        """The version as a manifest names it: a file by its name and time, a folder by a digest of its files' times."""
        written_ns = max((time for *_, time in self.fingerprint), default=0) or self.path.stat().st_mtime_ns
        digest = hashlib.sha256(repr((self.views, self.fingerprint)).encode()).hexdigest()[:12]
        name = f"{self.path.name}@{digest}" if self.is_folder else f"{self.path.name}@{written_ns}"
        return Snapshot(name=name, as_of=datetime.fromtimestamp(written_ns / 1e9, tz=UTC))


def find_source(path: Path) -> Source:
    """The version that the path points to now.

    The path may be a link that is replaced whenever a new version is published.

    Raises:
        WarehouseUnavailable: nothing is there, or two files of a folder have one name.
    """
    try:
        real = path.resolve(strict=True)
        if not real.is_dir():
            alias = path.name.split(".")[0] or "warehouse"
            return Source(path=real, alias="warehouse" if alias.lower() in _TAKEN else alias)
        files = sorted(file for file in real.iterdir() if file.name.endswith(ENDINGS) and file.is_file())
        stats = [file.stat() for file in files]
    except OSError as error:
        raise WarehouseUnavailable from error
    views = tuple((_stem(file.name), file) for file in files)
    if len({name.lower() for name, _ in views}) < len(views):
        raise WarehouseUnavailable("Two files of the folder EXPORTS_WAREHOUSE have one name; rename one of them.")
    fingerprint = tuple((stat.st_ino, stat.st_size, stat.st_mtime_ns) for stat in stats)
    return Source(path=real, alias="memory", views=views, fingerprint=fingerprint)


def _stem(name: str) -> str:
    return next(name.removesuffix(ending) for ending in ENDINGS if name.endswith(ending))
