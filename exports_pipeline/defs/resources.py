"""The ports, as ops and sensors receive them."""

import dagster as dg

from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.wiring import ports_of_process


class PortsResource(dg.ConfigurableResource[ExportPorts]):
    """Postgres, the warehouse, the object store, Dagster and the channels, wired once per process."""

    def create_resource(self, context: dg.InitResourceContext) -> ExportPorts:  # noqa: ARG002 - Dagster's signature
        """The ports of this process."""
        return ports_of_process()
