"""One way of exporting, alone in a process: `python -m benchmarks.contestant WAY FOLDER FORMAT PORT` prints figures.

`compete` starts it, watches its memory and stops it at a limit. Every way exports the whole table of
`benchmarks.exported_table`, and counts the bytes of what it made.
"""

import json
import subprocess
import sys
import time
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

import psutil

from benchmarks.exported_table import ROOT
from exports_pipeline.core.formats import Format

WAYS = {
    "ours": ("streaming", "ours"),
    "without totals": ("streaming", "without_totals"),
    "kept": ("streaming", "kept"),
    "copy": ("streaming", "copy"),
    "file, then upload": ("streaming", "file_then_upload"),
    "polars": ("peers", "polars_sink"),
    "pandas chunks": ("peers", "pandas_chunks"),
    "csv.writer": ("peers", "csv_writer"),
    "Superset's shape": ("in_memory", "data_frame"),
    "Redash's shape": ("in_memory", "json_rows"),
    "to_excel": ("in_memory", "excel"),
}
"""Module and function of each way; a process imports its own only, lest it carries the libraries of the others."""
SAMPLE_EVERY_S = 0.05


@dataclass(kw_only=True)
class Figures:
    """What an export took; `stopped_at_s` is set where it passed the limit and has no file."""

    seconds: float
    rss_mb: float
    bytes: int = 0
    cpu_s: float = 0.0
    stopped_at_s: float | None = None
    samples: list[tuple[float, float]] = field(default_factory=list)
    """Seconds since the process was started, and its RSS in MB."""


def compete(way: str, folder: Path, file_format: str, *, port: int = 0, limit_mb: float | None = None) -> Figures:
    """Export in a process of its own, which is killed when its RSS passes the limit, as a container's would be.

    Raises:
        SystemExit: it failed for another reason, or said that it made nothing.
    """
    command = [sys.executable, "-m", "benchmarks.contestant", way, str(folder), file_format, str(port)]
    began, samples = time.monotonic(), []
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        watched = psutil.Process(process.pid)
        while process.poll() is None:
            rss_mb = _rss_mb(watched)
            samples.append((time.monotonic() - began, rss_mb))
            if limit_mb is not None and rss_mb > limit_mb:
                process.kill()
                seconds = time.monotonic() - began
                return Figures(seconds=seconds, rss_mb=rss_mb, stopped_at_s=seconds, samples=samples)
            time.sleep(SAMPLE_EVERY_S)
        said = process.stdout.read() if process.stdout else ""
    if process.returncode or not said:
        raise SystemExit(f"{way} to {file_format} ended with {process.returncode}")
    figures = Figures(**json.loads(said), samples=samples)
    if not figures.bytes:
        raise SystemExit(f"{way} to {file_format} made no file")
    return figures


def _rss_mb(process: psutil.Process) -> float:
    try:
        return process.memory_info().rss / 2**20
    except psutil.NoSuchProcess:
        return 0.0


def main() -> None:
    way, folder, file_format, port = sys.argv[1:]
    module, name = WAYS[way]
    export = getattr(import_module(f"benchmarks.ways.{module}"), name)
    began, began_cpu = time.perf_counter(), time.process_time()
    size_bytes = export(Path(folder), Format(file_format), int(port))
    seconds, cpu_s = time.perf_counter() - began, time.process_time() - began_cpu
    # VmHWM, since ru_maxrss of a child begins with the peak of its parent
    [peak] = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
    rss_mb = int(peak.split()[1]) / 1024
    json.dump({"seconds": seconds, "bytes": size_bytes, "rss_mb": rss_mb, "cpu_s": cpu_s}, sys.stdout)


if __name__ == "__main__":
    main()
