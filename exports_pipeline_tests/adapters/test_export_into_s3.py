"""Rows into objects: DuckDB and S3 together, and what is left when something goes wrong in between."""

import threading
import time
from dataclasses import replace
from datetime import timedelta

import httpx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from exports_pipeline.adapters.object_store import S3ObjectStore
from exports_pipeline.core.errors import LostClaim, ObjectStoreUnavailable, QueryFailed
from exports_pipeline.core.formats import DATASET_FORMATS, Format, FormatOptions
from exports_pipeline_tests.builders import facts
from exports_pipeline_tests.s3_gate import sha256
from exports_pipeline_tests.tables import everything

PART = 5 * 1024 * 1024
KEY = "exports/user/job/1/things.csv"
ENDLESS = "SELECT i AS a, md5(i::VARCHAR) AS b FROM range(100000000000) r(i)"
UNLIMITED = pytest.mark.parametrize("file_format", [each for each in DATASET_FORMATS if each is not Format.PDF])
"""The formats that take any number of rows."""
SORTED = "SELECT a, b FROM (SELECT i AS a, md5(i::VARCHAR) AS b FROM range(1000000000) r(i)) ORDER BY b"


@pytest.fixture
def store(gate):
    return S3ObjectStore(gate.client(), "exports", part_bytes=PART)


@pytest.fixture
def things(tables):
    return tables.dataset("SELECT i AS a, md5(i::VARCHAR) AS b FROM range(500000) r(i)")


def export(tables, store, selection, file_format, tick=lambda _share: None, rows=None):
    """What a worker does; the upload is aborted after any error."""
    with tables.warehouse.open() as session:
        if rows is not None:  # an endless query cannot be counted
            session._counted = (selection, rows)
        upload = store.upload(KEY, content_type="text/csv", download_name="things.csv")
        try:
            count = session.write(
                selection,
                upload,
                file_format=file_format,
                options=FormatOptions(),
                about=facts(selection, rows=rows or 0),
                tick=tick,
            )
            return count, upload.commit()
        except BaseException:
            upload.abort()
            raise


def nothing_is_left(gate, store):
    return list(store.keys("")) == [] and not gate.client().list_multipart_uploads(Bucket="exports").get("Uploads")


@UNLIMITED
def test_an_export_in_parts_is_downloaded_with_the_hash_that_was_promised(tables, things, store, file_format):
    rows, digest = export(tables, store, everything(things), file_format)
    body = httpx.get(store.presign(KEY, valid=timedelta(hours=1))).content
    assert (rows, sha256(body)) == (500000, digest)
    assert len(body) > PART
    if file_format is Format.PARQUET:
        assert pq.read_table(pa.BufferReader(body)).num_rows == 500000


@pytest.mark.parametrize("file_format", DATASET_FORMATS)
@pytest.mark.parametrize("sql", [ENDLESS, SORTED], ids=["streaming", "sorting"])
def test_a_cancelled_export_stops_within_a_second_and_leaves_nothing(tables, things, gate, store, file_format, sql):
    began = time.monotonic()
    stopped_at = []

    def tick(_share):
        if time.monotonic() - began > 0.7:
            stopped_at.append(time.monotonic())
            raise LostClaim

    endless = everything(replace(things, relation=None, sql=sql))
    with pytest.raises(LostClaim):
        export(tables, store, endless, file_format, tick, rows=10**12)
    assert time.monotonic() - stopped_at[0] < 1
    assert nothing_is_left(gate, store)
    assert not [thread for thread in threading.enumerate() if thread.name == "duckdb-query"]
    few = everything(replace(things, relation=None, sql="SELECT a, b FROM things LIMIT 5000"))
    assert export(tables, store, few, file_format)[0] == 5000


@pytest.mark.parametrize("file_format", DATASET_FORMATS)
def test_a_query_that_fails_halfway_leaves_nothing(tables, things, gate, store, file_format):
    sql = "SELECT CASE WHEN a = 450000 THEN error('boom') ELSE b END AS b, a FROM things"
    with pytest.raises(QueryFailed):
        export(tables, store, everything(replace(things, relation=None, sql=sql)), file_format)
    assert nothing_is_left(gate, store)


@UNLIMITED
def test_a_store_that_fails_halfway_is_the_error_that_comes_out(tables, things, gate, store, file_format):
    gate.refuse = lambda method, query: (503, "SlowDown") if method == "PUT" and "partNumber=2" in query else None
    with pytest.raises(ObjectStoreUnavailable):
        export(tables, store, everything(things), file_format)
    assert nothing_is_left(gate, store)


@pytest.mark.parametrize("file_format", [Format.CSV, Format.PARQUET])
def test_a_store_that_hangs_does_not_hold_up_a_cancelled_export(tables, things, gate, store, file_format):
    answer = threading.Event()
    gate.refuse = lambda method, query: answer.wait(20) and None if method == "PUT" and "partNumber" in query else None
    began = time.monotonic()
    stopped_at = []

    def tick(_share):
        if time.monotonic() - began > 1:
            stopped_at.append(time.monotonic())
            timer.start()
            raise LostClaim

    timer = threading.Timer(0.5, answer.set)
    with pytest.raises(LostClaim):
        export(tables, store, everything(replace(things, relation=None, sql=ENDLESS)), file_format, tick, rows=10**12)
    timer.join()
    assert time.monotonic() - stopped_at[0] < 3
    assert nothing_is_left(gate, store)


@UNLIMITED
def test_progress_grows_from_nothing_to_all(tables, things, store, file_format):
    shares = []
    export(tables, store, everything(things), file_format, shares.append)
    assert shares == sorted(shares)
    assert all(0 <= share <= 1 for share in shares)
    assert shares[-1] == 1


def test_a_document_is_stored_whole_with_its_hash(tables, things, store):
    few = everything(replace(things, relation=None, sql="SELECT a, b FROM things LIMIT 1000"))
    rows, digest = export(tables, store, few, Format.PDF)
    body = httpx.get(store.presign(KEY, valid=timedelta(hours=1))).content
    assert (rows, sha256(body)) == (1000, digest)
    assert body.endswith(b"%%EOF\n")
