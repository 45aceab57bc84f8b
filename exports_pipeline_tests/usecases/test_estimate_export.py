"""An estimate tells what an export would be, with the rights of whoever asks, and leaves nothing behind."""

from dataclasses import replace
from datetime import date

import pytest

from exports_pipeline.core.catalog import Catalog, Column
from exports_pipeline.core.estimate import Basis, SampleFile
from exports_pipeline.core.export_job import ExportRequest
from exports_pipeline.core.filters import Filters
from exports_pipeline.core.ledger import Outlook
from exports_pipeline.core.limits import Limits
from exports_pipeline.core.refusals import InvalidOption, UnknownAccount, UnknownColumn, UnknownDataset, UnknownFormat
from exports_pipeline.usecases.estimate_export import estimate_export
from exports_pipeline.usecases.request_export import request_export
from exports_pipeline.usecases.run_export import run_export
from exports_pipeline_tests.builders import requester
from exports_pipeline_tests.fakes.ports import AIRPORTS, SALES, fake_ports

ANN = requester("ann")


@pytest.fixture
def ports():
    return fake_ports()


def estimated(ports, who=ANN, **changes):
    return estimate_export(ExportRequest(**{"dataset": "sales", "format": "csv", **changes}), who, ports=ports)


def exported_bytes(ports, who=ANN, **changes):
    request = ExportRequest(**{"dataset": "sales", "format": "csv", **changes})
    job = request_export(request, who, ports=ports).job
    run_export(job.id, 1, run_id="run", ports=ports)
    return ports.jobs.get(job.id).result.size_bytes


def test_rows_and_bytes_of_a_small_result_are_those_of_its_file(ports):
    told = estimated(ports)
    assert (told.rows, told.rows_are_exact, told.fits, told.why_not) == (3, True, True, None)
    assert told.bytes == exported_bytes(ports)


def test_the_first_rows_are_ones_own_and_redacted_as_in_the_file(ports):
    told = estimated(ports)
    assert [row["seller"] for row in told.preview] == ["ann", "ann", "ann"]
    assert {row["card"] for row in told.preview} == {"***"}
    assert "pin" not in told.preview[0]
    assert told.redactions == {"card": "mask"}


def test_who_sees_more_in_the_file_sees_more_in_the_preview(ports):
    told = estimated(ports, requester("root", "EXPORT_ALL", "UNMASK"))
    assert {row["seller"] for row in told.preview} == {"ann", "bob"}
    assert {row["card"] for row in told.preview} == {"4111"}


def test_filters_and_columns_narrow_the_estimate(ports):
    told = estimated(ports, filters=Filters(start_date=date(2026, 1, 2), tag_ids=("food",), columns=("amount",)))
    assert (told.rows, told.preview) == (1, [{"amount": "12.50"}])


def test_no_rows_are_an_estimate_too(ports):
    told = estimated(ports, requester("nobody"))
    assert (told.rows, told.rows_are_exact, told.preview, told.fits) == (0, True, [], True)


def test_nothing_is_written_down_but_that_somebody_looked(ports):
    estimated(ports)
    assert (ports.jobs.jobs, ports.objects.objects, ports.objects.uploads) == ({}, {}, {})
    assert [each.action for each in ports.jobs.audit] == ["export.estimated"]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"dataset": "payroll"}, UnknownDataset),
        ({"format": "doc"}, UnknownFormat),
        ({"options": {"bom": 1}}, InvalidOption),
        ({"filters": Filters(columns=("pin", "nothing"))}, UnknownColumn),
        ({"filters": Filters(account_ids=("3",))}, UnknownAccount),
    ],
)
def test_what_an_export_would_refuse_is_refused(ports, changes, error):
    with pytest.raises(error):
        estimated(ports, **changes)


def test_a_count_that_takes_too_long_is_guessed_from_a_sample_and_marked(ports):
    airports = [{"code": "JFK"}] * 5_000
    ports.warehouse.rows_by_dataset["airports"] = airports
    late = iter([0.5])
    ports.warehouse.before_count = lambda: ports.clock.advance(next(late, 0.0))
    told = estimated(ports, dataset="airports")
    assert (told.rows, told.rows_are_exact) == (5_000, False)
    assert told.bytes == pytest.approx(exported_bytes(ports, dataset="airports"), rel=0.01)


def test_a_warehouse_that_takes_too_long_for_anything_leaves_gaps_and_no_error(ports):
    ports.warehouse.before_count = lambda: ports.clock.advance(2.0)
    told = estimated(ports)
    assert (told.rows, told.rows_are_exact, told.bytes, told.preview, told.fits) == (None, False, None, None, None)
    assert (told.run_s, told.seconds, told.basis) == (None, None, None)


def test_more_rows_than_a_format_may_have_do_not_fit_and_the_sentence_says_what_does(ports):
    told = estimated(replace(ports, limits=Limits(pdf_rows=2)), format="pdf")
    assert (told.rows, told.fits, told.bytes, told.seconds) == (3, False, None, None)
    assert "choose xlsx, csv or parquet" in told.why_not
    assert len(told.preview) == 3


def test_more_columns_than_a_format_can_hold_do_not_fit(ports):
    many = tuple(Column(name=f"c{place}", type="VARCHAR") for place in range(16_385))
    ports.warehouse.rows_by_dataset["airports"] = []
    told = estimated(
        replace(ports, catalog=Catalog((replace(AIRPORTS, columns=many),))), dataset="airports", format="xlsx"
    )
    assert told.fits is False
    assert "256 columns" in told.why_not


def test_a_workbook_tells_its_sheets(ports):
    assert (estimated(ports, format="xlsx").sheets, estimated(ports).sheets) == (1, None)


def test_seconds_come_from_recent_jobs_of_the_format_where_there_are_any(ports):
    assert estimated(ports).basis is Basis.SAMPLE
    ports.warehouse.before_write = lambda _tick: ports.clock.advance(4)
    exported_bytes(ports)
    ports.warehouse.before_write = lambda _tick: None
    told = estimated(ports)
    assert (told.basis, told.run_s, told.wait_s, told.seconds) == (Basis.RECENT_JOBS, 4.0, 0.0, 4.0)
    assert estimated(ports, format="json").basis is Basis.SAMPLE


def test_the_line_through_recent_jobs_tells_the_fixed_part_from_the_rows():
    line = Outlook(wait_s=0, jobs=9, mean_s=3, mean_rows=100, fixed_s=2, row_s=0.01)
    assert line.seconds_for(1_000) == 12
    flat = replace(line, row_s=0.0)
    assert (flat.seconds_for(10), flat.seconds_for(1_000)) == (3, 30)
    assert Outlook(wait_s=0, jobs=0).seconds_for(10) is None


def test_the_overhead_of_a_file_is_counted_once():
    sizes = {"rows": 2_000, "bytes": 10_000 + 2_000 * 7, "fewer_rows": 100, "fewer_bytes": 10_000 + 700}
    sample = SampleFile(**sizes, seconds=2.0, fewer_seconds=0.1)
    assert (sample.bytes_of(1_000_000), sample.seconds_of(1_000_000)) == (7_010_000, pytest.approx(1_000))
    assert sample.seconds_of(10) == 2.0
    assert replace(sample, fewer_seconds=2.0).seconds_of(1_000_000) is None


def test_the_account_of_somebody_else_is_as_unknown_as_none(ports):
    assert SALES.account
    with pytest.raises(UnknownAccount):
        estimated(ports, requester("bob"), filters=Filters(account_ids=("1",)))
