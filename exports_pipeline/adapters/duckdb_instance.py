"""A DuckDB of our own in memory, which can reach the warehouse, one upload, and nothing else."""

from dataclasses import dataclass
from pathlib import Path

import duckdb

from exports_pipeline.adapters.spill_folder import SpillFolder
from exports_pipeline.adapters.upload_stream import UPLOAD_URL, UploadFileSystem
from exports_pipeline.adapters.warehouse_source import Source
from exports_pipeline.writers.sql_text import identifier, literal
from exports_pipeline.writers.text_scan import add_text_scan


@dataclass(frozen=True, kw_only=True)
class DuckDbLimits:
    """What one session may use."""

    memory_mb: int = 512
    threads: int = 2
    spill_mb: int = 20_000
    """Disk that a large sort may use."""
    spill_folder: Path | None = None
    """Where it may; None for the system's temporary folder."""


class DuckDbInstance:
    """One connection to one DuckDB, locked down for good.

    File access is off but for the files of the source and the upload, and no setting can be changed any more
    but the order of rows. An instance outlives a session: making one takes 20 ms, attaching a file 2 ms.
    """

    def __init__(self, source: Source, limits: DuckDbLimits) -> None:
        self.source = source
        self.filesystem = UploadFileSystem()
        self._spill = SpillFolder(limits.spill_folder)
        config: dict[str, str | bool | int | float | list[str]] = {
            "threads": limits.threads,
            "memory_limit": f"{limits.memory_mb}MB",
            "python_enable_replacements": False,
            "autoload_known_extensions": False,
            "autoinstall_known_extensions": False,
        }
        self.connection = duckdb.connect(":memory:", config=config)
        try:
            # DuckDB 2.0 shows a limit of the folder that is given at connect, but does not keep to it.
            self.connection.execute(f"SET temp_directory = {literal(str(self.spill))}")
            self.connection.execute(f"SET max_temp_directory_size = '{limits.spill_mb}MB'")
            self.connection.register_filesystem(self.filesystem)
            add_text_scan(self.connection)
            self._create_views()
            self._lock_down()
        except BaseException:
            self.close()
            raise

    @property
    def spill(self) -> Path:
        """Where its queries put what does not fit into memory."""
        return self._spill.path

    def attach(self) -> None:
        """Take a snapshot of a DuckDB file and hold off its writers."""
        if not self.source.is_folder:
            alias = identifier(self.source.alias)
            self.connection.execute(f"ATTACH {literal(str(self.source.path))} AS {alias} (READ_ONLY)")
            self.connection.execute(f"USE {alias}")

    def detach(self) -> None:
        """Let the file go, so that it may be written or replaced."""
        self.connection.execute("SET preserve_insertion_order = true")
        if not self.source.is_folder:
            self.connection.execute("USE memory")
            self.connection.execute(f"DETACH {identifier(self.source.alias)}")

    def close(self) -> None:
        """End it and remove what it spilled."""
        self.connection.close()
        self._spill.remove()

    def _create_views(self) -> None:
        for name, file in self.source.views:
            path, options = literal(str(file)), ""
            if ".csv" in file.name:
                # Types are found from all rows, once: a sample can be wrong about the last one.
                found = self.connection.execute(f"DESCRIBE FROM read_csv({path}, sample_size = -1)").fetchall()
                types = ", ".join(f"{literal(column)}: {literal(kind)}" for column, kind, *_ in found)
                options = f", header = true, types = {{{types}}}"
            reader = "read_csv" if options else "read_parquet"
            self.connection.execute(f"CREATE VIEW {identifier(name)} AS FROM {reader}({path}{options})")

    def _lock_down(self) -> None:
        files = [str(file) for _, file in self.source.views] or [str(self.source.path), f"{self.source.path}.wal"]
        allowed = ", ".join(literal(path) for path in (*files, UPLOAD_URL))
        for setting in (
            "TimeZone = 'UTC'",
            "enable_progress_bar = true",
            "enable_progress_bar_print = false",
            "progress_bar_time = 0",
            f"allowed_paths = [{allowed}]",
            "allowed_configs = ['preserve_insertion_order']",
            "enable_external_access = false",
            "lock_configuration = true",
        ):
            self.connection.execute(f"SET {setting}")
