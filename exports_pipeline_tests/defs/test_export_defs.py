"""The Dagster job of an export and its sensors, over ports in memory."""

import dagster as dg
import pytest

from exports_pipeline.adapters.export_runs import run_config, run_tags
from exports_pipeline.core.errors import WarehouseBusy
from exports_pipeline.core.export_job import ExportRequest
from exports_pipeline.core.lifecycle import Status
from exports_pipeline.core.recipient import Channel, Recipient
from exports_pipeline.definitions import defs
from exports_pipeline.defs.export import dataset_export
from exports_pipeline.defs.safety_nets import (
    cancelled_export_runs,
    failed_export_runs,
    silent_exports,
    waiting_exports,
)
from exports_pipeline.defs.upkeep import expiry
from exports_pipeline.usecases.cancel_export import cancel_export
from exports_pipeline.usecases.request_export import request_export
from exports_pipeline_tests.builders import requester
from exports_pipeline_tests.fakes.ports import fake_ports

ANN = requester("ann")


@pytest.fixture
def ports():
    return fake_ports()


@pytest.fixture
def instance():
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


def requested(ports, **more):
    return request_export(ExportRequest(dataset="sales", format="csv"), ANN, ports=ports, **more).job


def execute(job, ports, instance):
    return dataset_export.execute_in_process(
        run_config=run_config(job),
        tags=run_tags(job),
        resources={"ports": ports},
        instance=instance,
        raise_on_error=False,
    )


def metadata_of(result, op):
    (event,) = [event for event in result.all_events if event.is_successful_output and event.step_key == op]
    return {name: entry.value for name, entry in event.step_output_data.metadata.items()}


def test_a_run_completes_its_job_and_shows_the_figures(ports, instance):
    job = requested(ports)
    result = execute(job, ports, instance)
    assert result.success
    done = ports.jobs.get(job.id)
    assert (done.status, done.run_id) == (Status.COMPLETED, result.run_id)
    seen = metadata_of(result, "export_rows")
    assert (seen["rows"], seen["bytes"], seen["sha256"]) == (3, done.result.size_bytes, done.result.sha256)
    assert {"seconds", "rows_per_second", "object_key", "columns", "preview"} <= set(seen)


def test_a_run_leads_to_the_page_of_its_job(ports, instance):
    job = requested(ports)
    page = f"{ports.public_url}/exports/{job.id}"
    assert run_tags(job, public_url=ports.public_url)["exports/page"] == page
    assert "exports/page" not in run_tags(job)
    assert metadata_of(execute(job, ports, instance), "export_rows")["page"] == page


def test_the_preview_is_a_table_without_secrets(ports, instance):
    seen = metadata_of(execute(requested(ports), ports, instance), "export_rows")
    header, _, first, *_ = seen["preview"].splitlines()
    assert header == "| day | seller | shop | kind | amount | card |"
    assert "4111" not in seen["preview"]
    assert "\\*\\*\\*" in first or "***" in first


def test_cells_cannot_break_out_of_the_preview(ports, instance):
    for row in ports.warehouse.rows_by_dataset["sales"]:
        row["kind"] = "a|b\n<script>" + "x" * 200
    seen = metadata_of(execute(requested(ports), ports, instance), "export_rows")
    assert "a\\|b &lt;script>" in seen["preview"]
    assert len(seen["preview"].splitlines()) == 5


def test_an_export_without_rows_says_so(ports, instance):
    ports.warehouse.rows_by_dataset["sales"] = []
    assert metadata_of(execute(requested(ports), ports, instance), "export_rows")["preview"] == "no rows"


def test_a_run_that_finds_nobody_home_ends_green_and_says_why(ports, instance):
    job = requested(ports)
    execute(job, ports, instance)
    result = execute(job, ports, instance)
    assert result.success
    assert "nothing was done" in metadata_of(result, "export_rows")["remark"]


def test_a_failed_attempt_is_a_failed_run(ports, instance):
    job = requested(ports)
    ports.warehouse.error = WarehouseBusy()
    assert not execute(job, ports, instance).success
    assert ports.jobs.get(job.id).attempt == 2


