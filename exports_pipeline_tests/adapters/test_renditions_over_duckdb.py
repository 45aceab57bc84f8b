"""Renditions over a real warehouse: the same rows in another format, until the warehouse is written to."""

import json

import pytest

from exports_pipeline.core.catalog import Catalog
from exports_pipeline.core.export_job import ExportRequest
from exports_pipeline.core.refusals import SnapshotGone
from exports_pipeline.usecases.request_export import request_export
from exports_pipeline.usecases.request_rendition import request_rendition
from exports_pipeline.usecases.run_export import run_export
from exports_pipeline_tests.builders import requester
from exports_pipeline_tests.fakes.ports import fake_ports

ANN = requester("ann")


def test_a_rendition_has_the_rows_of_its_result_until_the_warehouse_changes(tables):
    dataset = tables.dataset("SELECT 'ann' AS owner, 1 AS id UNION ALL SELECT 'bob', 2", owner="owner")
    ports = fake_ports(catalog=Catalog((dataset,)), warehouse=tables.warehouse)
    first = request_export(ExportRequest(dataset="things", format="csv"), ANN, ports=ports).job
    run_export(first.id, 1, run_id="run", ports=ports)
    second, third = (request_rendition(first.id, kind, {}, ANN, ports=ports).job for kind in ("jsonl", "json"))
    run_export(second.id, 1, run_id="run", ports=ports)
    body = ports.objects.objects[ports.jobs.get(second.id).result.object_key].body
    assert [json.loads(line) for line in body.splitlines()] == [{"owner": "ann", "id": 1}]
    tables.run("INSERT INTO things VALUES ('ann', 3)")
    with pytest.raises(SnapshotGone):
        run_export(third.id, 1, run_id="run", ports=ports)
    with pytest.raises(SnapshotGone):
        request_rendition(first.id, "parquet", {}, ANN, ports=ports)
