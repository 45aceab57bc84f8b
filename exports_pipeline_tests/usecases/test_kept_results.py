"""A kept result lies beside its file, ends with it, and answers for the warehouse."""

import hashlib
import json
from dataclasses import replace
from datetime import date, timedelta

import pytest

from exports_pipeline.core.catalog import Catalog, Column
from exports_pipeline.core.errors import LostClaim, ObjectStoreUnavailable, RowCountChanged, WarehouseUnavailable
from exports_pipeline.core.export_job import ExportRequest
from exports_pipeline.core.filters import Filters
from exports_pipeline.core.lifecycle import Status
from exports_pipeline.core.refusals import InvalidOption, NotAllowed, SnapshotGone, UnknownDataset
from exports_pipeline.core.report import Table
from exports_pipeline.core.report_json import report_of_json
from exports_pipeline.usecases.cancel_export import cancel_export
from exports_pipeline.usecases.expire import expire
from exports_pipeline.usecases.receipts import read_manifest
from exports_pipeline.usecases.request_export import request_export
from exports_pipeline.usecases.request_rendition import request_rendition
from exports_pipeline.usecases.request_report import request_report
from exports_pipeline.usecases.run_export import run_export
from exports_pipeline_tests.builders import requester
from exports_pipeline_tests.fakes.ports import AIRPORTS, SALES, fake_ports

ANN = requester("ann")
KEEP = {"keep_result": True}
ONE_DAY = Filters(start_date=date(2026, 1, 1), end_date=date(2026, 1, 1), account_ids=("1",))


class CancelsMeanwhile:
    """A signer during whose work the job is cancelled."""

    def __init__(self, job, ports) -> None:
        self._job, self._ports = job, ports

    def sign(self, _data):
        cancel_export(self._job.id, ANN, ports=self._ports)
        return {}


@pytest.fixture
def ports():
    return fake_ports()


def requested(ports, who=ANN, **changes):
    return request_export(ExportRequest(**{"dataset": "sales", "format": "csv", **changes}), who, ports=ports).job


def ran(ports, job):
    run_export(job.id, 1, run_id="run", ports=ports)
    return ports.jobs.get(job.id)


def kept(ports, **changes):
    return ran(ports, requested(ports, options=KEEP, **changes))


def rendered(ports, job, file_format="jsonl", who=ANN, options=()):
    return request_rendition(job.id, file_format, dict(options), who, ports=ports).job


def body(ports, job):
    return ports.objects.objects[ports.jobs.get(job.id).result.object_key].body


def test_a_kept_result_lies_beside_its_file_and_stands_in_the_manifest(ports):
    job = kept(ports)
    beside = job.result.kept
    stored = ports.objects.objects[beside.object_key].body
    assert beside.object_key == f"{job.result.object_key}.kept.parquet"
    assert (beside.row_count, beside.size_bytes, beside.sha256) == (3, len(stored), hashlib.sha256(stored).hexdigest())
    assert b"4111" not in stored
    assert read_manifest(job.id, ANN, ports=ports)["kept"] == {
        "name": "sales.csv.kept.parquet", "bytes": len(stored), "rows": 3, "sha256": beside.sha256
    }  # fmt: skip


def test_nothing_is_kept_unless_asked_for_but_reports(ports):
    plain = ran(ports, requested(ports))
    report = ran(ports, request_report("metrics_summary", {"dataset": "sales"}, "html", ANN, ports=ports).job)
    assert plain.result.kept is None
    assert "kept" not in read_manifest(plain.id, ANN, ports=ports)
    assert report.result.kept.object_key == f"{report.result.object_key}.kept.json"
    assert json.loads(ports.objects.objects[report.result.kept.object_key].body)["is"] == "Report"


def test_a_kept_result_is_rendered_without_the_warehouse(ports):
    job = kept(ports, filters=ONE_DAY)
    ports.warehouse.snapshot_name = "fake@2"
    ports.warehouse.error = WarehouseUnavailable()
    again = ran(ports, rendered(ports, job))
    first, second = (read_manifest(each.id, ANN, ports=ports) for each in (job, again))
    assert [json.loads(line)["amount"] for line in body(ports, again).splitlines()] == ["10.50"]
    assert second["rendition_of"] == str(job.id)
    same = ("warehouse", "catalog_version", "rows_of", "filters", "redactions", "row_count", "dataset", "permissions")
    assert {name: first[name] for name in same} == {name: second[name] for name in same}
    assert [each["name"] for each in first["columns"]] == [each["name"] for each in second["columns"]]
    assert again.result.kept is None


def test_a_rendition_of_a_rendition_reads_what_the_first_job_has_kept(ports):
    second = ran(ports, rendered(ports, kept(ports)))
    ports.warehouse.error = WarehouseUnavailable()
    third = ran(ports, rendered(ports, second, "json"))
    assert (third.rendition.of, third.rendition.kept_by) == (second.id, second.rendition.of)
    assert third.result.row_count == 3


