"""What queries spill: where, how much, and what becomes of it when a process is killed."""

import signal
import subprocess
import sys
from dataclasses import replace

import pytest

from exports_pipeline.adapters.duckdb_instance import DuckDbLimits
from exports_pipeline.adapters.spill_folder import SpillFolder
from exports_pipeline.adapters.warehouse import DuckDbWarehouse
from exports_pipeline.core.refusals import QueryTooLarge
from exports_pipeline_tests.tables import everything, exported

SORT = "SELECT sale, md5(sale::VARCHAR) AS b FROM big ORDER BY b"
HOLDER = """
import sys, time
from pathlib import Path
from exports_pipeline.adapters.spill_folder import SpillFolder
folder = SpillFolder(Path(sys.argv[1]))
(folder.path / "spilled").write_bytes(bytes(1000))
print(folder.path, flush=True)
time.sleep(60)
"""


@pytest.fixture
def big(tables):
    dataset = tables.dataset("SELECT i AS sale FROM range(1000000) r(i)", name="big")
    return everything(replace(tables.described("big"), relation=None, sql=SORT, columns=(*dataset.columns,)))


def warehouse(tables, **limits):
    return DuckDbWarehouse(tables.path, limits=DuckDbLimits(memory_mb=100, **limits))


def test_a_killed_process_leaves_its_folder_to_the_next_one(tmp_path):
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE, text=True) as holder:
        theirs = holder.stdout.readline().strip()
        first = SpillFolder(tmp_path)
        assert {str(each) for each in tmp_path.iterdir()} == {theirs, str(first.path)}
        holder.send_signal(signal.SIGKILL)
    second = SpillFolder(tmp_path)
    assert set(tmp_path.iterdir()) == {first.path, second.path}
    for folder in (first, second, second):
        folder.remove()
    assert list(tmp_path.iterdir()) == []


def test_other_folders_of_that_place_are_left_alone(tmp_path):
    (tmp_path / "exports-duckdb-of-somebody").mkdir()
    (tmp_path / "another").mkdir()
    SpillFolder(tmp_path).remove()
    assert {each.name for each in tmp_path.iterdir()} == {"exports-duckdb-of-somebody", "another"}


def test_a_query_spills_into_the_folder_that_is_set(tables, big, tmp_path):
    spilled = []

    def look(_upload):
        spilled.extend(each.name for each in (tmp_path / "spill").rglob("*.tmp"))

    assert exported(warehouse(tables, spill_folder=tmp_path / "spill"), big, on_tick=look)[1] == 1_000_000
    assert spilled


def test_an_export_that_spills_more_than_it_may_is_the_requesters_to_narrow(tables, big):
    with pytest.raises(QueryTooLarge, match="temporary disk than one may use; narrow the dates"):
        exported(warehouse(tables, spill_mb=1), big)
