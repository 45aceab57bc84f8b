"""The Dagster job of an export."""

import dagster as dg

from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.defs.attempt import Attempt, carry_out, send_deliveries
from exports_pipeline.defs.run_log import AS_JSON, json_lines


@dg.op(out=dg.Out(dg.Nothing), tags={"kind": "duckdb"})
def export_rows(context: dg.OpExecutionContext, config: Attempt, ports: dg.ResourceParam[ExportPorts]) -> None:
    """Claims the attempt, streams its rows from DuckDB into a file in S3, and settles the export job.

    A run that finds its attempt taken, cancelled or over does nothing and ends green.
    """
    carry_out(context, config, ports)


@dg.config_mapping
def attempt_of_export(attempt: Attempt) -> dg.RunConfig:
    """Hands the attempt to both ops."""
    return dg.RunConfig(ops={"export_rows": attempt, "send_deliveries": attempt}, loggers=AS_JSON)


@dg.job(config=attempt_of_export, executor_def=dg.in_process_executor, logger_defs={"json_lines": json_lines})
def dataset_export() -> None:
    """One attempt of an export job: rows of a dataset become a file in S3, and the people concerned hear of it."""
    send_deliveries(exported=export_rows())
