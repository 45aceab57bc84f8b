"""The disk that a large sort spills to takes no more."""

import subprocess
import sys
from dataclasses import replace

import duckdb
import pytest

from exports_pipeline.adapters.duckdb_errors import opening, query_error
from exports_pipeline.core.errors import SpillDiskFull
from exports_pipeline_tests.tables import everything, exported

SORT = "SELECT sale, md5(sale::VARCHAR) AS b FROM big ORDER BY b"
CHILD = """
import resource, signal, sys
from dataclasses import replace
from pathlib import Path
from exports_pipeline.adapters.duckdb_instance import DuckDbLimits
from exports_pipeline.adapters.warehouse import DuckDbWarehouse
from exports_pipeline.core.catalog import Column, Dataset
from exports_pipeline.core.errors import ExportError
from exports_pipeline_tests.tables import everything, exported

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
columns = (Column(name="sale", type="BIGINT"), Column(name="b", type="VARCHAR"))
dataset = Dataset(name="big", sql=sys.argv[2], columns=columns)
warehouse = DuckDbWarehouse(Path(sys.argv[1]), limits=DuckDbLimits(memory_mb=100))
try:
    exported(warehouse, everything(dataset))
except ExportError as error:
    print(error.code, error.retryable, error.fault)
"""


@pytest.fixture
def big(tables):
    return tables.dataset("SELECT i AS sale FROM range(1000000) r(i)", name="big")


def test_a_disk_that_takes_no_more_is_named_and_is_no_fault_of_the_requester(tables, big):
    assert big
    told = subprocess.run(
        [sys.executable, "-c", CHILD, str(tables.path), SORT], capture_output=True, text=True, timeout=120, check=True
    )
    assert told.stdout.split() == ["spill_disk_full", "True", "service"], told.stderr


def test_the_same_export_succeeds_where_there_is_room(tables, big):
    assert exported(tables.warehouse, everything(replace(big, relation=None, sql=SORT)))[1] == 1_000_000


def test_a_full_device_is_recognised_by_what_duckdb_says_of_it():
    with duckdb.connect() as connection, pytest.raises(duckdb.IOException) as caught:
        connection.execute("COPY (FROM range(1000000)) TO '/dev/full' (FORMAT csv)")
    assert isinstance(query_error(caught.value), SpillDiskFull)


def test_a_spill_folder_that_cannot_be_made_for_want_of_room_says_so():
    with pytest.raises(SpillDiskFull), opening(), open("/dev/full", "wb", buffering=0) as full:  # noqa: PTH123 - a device
        full.write(b"x")