def test_the_run_of_a_cancelled_job_ends_as_cancelled(ports, instance):
    job = requested(ports)

    def cancel(tick):
        cancel_export(job.id, ANN, ports=ports)
        ports.clock.advance(1)
        tick(0.5)

    ports.warehouse.before_write = cancel
    result = execute(job, ports, instance)
    assert instance.get_run_by_id(result.run_id).status is dg.DagsterRunStatus.CANCELED


def test_deliveries_are_sent_by_the_second_op_and_cannot_fail_the_run(ports, instance):
    to = [Recipient(channel=Channel.TELEGRAM, address="42")]
    result = execute(requested(ports, recipients=to), ports, instance)
    assert metadata_of(result, "send_deliveries") == {"sent": 1, "postponed": 0, "failed": 0}
    ports.senders["telegram"].error = WarehouseBusy()
    result = execute(requested(ports, recipients=to), ports, instance)
    assert result.success
    assert metadata_of(result, "send_deliveries")["postponed"] == 1


def test_the_sensor_requests_runs_for_what_waits(ports, instance):
    job = requested(ports)
    context = dg.build_sensor_context(instance=instance, definitions=defs)
    requests = list(waiting_exports(context, ports=ports))
    assert [(request.run_key, request.run_config) for request in requests] == [
        (f"{job.id}:1", {"job_id": str(job.id), "attempt": 1})
    ]
    assert requests[0].tags["exports/dataset"] == "sales"
    assert list(waiting_exports(context, ports=ports)) == []


def test_the_sensor_settles_silent_attempts(ports, instance):
    job = requested(ports)
    ports.jobs.claim(job.id, 1, run_id="run", now=ports.clock())
    ports.clock.advance(60)
    context = dg.build_sensor_context(instance=instance)
    assert silent_exports(context, ports=ports).skip_message == "1 attempts settled"
    assert ports.jobs.get(job.id).attempt == 2


def claimed(ports, run):
    """A job whose attempt a run has claimed."""
    job = requested(ports)
    return ports.jobs.claim(job.id, 1, run_id=run, now=ports.clock())


def ended_run(instance, job, status, run_id):
    return dg.build_run_status_sensor_context(
        sensor_name="sensor",
        dagster_instance=instance,
        dagster_run=instance.create_run_for_job(
            dataset_export, tags=run_tags(job), run_config=run_config(job), run_id=run_id
        ),
        dagster_event=dg.DagsterEvent(event_type_value=status, job_name="dataset_export"),
    )


def test_a_run_that_dagster_saw_fail_frees_its_attempt(ports, instance):
    run_id = dg.DagsterRun(job_name="dataset_export").run_id
    job = claimed(ports, run_id)
    context = ended_run(instance, job, "PIPELINE_FAILURE", run_id).for_run_failure()
    failed_export_runs(context, ports=ports)
    assert ports.jobs.get(job.id).attempt == 2


def test_a_run_that_an_operator_cancelled_cancels_the_job(ports, instance):
    run_id = dg.DagsterRun(job_name="dataset_export").run_id
    job = claimed(ports, run_id)
    cancelled_export_runs(ended_run(instance, job, "PIPELINE_CANCELED", run_id), ports=ports)
    assert ports.jobs.get(job.id).status is Status.CANCELLED


def test_expiry_deletes_what_nobody_may_download(ports, instance):
    execute(requested(ports), ports, instance)
    ports.clock.advance(25 * 3600)
    assert expiry.execute_in_process(resources={"ports": ports}, instance=instance).success
    assert ports.objects.objects == {}


def test_everything_has_a_description_for_the_operator():
    repository = defs.get_repository_def()
    for job in repository.get_all_jobs():
        if job.name.startswith("__"):
            continue
        assert job.description
        assert all(node.definition.description for node in job.nodes)
    assert all(sensor.description for sensor in repository.sensor_defs)
    assert all(schedule.description for schedule in repository.schedule_defs)


def test_the_run_config_is_the_attempt_and_nothing_else(ports):
    assert set(run_config(requested(ports))) == {"job_id", "attempt"}
