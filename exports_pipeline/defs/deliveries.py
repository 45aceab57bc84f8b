"""The sweep that sends what the exports could not."""

import dagster as dg

from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.usecases.deliver import deliver


@dg.sensor(
    minimum_interval_seconds=10,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Tries postponed deliveries again, and sends those of a worker that vanished.",
)
def due_deliveries(ports: dg.ResourceParam[ExportPorts]) -> dg.SkipReason:
    """Sends deliveries that are due: postponed ones, and those of a worker that vanished."""
    delivered = deliver(ports)
    return dg.SkipReason(f"{delivered.sent} sent, {delivered.postponed} postponed, {delivered.failed} failed")
