"""The Dagster job of an export, and the sensors that keep exports moving."""

from collections.abc import Iterator
from uuid import UUID

import dagster as dg
from dagster._core.errors import DagsterExecutionInterruptedError
from dagster_postgres.utils import DagsterPostgresException
from pydantic import Field
from sqlalchemy.exc import SQLAlchemyError

from exports_pipeline.adapters.export_runs import attempt_of_tags, run_config, run_tags
from exports_pipeline.core.errors import LostClaim
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.defs.metadata import outcome_as_metadata
from exports_pipeline.defs.run_log import AS_JSON, ids_bound, json_lines, log_deliveries, log_outcome
from exports_pipeline.usecases.deliver import deliver
from exports_pipeline.usecases.dispatch_exports import reserve
from exports_pipeline.usecases.reconcile import reconcile, settle_ended_run
from exports_pipeline.usecases.run_export import run_export
from exports_pipeline.wiring import nudge_dispatch


class Attempt(dg.Config):
    """Which try of which export job; everything else stands in the ledger."""

    job_id: str = Field(description="Id of the export job, a UUID; `export_jobs.id` in Postgres.")
    attempt: int = Field(
        description="Which try it is, counted from 1. A run for another try than the current one ends at once."
    )


@dg.op(out=dg.Out(dg.Nothing), tags={"kind": "duckdb"})
def export_rows(context: dg.OpExecutionContext, config: Attempt, ports: dg.ResourceParam[ExportPorts]) -> None:
    """Claims the attempt, streams its rows from DuckDB into a file in S3, and settles the export job.

    A run that finds its attempt taken, cancelled or over does nothing and ends green.
    """
    try:
        with ids_bound(job_id=config.job_id, attempt=config.attempt, run_id=context.run_id):
            outcome = run_export(
                UUID(config.job_id),
                config.attempt,
                run_id=context.run_id,
                ports=ports,
                is_stopped=lambda: _is_stopped(context),
            )
            log_outcome(outcome)
    except LostClaim as error:
        context.instance.report_run_canceling(context.run)
        raise DagsterExecutionInterruptedError from error  # ends a run that is CANCELING as CANCELED
    finally:
        nudge_dispatch(ports)
    context.add_output_metadata(outcome_as_metadata(outcome))


@dg.op(ins={"exported": dg.In(dg.Nothing)}, out=dg.Out(dg.Nothing), tags={"kind": "delivery"})
def send_deliveries(context: dg.OpExecutionContext, config: Attempt, ports: dg.ResourceParam[ExportPorts]) -> None:
    """Sends the result to whoever is to hear of it; the sweep tries again what fails."""
    with ids_bound(job_id=config.job_id, attempt=config.attempt, run_id=context.run_id):
        delivered = deliver(ports, job_id=UUID(config.job_id))
        log_deliveries(delivered)
    context.add_output_metadata({"sent": delivered.sent, "postponed": delivered.postponed, "failed": delivered.failed})


@dg.config_mapping
def attempt_of_run(attempt: Attempt) -> dg.RunConfig:
    """Hands the attempt to both ops."""
    return dg.RunConfig(ops={"export_rows": attempt, "send_deliveries": attempt}, loggers=AS_JSON)


@dg.job(config=attempt_of_run, executor_def=dg.in_process_executor, logger_defs={"json_lines": json_lines})
def dataset_export() -> None:
    """One attempt of an export job: rows of a dataset become a file in S3, and the people concerned hear of it."""
    send_deliveries(exported=export_rows())


@dg.sensor(
    job=dataset_export,
    minimum_interval_seconds=5,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Safety net of the dispatch: launches pending export jobs into free slots. Usually finds none, because "
    "the API and the workers dispatch by themselves.",
)
def waiting_exports(ports: dg.ResourceParam[ExportPorts]) -> Iterator[dg.RunRequest]:
    """Launches pending export jobs whose dispatch was missed, because the API or a worker was away."""
    for job in reserve(ports):
        yield dg.RunRequest(run_key=f"{job.id}:{job.attempt}", run_config=run_config(job), tags=run_tags(job))


@dg.sensor(
    minimum_interval_seconds=5,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Finds attempts whose worker vanished and launches that never began, and queues their next attempt. "
    "Says how many in its skip reason.",
)
def silent_exports(ports: dg.ResourceParam[ExportPorts]) -> dg.SkipReason:
    """Settles attempts whose worker vanished, and launches that never began."""
    return dg.SkipReason(f"{reconcile(ports)} attempts settled")


@dg.run_failure_sensor(
    monitored_jobs=[dataset_export],
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Settles the export job of a run that failed without saying so to the ledger.",
)
def failed_export_runs(context: dg.RunFailureSensorContext, ports: dg.ResourceParam[ExportPorts]) -> None:
    """Settles the attempt of a run that failed without doing so itself."""
    _settle(context, ports, is_cancelled=False)


@dg.run_status_sensor(
    run_status=dg.DagsterRunStatus.CANCELED,
    monitored_jobs=[dataset_export],
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Cancels the export job of a run that was terminated in this UI.",
)
def cancelled_export_runs(context: dg.RunStatusSensorContext, ports: dg.ResourceParam[ExportPorts]) -> None:
    """Cancels the export job of a run that an operator has terminated."""
    _settle(context, ports, is_cancelled=True)


def _settle(context: dg.RunStatusSensorContext, ports: ExportPorts, *, is_cancelled: bool) -> None:
    attempt = attempt_of_tags(dict(context.dagster_run.tags))
    if attempt is not None:
        run_id = context.dagster_run.run_id
        settle_ended_run(*attempt, run_id=run_id, is_cancelled=is_cancelled, ports=ports)


def _is_stopped(context: dg.OpExecutionContext) -> bool:
    try:
        run = context.instance.get_run_by_id(context.run_id)
    except (DagsterPostgresException, SQLAlchemyError):
        return False  # the database went away after the beat; the next beat asks again
    return run is not None and run.status in {dg.DagsterRunStatus.CANCELING, dg.DagsterRunStatus.CANCELED}
