"""A rendition is the same result in another format: same rows, same rights, same snapshot, or none at all."""

from dataclasses import replace
from datetime import date
from uuid import uuid4

import pytest

from exports_pipeline.core.catalog import Catalog
from exports_pipeline.core.export_job import ExportRequest
from exports_pipeline.core.filters import Filters
from exports_pipeline.core.formats import Format
from exports_pipeline.core.ledger import Page
from exports_pipeline.core.lifecycle import Status
from exports_pipeline.core.limits import Limits
from exports_pipeline.core.refusals import (
    InvalidOption,
    NotAllowed,
    NotCompleted,
    SnapshotGone,
    TooManyRowsForFormat,
    UnknownExportJob,
    UnknownFormat,
)
from exports_pipeline.usecases.receipts import read_manifest
from exports_pipeline.usecases.request_export import request_export
from exports_pipeline.usecases.request_rendition import request_rendition
from exports_pipeline.usecases.request_report import request_report
from exports_pipeline.usecases.run_export import run_export
from exports_pipeline_tests.builders import requester
from exports_pipeline_tests.fakes.ports import AIRPORTS, SALES, fake_ports

ANN, ROOT = requester("ann"), requester("root", "EXPORT_ALL", "UNMASK", "MANAGE_EXPORTS")
ONE_DAY = Filters(start_date=date(2026, 1, 1), end_date=date(2026, 1, 1), columns=("day", "card"))


@pytest.fixture
def ports():
    return fake_ports()


def completed(ports, who=ANN, **changes):
    request = ExportRequest(**{"dataset": "sales", "format": "csv", **changes})
    return ran(ports, request_export(request, who, ports=ports).job)


def ran(ports, job):
    run_export(job.id, 1, run_id="run", ports=ports)
    return ports.jobs.get(job.id)


def rendered(ports, job, file_format="parquet", who=ANN, options=(), **more):
    return request_rendition(job.id, file_format, dict(options), who, ports=ports, **more)


def test_a_rendition_is_a_job_of_its_own_with_the_filters_of_the_first(ports):
    first = completed(ports, filters=ONE_DAY, options={"timezone": "Europe/Prague", "bom": True})
    second = ran(ports, rendered(ports, first, "jsonl", options={"compression": "gzip"}).job)
    assert (second.format, second.filters, second.options.timezone) == (Format.JSONL, ONE_DAY, "Europe/Prague")
    assert (second.rendition.of, second.result.row_count) == (first.id, first.result.row_count)
    assert second.result.object_key != first.result.object_key
    assert read_manifest(second.id, ANN, ports=ports)["rendition_of"] == str(first.id)
    assert ports.jobs.audit[-1].action == "export.rendition_requested"


def test_somebody_elses_result_is_unknown_also_to_who_manages_exports(ports):
    job = completed(ports)
    for who in (requester("bob"), ROOT):
        with pytest.raises(UnknownExportJob):
            rendered(ports, job, who=who)
    with pytest.raises(UnknownExportJob):
        request_rendition(uuid4(), "csv", {}, ANN, ports=ports)


def test_a_rendition_has_the_rights_of_its_result_and_no_more(ports):
    job = completed(ports)
    promoted = replace(ROOT, user_id=ANN.user_id, owner_key=ANN.owner_key)
    again = rendered(ports, job, "jsonl", who=promoted).job
    assert again.requester.permissions == ANN.permissions
    ran(ports, again)
    assert b"4111" not in ports.objects.objects[ports.jobs.get(again.id).result.object_key].body


@pytest.mark.parametrize("left", [("EXPORT_ALL",), ("UNMASK",), ()])
def test_a_right_that_was_taken_away_does_not_live_on(ports, left):
    job = completed(ports, ROOT)
    with pytest.raises(NotAllowed):
        rendered(ports, job, who=requester("root", *left))


def test_another_owner_key_in_the_token_is_another_right(ports):
    job = completed(ports)
    with pytest.raises(NotAllowed):
        rendered(ports, job, who=replace(ANN, owner_key="bob"))


def test_what_is_not_completed_has_no_renditions(ports):
    job = request_export(ExportRequest(dataset="sales", format="csv"), ANN, ports=ports).job
    with pytest.raises(NotCompleted):
        rendered(ports, job)


def test_another_snapshot_is_another_result(ports):
    job = completed(ports)
    ports.warehouse.snapshot_name = "fake@2"
    with pytest.raises(SnapshotGone, match="fake@1"):
        rendered(ports, job)
    assert len(ports.jobs.jobs) == 1


