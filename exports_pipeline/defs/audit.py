"""The Dagster jobs that seal, sign, verify and keep the audit log."""

import dagster as dg

from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.defs.metadata import as_markdown
from exports_pipeline.defs.run_log import AS_JSON, json_lines
from exports_pipeline.usecases.keep_audit_months import keep_audit_months
from exports_pipeline.usecases.note_audit_check import note_head, note_verdict
from exports_pipeline.usecases.sign_audit_head import sign_audit_head
from exports_pipeline.usecases.verify_audit import verify_audit

_SHOWN = 20
_RUNNING = dg.DefaultScheduleStatus.RUNNING


@dg.op(out=dg.Out(dg.Nothing))
def write_head(context: dg.OpExecutionContext, ports: dg.ResourceParam[ExportPorts]) -> None:
    """Seals what is committed, and writes a signed head of the chain; fails where the chain is not what it was."""
    head = sign_audit_head(ports)
    note_head(head, ports=ports)
    context.add_output_metadata({"number": head["number"], "sequence": head["sequence"]})


@dg.op(out=dg.Out(dg.Nothing), tags={"kind": "postgres"})
def compare_with_seals(context: dg.OpExecutionContext, ports: dg.ResourceParam[ExportPorts]) -> None:
    """Checks every entry against its seal and every head against the chain, and fails where something is wrong."""
    signer = ports.signer
    verdict = verify_audit(
        ports.chain, ports.heads, is_signed=lambda head: signer is not None and signer.has_signed(head)
    )
    note_verdict(verdict, ports=ports)
    metadata = {"entries": verdict.entries, "heads": verdict.heads, "pending": verdict.pending, "found": verdict.found}
    if not verdict.is_whole:
        rows = [
            [str(each.flaw), str(each.sequence or ""), str(each.entry_id or ""), each.sentence]
            for each in verdict.findings[:_SHOWN]
        ]
        table = as_markdown(["flaw", "place", "entry", "what is wrong"], rows)
        raise dg.Failure(
            f"The audit log is damaged: {verdict.found} findings. Repair nothing before the database is copied; "
            "see ExportsAuditBroken in the runbook.",
            metadata=metadata | {"findings": dg.MetadataValue.md(table)},
            allow_retries=False,
        )
    context.add_output_metadata(metadata)


@dg.op(out=dg.Out(dg.Nothing))
def keep_months_of_log(context: dg.OpExecutionContext, ports: dg.ResourceParam[ExportPorts]) -> None:
    """Makes the months of the audit log to come, and drops those beyond the retention, if there is one."""
    kept = keep_audit_months(ports)
    context.add_output_metadata({"made": kept.made, "dropped_entries": kept.dropped_entries})


@dg.job(
    config=dg.RunConfig(loggers=AS_JSON), executor_def=dg.in_process_executor, logger_defs={"json_lines": json_lines}
)
def audit_head() -> None:
    """Signs the head of the audit log's chain."""
    write_head()


@dg.job(
    config=dg.RunConfig(loggers=AS_JSON), executor_def=dg.in_process_executor, logger_defs={"json_lines": json_lines}
)
def audit_check() -> None:
    """Verifies the audit log; red where it is damaged."""
    compare_with_seals()


@dg.job(
    config=dg.RunConfig(loggers=AS_JSON), executor_def=dg.in_process_executor, logger_defs={"json_lines": json_lines}
)
def audit_upkeep() -> None:
    """Keeps the audit log to the months that are kept."""
    keep_months_of_log()


@dg.schedule(
    job=audit_head,
    cron_schedule="5 * * * *",
    default_status=_RUNNING,
    description="Signs what the chain of the audit log is now, and keeps that in the object store.",
)
def hourly_audit_head() -> dg.RunRequest:
    """Signs a head, every hour."""
    return dg.RunRequest()


@dg.schedule(
    job=audit_check,
    cron_schedule="20 3 * * *",
    default_status=_RUNNING,
    description="Verifies the whole audit log against its seals and its signed heads.",
)
def daily_audit_check() -> dg.RunRequest:
    """Verifies the audit log, every night."""
    return dg.RunRequest()


@dg.schedule(
    job=audit_upkeep,
    cron_schedule="50 2 * * *",
    default_status=_RUNNING,
    description="Makes the months of the audit log to come, and drops those that are kept no longer.",
)
def daily_audit_upkeep() -> dg.RunRequest:
    """Looks after the months of the audit log, every night."""
    return dg.RunRequest()


@dg.sensor(
    job=audit_head,
    minimum_interval_seconds=15,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Seals entries that no API process has sealed; the API does so every second.",
)
def unsealed_entries(ports: dg.ResourceParam[ExportPorts]) -> dg.SkipReason:
    """Seals what is left, in place of a run."""
    return dg.SkipReason(f"sealed {ports.chain.seal()} entries")
