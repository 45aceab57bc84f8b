"""A request becomes a row."""

from dataclasses import replace
from datetime import date

import pytest

from exports_pipeline.core.catalog import Catalog, Column, Dataset
from exports_pipeline.core.errors import LedgerUnavailable, WarehouseBusy
from exports_pipeline.core.export_job import ExportRequest
from exports_pipeline.core.filters import Filters
from exports_pipeline.core.formats import Format
from exports_pipeline.core.lifecycle import Status
from exports_pipeline.core.limits import Limits
from exports_pipeline.core.recipient import Channel, Recipient
from exports_pipeline.core.refusals import (
    IdempotencyKeyReused,
    InvalidOption,
    TooManyColumnsForFormat,
    TooManyRowsForFormat,
    UnknownAccount,
    UnknownDataset,
    UnknownFormat,
    UnknownTag,
)
from exports_pipeline.usecases.request_export import request_export
from exports_pipeline_tests.builders import requester
from exports_pipeline_tests.fakes.ports import fake_ports

ANN = requester("ann")


def request(**changes):
    return ExportRequest(**{"dataset": "sales", "format": "csv", **changes})


def test_a_good_request_becomes_a_pending_job_with_an_audit_entry():
    ports = fake_ports()
    requested = request_export(request(), ANN, ports=ports)
    assert (requested.job.status, requested.is_replay) == (Status.PENDING, False)
    assert requested.job.tag_summary == ("finance",)
    (entry,) = ports.audit.audit
    assert (entry.action, entry.actor, entry.job_id) == ("export.requested", ANN.user_id, requested.job.id)


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        (request(dataset="payroll"), UnknownDataset),
        (request(format="exe"), UnknownFormat),
        (request(options={"compression": "rar"}), InvalidOption),
        (request(filters=Filters(account_ids=("3",))), UnknownAccount),
        (request(filters=Filters(tag_ids=("food", "books"))), UnknownTag),
    ],
)
def test_a_bad_request_leaves_no_row(bad, error):
    ports = fake_ports()
    with pytest.raises(error):
        request_export(bad, ANN, ports=ports)
    assert ports.jobs.jobs == {}
    assert ports.audit.audit == []


def test_more_columns_than_the_format_holds_are_refused_before_anything_runs():
    wide = Dataset(
        name="wide",
        relation="wide",
        public=True,
        columns=tuple(Column(name=f"c{n}", type="INTEGER") for n in range(257)),
    )
    ports = replace(fake_ports(), catalog=Catalog((wide,)))
    with pytest.raises(TooManyColumnsForFormat) as caught:
        request_export(request(dataset="wide", format="xlsx"), ANN, ports=ports)
    assert caught.value.field == "columns"
    assert request_export(request(dataset="wide", format="csv"), ANN, ports=ports).job.dataset == "wide"


def test_the_account_of_somebody_else_is_as_unknown_as_one_that_does_not_exist():
    ports = fake_ports()
    sentences = set()
    for account in ("3", "999"):
        with pytest.raises(UnknownAccount) as caught:
            request_export(request(filters=Filters(account_ids=(account,))), ANN, ports=ports)
        sentences.add(caught.value.sentence.replace(account, "N"))
    assert len(sentences) == 1


def test_only_the_first_unknown_values_are_listed():
    with pytest.raises(UnknownTag, match=r"'t4' and 3 more"):
        request_export(request(filters=Filters(tag_ids=tuple(f"t{n}" for n in range(8)))), ANN, ports=fake_ports())


def test_known_accounts_and_tags_pass_whatever_their_date():
    filters = Filters(account_ids=("1", "2"), tag_ids=("food",), start_date=date(2030, 1, 1))
    assert request_export(request(filters=filters), ANN, ports=fake_ports()).job.filters == filters


def test_a_warehouse_that_is_being_written_does_not_refuse_requests():
    ports = fake_ports()
    ports.warehouse.error = WarehouseBusy()
    assert request_export(request(filters=Filters(account_ids=("1",))), ANN, ports=ports).job.status is Status.PENDING


def test_the_same_key_gives_the_same_job():
    ports = fake_ports()
    first = request_export(request(), ANN, ports=ports, idempotency_key="k")
    second = request_export(request(), ANN, ports=ports, idempotency_key="k")
    assert second.is_replay
    assert second.job.id == first.job.id
    assert len(ports.jobs.jobs) == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"request": request(format="json")},
        {"request": request(filters=Filters(tag_ids=("food",)))},
        {"recipients": [Recipient(channel=Channel.TELEGRAM, address="9")]},
    ],
)
def test_the_same_key_for_something_else_is_refused(changed):
    ports = fake_ports()
    request_export(request(), ANN, ports=ports, idempotency_key="k")
    with pytest.raises(IdempotencyKeyReused):
        request_export(changed.pop("request", request()), ANN, ports=ports, idempotency_key="k", **changed)


def test_a_lost_database_is_said_at_once():
    ports = fake_ports()
    ports.jobs.is_away = True
    with pytest.raises(LedgerUnavailable):
        request_export(request(), ANN, ports=ports)


def test_more_rows_than_a_pdf_may_have_are_refused_before_a_job_is_made():
    ports = fake_ports(limits=Limits(pdf_rows=2))
    with pytest.raises(TooManyRowsForFormat, match="csv or parquet") as caught:
        request_export(request(format="pdf"), ANN, ports=ports)
    assert caught.value.field == "format"
    assert not ports.jobs.audit
    assert request_export(request(format="csv"), ANN, ports=ports).job.format is Format.CSV
    assert request_export(request(format="pdf"), requester("bob"), ports=ports).job.format is Format.PDF


def test_what_takes_long_to_count_is_let_through_to_the_run():
    ports = fake_ports(limits=Limits(pdf_rows=2))
    ports.warehouse.counts_in_time = False
    assert request_export(request(format="pdf"), ANN, ports=ports).job.format is Format.PDF
