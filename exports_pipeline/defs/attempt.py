"""What the Dagster jobs of all export jobs share: which attempt, carrying it out, telling the people concerned."""

from uuid import UUID

import dagster as dg
from dagster._core.errors import DagsterExecutionInterruptedError
from dagster_postgres.utils import DagsterPostgresException
from pydantic import Field
from sqlalchemy.exc import SQLAlchemyError

from exports_pipeline.adapters.export_runs import page_of
from exports_pipeline.core.errors import LostClaim
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.defs.metadata import outcome_as_metadata
from exports_pipeline.defs.run_log import ids_bound, log_deliveries, log_outcome
from exports_pipeline.usecases.deliver import deliver_result
from exports_pipeline.usecases.run_export import run_export
from exports_pipeline.wiring import nudge_dispatch


class Attempt(dg.Config):
    """Which try of which export job; everything else stands in the ledger."""

    job_id: str = Field(description="Id of the export job, a UUID; `export_jobs.id` in Postgres.")
    attempt: int = Field(
        description="Which try it is, counted from 1. A run for another try than the current one ends at once."
    )


def carry_out(context: dg.OpExecutionContext, config: Attempt, ports: ExportPorts) -> None:
    """Carry an attempt to its end and show operators what was made.

    Raises:
        DagsterExecutionInterruptedError: the job was cancelled, or given to another attempt; the run ends as CANCELED.
        ExportError: the attempt failed; what follows stands in the ledger.
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
    page = {"page": dg.MetadataValue.url(page_of(UUID(config.job_id), ports.public_url))}
    context.add_output_metadata(page | outcome_as_metadata(outcome))


@dg.op(ins={"exported": dg.In(dg.Nothing)}, out=dg.Out(dg.Nothing), tags={"kind": "delivery"})
def send_deliveries(context: dg.OpExecutionContext, config: Attempt, ports: dg.ResourceParam[ExportPorts]) -> None:
    """Sends the result to whoever is to hear of it; the sweep tries again what fails."""
    with ids_bound(job_id=config.job_id, attempt=config.attempt, run_id=context.run_id):
        delivered = deliver_result(UUID(config.job_id), ports=ports)
        log_deliveries(delivered)
    context.add_output_metadata({"sent": delivered.sent, "postponed": delivered.postponed, "failed": delivered.failed})


def _is_stopped(context: dg.OpExecutionContext) -> bool:
    try:
        run = context.instance.get_run_by_id(context.run_id)
    except (DagsterPostgresException, SQLAlchemyError):
        return False  # the database went away after the beat; the next beat asks again
    return run is not None and run.status in {dg.DagsterRunStatus.CANCELING, dg.DagsterRunStatus.CANCELED}