def test_a_snapshot_that_goes_while_the_rendition_waits_fails_it_at_once(ports):
    job = rendered(ports, completed(ports)).job
    ports.warehouse.snapshot_name = "fake@2"
    with pytest.raises(SnapshotGone):
        run_export(job.id, 1, run_id="run", ports=ports)
    settled = ports.jobs.get(job.id)
    assert (settled.status, settled.error.code) == (Status.FAILED, "snapshot_gone")
    assert len(ports.objects.objects) == 2  # of the first job


def test_a_dataset_that_was_defined_anew_gives_another_result(ports):
    job = completed(ports)
    changed = Catalog((replace(SALES, columns=SALES.columns[:-1]), AIRPORTS))
    with pytest.raises(SnapshotGone, match="definition"):
        rendered(replace(ports, catalog=changed), job)


def test_a_result_from_before_manifests_has_no_snapshot_to_compare(ports):
    job = completed(ports)
    ports.jobs.manifests.clear()
    with pytest.raises(SnapshotGone):
        rendered(ports, job)


def test_a_format_that_cannot_hold_the_result_is_refused_by_its_known_rows(ports):
    job = completed(ports)
    with pytest.raises(TooManyRowsForFormat):
        rendered(replace(ports, limits=Limits(pdf_rows=2)), job, "pdf")
    with pytest.raises(UnknownFormat):
        rendered(ports, job, "html")


def test_the_days_of_a_result_are_told_apart_in_its_own_zone(ports):
    job = completed(ports, options={"timezone": "Europe/Prague"})
    with pytest.raises(InvalidOption):
        rendered(ports, job, options={"timezone": "UTC"})
    assert rendered(ports, job, options={"timezone": "Europe/Prague"}).job.options.timezone == "Europe/Prague"


def test_an_identical_rendition_in_flight_is_shared(ports):
    job = completed(ports)
    first, second, other = rendered(ports, job), rendered(ports, job), rendered(ports, job, "json")
    assert (second.job.id, second.is_shared, second.is_replay) == (first.job.id, True, False)
    assert other.job.id != first.job.id
    ran(ports, first.job)
    assert rendered(ports, job).job.id != first.job.id


def test_a_rendition_with_a_key_is_its_clients_own(ports):
    job = completed(ports)
    first, keyed = rendered(ports, job), rendered(ports, job, idempotency_key="k")
    again = rendered(ports, job, idempotency_key="k")
    assert keyed.job.id != first.job.id
    assert (again.job.id, again.is_replay, again.is_shared) == (keyed.job.id, True, False)


def test_a_rendition_of_a_rendition_is_one_of_the_same_snapshot(ports):
    first = completed(ports)
    second = ran(ports, rendered(ports, first).job)
    third = rendered(ports, second, "json").job
    assert (third.rendition.of, third.rendition.snapshot) == (second.id, "fake@1")
    assert third.rendition.made_at == second.rendition.made_at


def test_a_report_is_rendered_again_with_its_parameters_as_of_its_day(ports):
    given = {"dataset": "sales"}
    first = ran(ports, request_report("metrics_summary", given, "html", ANN, ports=ports).job)
    ports.clock.advance(3 * 86_400)
    second = ran(ports, rendered(ports, first, "pdf").job)
    assert (second.type, second.format, second.parameters) == ("report", Format.PDF, first.parameters)
    assert second.result.download_name.partition(".")[0] == first.result.download_name.partition(".")[0]
    with pytest.raises(InvalidOption):
        rendered(ports, first, "pdf", options={"paper": "a4"})
    with pytest.raises(UnknownFormat):
        rendered(ports, first, "csv")
    ports.warehouse.snapshot_name = "fake@2"
    ports.clock.advance(4 * 86_400)  # what was kept has expired
    with pytest.raises(SnapshotGone):
        rendered(ports, first, "xlsx")


def test_exports_and_reports_are_shared_only_by_those_who_say_so(ports):
    request = ExportRequest(dataset="sales", format="csv", filters=ONE_DAY)
    first = request_export(request, ANN, ports=ports).job
    assert request_export(request, ANN, ports=ports).job.id != first.id
    shared = request_export(request, ANN, ports=ports, share=True)
    assert (shared.job.id, shared.is_shared) == (first.id, True)
    assert len(ports.jobs.page(ANN.user_id, Page())) == 2
    with_more_rights = replace(ROOT, user_id=ANN.user_id, owner_key=ANN.owner_key)
    assert not request_export(request, with_more_rights, ports=ports, share=True).is_shared
    assert not request_export(request, requester("bob"), ports=ports, share=True).is_shared
    assert not request_export(request, ANN, ports=ports, share=True, idempotency_key="k").is_shared
    report = ("metrics_summary", {"dataset": "sales"}, "html", ANN)
    one = request_report(*report, ports=ports).job
    assert request_report(*report, ports=ports, share=True).job.id == one.id
