"""The sensors that keep export jobs moving when a process that should have done it was away."""

from collections.abc import Iterator

import dagster as dg

from exports_pipeline.adapters.export_runs import DAGSTER_JOBS, attempt_of_tags, run_config, run_tags
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.defs.export import dataset_export
from exports_pipeline.defs.report import report
from exports_pipeline.usecases.dispatch_exports import reserve
from exports_pipeline.usecases.reconcile import reconcile, settle_ended_run

_JOBS = [dataset_export, report]


@dg.sensor(
    jobs=_JOBS,
    minimum_interval_seconds=5,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Safety net of the dispatch: launches pending export jobs into free slots. Usually finds none, because "
    "the API and the workers dispatch by themselves.",
)
def waiting_exports(ports: dg.ResourceParam[ExportPorts]) -> Iterator[dg.RunRequest]:
    """Launches pending export jobs whose dispatch was missed, because the API or a worker was away."""
    for job in reserve(ports):
        yield dg.RunRequest(
            job_name=DAGSTER_JOBS[job.type],
            run_key=f"{job.id}:{job.attempt}",
            run_config=run_config(job),
            tags=run_tags(job, public_url=ports.public_url),
        )


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
    monitored_jobs=_JOBS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Settles the export job of a run that failed without saying so to the ledger.",
)
def failed_export_runs(context: dg.RunFailureSensorContext, ports: dg.ResourceParam[ExportPorts]) -> None:
    """Settles the attempt of a run that failed without doing so itself."""
    _settle(context, ports, is_cancelled=False)


@dg.run_status_sensor(
    run_status=dg.DagsterRunStatus.CANCELED,
    monitored_jobs=_JOBS,
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
