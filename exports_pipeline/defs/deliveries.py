"""What sends the deliveries that the exports could not, or not at once."""

from collections.abc import Iterator
from datetime import timedelta

import dagster as dg

from exports_pipeline.adapters.dagster_own_process import OWN_PROCESS_TAG
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.recipient import MESSAGES, TRANSFERS
from exports_pipeline.defs.run_log import AS_JSON, json_lines, log_deliveries
from exports_pipeline.usecases.deliver import deliver

_TICK = timedelta(seconds=10)
"""Dagster gives a sensor a minute, and the last message begun may take most of it."""
_RUN = timedelta(minutes=10)


@dg.op(out=dg.Out(dg.Nothing), tags={"kind": "delivery"})
def transfer_files(context: dg.OpExecutionContext, ports: dg.ResourceParam[ExportPorts]) -> None:
    """Uploads the files that are due over SFTP and FTP, one after the other."""
    delivered = deliver(ports, channels=TRANSFERS, within=_RUN)
    log_deliveries(delivered)
    context.add_output_metadata({"sent": delivered.sent, "postponed": delivered.postponed, "failed": delivered.failed})


@dg.job(
    config=dg.RunConfig(loggers=AS_JSON), executor_def=dg.in_process_executor, logger_defs={"json_lines": json_lines}
)
def file_transfers() -> None:
    """Large files on their way to servers of others: in a run of their own, so that no export waits for them."""
    transfer_files()


@dg.sensor(
    job=file_transfers,
    minimum_interval_seconds=10,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Tries postponed deliveries again, and sends those of a worker that vanished. Messages are sent here, "
    "large files in a run.",
)
def due_deliveries(
    context: dg.SensorEvaluationContext, ports: dg.ResourceParam[ExportPorts]
) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """Sends messages that are due, and has a run send the files."""
    if ports.outbox.is_due(TRANSFERS, now=ports.clock()) and not _is_transferring(context.instance):
        yield dg.RunRequest(tags={OWN_PROCESS_TAG: "true"})
    delivered = deliver(ports, channels=MESSAGES, within=_TICK)
    log_deliveries(delivered)
    yield dg.SkipReason(f"{delivered.sent} sent, {delivered.postponed} postponed, {delivered.failed} failed")


def _is_transferring(instance: dg.DagsterInstance) -> bool:
    unfinished = [dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED]
    found = instance.get_runs(dg.RunsFilter(job_name=file_transfers.name, statuses=unfinished), limit=1)
    return bool(found)
