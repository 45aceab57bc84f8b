"""Kept results over DuckDB and S3: every rendition is the file that a direct export would have been."""

import io
from dataclasses import replace

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from exports_pipeline.adapters.duckdb_instance import DuckDbLimits
from exports_pipeline.adapters.kept_rows import DuckDbKeptRows
from exports_pipeline.adapters.object_store import S3ObjectStore
from exports_pipeline.adapters.spill_folder import abandoned
from exports_pipeline.core.catalog import Catalog
from exports_pipeline.core.errors import LostClaim, ObjectStoreUnavailable, QueryFailed
from exports_pipeline.core.export_job import ExportRequest
from exports_pipeline.core.filters import Filters
from exports_pipeline.core.formats import FormatOptions
from exports_pipeline.core.kept_result import selection_of_kept
from exports_pipeline.core.lifecycle import Status
from exports_pipeline.core.redaction_policy import Sensitivity
from exports_pipeline.usecases.cancel_export import cancel_export
from exports_pipeline.usecases.open_rows import fetched, find_kept
from exports_pipeline.usecases.request_export import request_export
from exports_pipeline.usecases.request_rendition import request_rendition
from exports_pipeline.usecases.run_export import run_export
from exports_pipeline_tests.builders import requester
from exports_pipeline_tests.fakes.ports import fake_ports

ANN = requester("ann")
MANY_TYPES = """
SELECT 'ann' AS owner, CAST(i AS INTEGER) AS id, CASE WHEN i % 7 <> 0 THEN '=1+' || i || ', "é" 中' END AS text,
    CAST(i * 1.10 AS DECIMAL(18, 2)) AS amount, CASE WHEN i = 3 THEN 'nan'::DOUBLE ELSE i / 7 END AS float,
    99999999999999999999999999999999999999::HUGEINT - i AS huge, CAST(i % 3 = 0 AS BOOLEAN) AS flag,
    DATE '2024-02-29' + CAST(i AS INTEGER) AS day, TIMESTAMP '2024-03-31 01:30:00.123456' + to_hours(i) AS moment,
    TIMESTAMPTZ '2024-03-31 01:30:00+00' + to_hours(i) AS instant, TIMESTAMP_S '1999-12-31 23:59:59' AS second,
    TIMETZ '12:00:00+02:30' AS zoned, INTERVAL (i) DAY AS span, '0101'::BIT AS bits, 'ab'::BLOB AS bytes,
    uuid '550e8400-e29b-41d4-a716-446655440000' AS uuid, {'a': [i, NULL], 'b': 1::HUGEINT} AS nested,
    '{"x": 1.10}'::JSON AS json, MAP {'k': i} AS map, 'card ' || i AS card, i AS account, i AS gone
FROM range(3000) r(i)
"""


@pytest.fixture
def store(gate):
    return S3ObjectStore(gate.client(), "exports")


@pytest.fixture
def spill(tmp_path):
    return tmp_path / "spill"


@pytest.fixture
def ports(tables, store, spill):
    dataset = tables.dataset(MANY_TYPES, owner="owner", title="Things")
    rules = {"card": Sensitivity.MASK, "account": Sensitivity.HASH, "gone": Sensitivity.DROP}
    columns = tuple(replace(each, sensitive=rules.get(each.name), title=each.name.title()) for each in dataset.columns)
    columns = tuple(replace(each, unit="CZK") if each.name == "amount" else each for each in columns)
    dataset = replace(dataset, columns=columns)
    limits = DuckDbLimits(spill_folder=spill)
    return fake_ports(
        catalog=Catalog((dataset,)), warehouse=tables.warehouse, kept=DuckDbKeptRows(limits), objects=store
    )


def ran(ports, job):
    run_export(job.id, 1, run_id="run", ports=ports)
    return ports.jobs.get(job.id)


def exported(ports, file_format, **options):
    request = ExportRequest(dataset="things", format=file_format, options=options)
    return ran(ports, request_export(request, ANN, ports=ports).job)


def body(ports, job):
    return b"".join(ports.objects.chunks(job.result.object_key))


def told(ports, job, file_format):
    """What a file says, without the id and the time of its job."""
    if file_format == "parquet":  # DuckDB says NOT NULL of what it can tell beforehand
        table = pq.read_table(pa.BufferReader(body(ports, job)))
        return [(field.name, field.type) for field in table.schema], repr(table.to_pylist())
    if file_format != "xlsx":
        return body(ports, job)
    book = openpyxl.load_workbook(io.BytesIO(body(ports, job)))
    cells = {sheet.title: [[cell.value for cell in row] for row in sheet.iter_rows()] for sheet in book}
    looks = [[cell.number_format for cell in row] for row in book.worksheets[0].iter_rows(max_row=3)]
    about = [row for row in cells.pop("About") if row[0] not in {"Job", "Made at", "Export job"}]
    return cells, looks, about, book.worksheets[0].column_dimensions["A"].width