def test_a_report_is_rendered_of_its_own_figures(ports):
    given = {"dataset": "sales", "start_date": "2026-01-01", "end_date": "2026-01-31", "metrics": ["amount"]}
    first = ran(ports, request_report("metrics_summary", given, "html", ANN, ports=ports).job)
    ports.warehouse.error = WarehouseUnavailable()
    second = ran(ports, rendered(ports, first, "pdf"))
    kept_report = report_of_json(ports.objects.objects[first.result.kept.object_key].body)
    assert any(isinstance(section, Table) for section in kept_report.sections)
    assert body(ports, second).decode() == f"pdf\n{kept_report}"
    assert second.result.kept is None
    assert read_manifest(second.id, ANN, ports=ports)["warehouse"]["snapshot"] == "fake@1"


def test_what_was_kept_ends_with_its_job(ports):
    job = kept(ports)
    waiting = rendered(ports, job)
    assert expire(ports) == 0
    ports.clock.advance(timedelta(days=1).total_seconds())
    assert expire(ports) == 3
    assert ports.objects.objects == {}
    assert ran(ports, waiting).status is Status.COMPLETED  # the snapshot is still there
    ports.warehouse.snapshot_name = "fake@2"
    with pytest.raises(SnapshotGone):
        rendered(ports, job)


def test_a_rendition_that_waits_for_longer_than_its_result_is_kept_fails_at_once(ports):
    waiting = rendered(ports, kept(ports))
    ports.warehouse.snapshot_name = "fake@2"
    ports.clock.advance(timedelta(days=1).total_seconds())
    with pytest.raises(SnapshotGone):
        ran(ports, waiting)
    assert ports.jobs.get(waiting.id).status is Status.FAILED


def test_other_bytes_than_those_that_were_kept_are_never_rendered(ports):
    job = kept(ports)
    waiting = rendered(ports, job)
    stored = ports.objects.objects[job.result.kept.object_key]
    stored.body = stored.body.replace(b"10.50", b"99.50")
    with pytest.raises(ObjectStoreUnavailable):
        ran(ports, waiting)
    assert ports.jobs.get(waiting.id).status is Status.PENDING


def test_a_claim_that_is_lost_at_the_end_leaves_nothing_kept(ports):
    job = requested(ports, options=KEEP)
    with pytest.raises(LostClaim):
        ran(replace(ports, signer=CancelsMeanwhile(job, ports)), job)
    assert ports.objects.objects == {}


def test_an_attempt_that_fails_after_it_has_kept_its_result_takes_it_back(ports):
    job = requested(ports, options=KEEP)
    keep = ports.warehouse.keep

    def lost_rows(selection, upload, *, tick):
        return keep(selection, upload, tick=tick) - 1

    ports.warehouse.keep = lost_rows
    with pytest.raises(RowCountChanged):
        ran(ports, job)
    assert (ports.objects.objects, ports.objects.uploads) == ({}, {})


def test_a_manifest_that_cannot_be_stored_takes_file_and_kept_result_back(ports, monkeypatch):
    job, upload = requested(ports, options=KEEP), ports.objects.upload

    def refuses_manifests(key, **more):
        if key.endswith(".manifest.json"):
            raise ObjectStoreUnavailable
        return upload(key, **more)

    monkeypatch.setattr(ports.objects, "upload", refuses_manifests)
    with pytest.raises(ObjectStoreUnavailable):
        ran(ports, job)
    assert ports.objects.objects == {}


def test_a_kept_result_has_the_rights_of_its_job(ports):
    root = requester("root", "EXPORT_ALL")
    job = ran(ports, requested(ports, root, options=KEEP))
    with pytest.raises(NotAllowed):
        rendered(ports, job, who=requester("root"))
    hidden = replace(ports, catalog=Catalog((AIRPORTS,)))
    with pytest.raises(UnknownDataset):
        rendered(hidden, job, who=root)


def test_a_kept_result_is_described_as_it_was(ports):
    job = kept(ports)
    changed = replace(SALES, title="Sales of today", columns=SALES.columns[:1])
    again = ran(replace(ports, catalog=Catalog((changed,))), rendered(ports, job))
    assert again.result.columns == job.result.columns
    assert job.result.kept.title == "Sales"


def test_operators_do_not_see_what_the_requester_may(ports):
    root = requester("root", "EXPORT_ALL", "UNMASK")
    job = ran(ports, requested(ports, root, options=KEEP))
    again = rendered(ports, job, who=root)
    outcome = run_export(again.id, 1, run_id="run", ports=ports)
    assert b"4111" in body(ports, again)
    assert {row["card"] for row in outcome.preview} == {"***"}
    assert "4111" not in repr(outcome.preview)


def test_parts_that_parquet_cannot_give_back_are_refused_beforehand(ports):
    odd = replace(SALES, columns=(*SALES.columns, Column(name="facts", type="STRUCT(v VARIANT)")), types={})
    ports = replace(ports, catalog=Catalog((odd,)))
    with pytest.raises(InvalidOption, match="facts"):
        requested(ports, options=KEEP)
    requested(ports, options=KEEP, filters=Filters(columns=("day",)))
    requested(ports)
