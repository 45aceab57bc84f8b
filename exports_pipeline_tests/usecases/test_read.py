"""Reading jobs, files and datasets within one's own rights."""

from uuid import uuid4

import pytest

from exports_pipeline.core.export_job import ExportRequest
from exports_pipeline.core.ledger import Page
from exports_pipeline.core.lifecycle import Status
from exports_pipeline.core.refusals import (
    FilterNotSupported,
    NotCompleted,
    ResultExpired,
    UnknownDataset,
    UnknownExportJob,
    WrongStatus,
)
from exports_pipeline.usecases.cancel_export import cancel_export
from exports_pipeline.usecases.read_datasets import list_datasets, read_dataset, read_values
from exports_pipeline.usecases.read_exports import (
    download_url,
    list_exports,
    look_at_exports,
    open_download,
    read_export,
)
from exports_pipeline.usecases.request_export import request_export
from exports_pipeline.usecases.retry_export import retry_export
from exports_pipeline.usecases.run_export import run_export
from exports_pipeline_tests.builders import requester
from exports_pipeline_tests.fakes.ports import fake_ports

ANN, BOB = requester("ann"), requester("bob")
MANAGER = requester("mo", "MANAGE_EXPORTS")
BOSS = requester("boss", "EXPORT_ALL")


@pytest.fixture
def ports():
    return fake_ports()


def requested(ports, who=ANN):
    return request_export(ExportRequest(dataset="sales", format="csv"), who, ports=ports).job


def completed(ports):
    job = requested(ports)
    run_export(job.id, 1, run_id="run", ports=ports)
    return ports.jobs.get(job.id)


@pytest.mark.parametrize("action", [read_export, cancel_export, retry_export, open_download])
def test_the_job_of_somebody_else_does_not_exist(ports, action):
    job = requested(ports)
    with pytest.raises(UnknownExportJob):
        action(job.id, BOB, ports=ports)
    with pytest.raises(UnknownExportJob):
        action(uuid4(), ANN, ports=ports)
    assert ports.jobs.get(job.id) == job


def test_those_who_manage_exports_may_see_and_cancel_them(ports):
    job = requested(ports)
    assert read_export(job.id, MANAGER, ports=ports) == job
    assert cancel_export(job.id, MANAGER, ports=ports).status is Status.CANCELLED
    assert ports.audit.audit[-1].actor == MANAGER.user_id


def test_a_list_shows_ones_own_jobs(ports):
    job = requested(ports)
    requested(ports, BOB)
    assert list_exports(ANN, Page(), ports=ports) == [job]


def test_a_completed_job_has_a_link_until_it_expires(ports):
    job = completed(ports)
    assert job.result.object_key in download_url(job, ports=ports)
    assert "valid=3600" in open_download(job.id, ANN, ports=ports)
    assert ports.audit.audit[-1].action == "export.download_link"
    ports.clock.advance(24 * 3600)
    assert download_url(job, ports=ports) is None
    with pytest.raises(ResultExpired):
        open_download(job.id, ANN, ports=ports)


def test_a_job_without_a_file_has_no_link(ports):
    job = requested(ports)
    assert download_url(job, ports=ports) is None
    with pytest.raises(NotCompleted, match="pending"):
        open_download(job.id, ANN, ports=ports)


def test_a_completed_job_can_be_neither_cancelled_nor_retried(ports):
    job = completed(ports)
    with pytest.raises(WrongStatus):
        cancel_export(job.id, ANN, ports=ports)
    with pytest.raises(WrongStatus):
        retry_export(job.id, ANN, ports=ports)


def test_a_pending_job_knows_its_place_in_the_queue(ports):
    jobs = [requested(ports), requested(ports)]
    seen = look_at_exports([job.id for job in jobs], ports=ports)
    assert {seen[job.id].place.position for job in jobs} == {1, 2}
    done = completed(ports)
    assert look_at_exports([done.id], ports=ports)[done.id].place is None


def test_datasets_are_those_one_may_export(ports):
    assert [dataset.name for dataset in list_datasets(ANN, ports=ports)] == ["sales", "airports"]
    with pytest.raises(UnknownDataset):
        read_dataset("payroll", ANN, ports=ports)


def test_a_dataset_shows_columns_and_dates_as_the_caller_gets_them(ports):
    mine = read_dataset("sales", ANN, ports=ports)
    assert "pin" not in [column.name for column in mine.columns]
    assert (mine.first_date, mine.last_date) == ("2026-01-01", "2026-01-03")
    assert read_dataset("sales", BOSS, ports=ports).last_date == "2026-01-05"


def test_a_dataset_without_rows_or_time_has_no_dates(ports):
    nobody = read_dataset("sales", requester("nobody"), ports=ports)
    assert (nobody.first_date, nobody.last_date) == (None, None)
    assert read_dataset("airports", ANN, ports=ports).first_date is None


def test_filter_values_come_from_ones_own_rows(ports):
    def values(kind, prefix=""):
        return read_values("sales", ANN, kind=kind, prefix=prefix, limit=10, ports=ports)

    assert values("account") == ["1", "2"]
    assert values("tag", "f") == ["food"]
    with pytest.raises(FilterNotSupported):
        values("colour")