@pytest.mark.parametrize("file_format", ["csv", "json", "jsonl", "xlsx", "parquet"])
def test_a_rendition_of_kept_rows_is_the_direct_export(ports, tables, spill, file_format):
    zone = {"timezone": "Europe/Prague"}
    direct, kept = exported(ports, file_format, **zone), exported(ports, "csv", keep_result=True, **zone)
    tables.run("DROP TABLE things")
    again = ran(ports, request_rendition(kept.id, file_format, {}, ANN, ports=ports).job)
    assert told(ports, again, file_format) == told(ports, direct, file_format)
    assert again.result.columns == direct.result.columns
    totals = [ports.jobs.manifest(each.id)["columns"] for each in (direct, again)]
    assert totals[0] == totals[1]
    assert list(spill.iterdir()) == []


def test_kept_rows_hold_what_parquet_would_refuse_or_round(ports, tables):
    odd = "170141183460469231731687303715884105727::HUGEINT AS a, INTERVAL '-1 month' AS b, union_value(n := 1) AS c"
    dataset = tables.dataset(f"SELECT {odd}", name="odd", public=True)
    ports = replace(ports, catalog=Catalog((dataset,)))
    request = ExportRequest(dataset="odd", format="csv", options={"keep_result": True})
    kept = ran(ports, request_export(request, ANN, ports=ports).job)
    tables.run("DROP TABLE odd")
    again = ran(ports, request_rendition(kept.id, "csv", {}, ANN, ports=ports).job)
    assert body(ports, again) == body(ports, kept)


def test_a_pdf_of_kept_rows_has_the_rows_of_all(ports, tables):
    kept = exported(ports, "parquet", keep_result=True)
    tables.run("DROP TABLE things")
    again = ran(ports, request_rendition(kept.id, "pdf", {"paper": "letter"}, ANN, ports=ports).job)
    assert body(ports, again).startswith(b"%PDF-")
    assert again.result.row_count == 3000


def test_kept_rows_are_parquet_without_what_was_redacted(ports):
    kept = exported(ports, "csv", keep_result=True).result.kept
    table = pq.read_table(pa.BufferReader(b"".join(ports.objects.chunks(kept.object_key))))
    assert table.num_rows == kept.row_count == 3000
    assert "gone" not in table.column_names
    assert set(table["card"].to_pylist()) == {"***"}
    assert table["huge"].to_pylist()[1] == "99999999999999999999999999999999999998"
    assert all(len(each) == 64 for each in table["account"].to_pylist())


def test_a_stopped_export_takes_back_what_it_has_kept(ports, gate):
    request = ExportRequest(dataset="things", format="csv", options={"keep_result": True})
    job = request_export(request, ANN, ports=ports).job
    upload = ports.objects.upload

    def cancelled_meanwhile(key, **more):
        if key.endswith(".manifest.json"):
            cancel_export(job.id, ANN, ports=ports)
        return upload(key, **more)

    ports.objects.upload = cancelled_meanwhile
    with pytest.raises(LostClaim):
        ran(ports, job)
    assert list(ports.objects.keys("")) == []
    assert not gate.client().list_multipart_uploads(Bucket="exports").get("Uploads")


def test_kept_rows_that_have_vanished_are_tried_again_and_leave_nothing_behind(ports, spill):
    kept = exported(ports, "csv", keep_result=True)
    job = request_rendition(kept.id, "json", {}, ANN, ports=ports).job
    ports.objects.delete(kept.result.kept.object_key)
    with pytest.raises(ObjectStoreUnavailable):
        ran(ports, job)
    assert ports.jobs.get(job.id).status is Status.PENDING
    assert list(spill.iterdir()) == []


def test_a_session_on_kept_rows_reaches_nothing_else(ports, tables, spill):
    job = exported(ports, "csv", keep_result=True)
    kept, origin = find_kept(job.id, ports)
    selection = selection_of_kept(kept, dataset="things", filters=Filters(), timezone=FormatOptions().timezone)
    elsewhere = replace(selection.dataset, relation=None, sql=f"SELECT * FROM '{tables.path}'")
    with ports.kept.open(fetched(kept, ports, lambda: None), snapshot=origin.snapshot) as session:
        assert session.count(selection, tick=lambda: None) == 3000
        with pytest.raises(QueryFailed):
            session.count(replace(selection, dataset=elsewhere), tick=lambda: None)
        assert len(list(spill.iterdir())) == 2
        assert list(abandoned(spill)) == []
    assert list(spill.iterdir()) == []
