"""The composition root of the pipeline: everything that Dagster loads."""

import dagster as dg

from exports_pipeline.defs.activity import activity_rollup, quarter_hourly_activity
from exports_pipeline.defs.audit import (
    audit_check,
    audit_head,
    audit_upkeep,
    daily_audit_check,
    daily_audit_upkeep,
    hourly_audit_head,
    unsealed_entries,
)
from exports_pipeline.defs.deliveries import due_deliveries, file_transfers
from exports_pipeline.defs.events import daily_event_upkeep, event_upkeep
from exports_pipeline.defs.export import dataset_export
from exports_pipeline.defs.purge import hourly_run_purge, run_purge
from exports_pipeline.defs.report import report
from exports_pipeline.defs.resources import PortsResource
from exports_pipeline.defs.rollups import hourly_metric_check, late_events, metric_check, metric_rollup, minutely_rollup
from exports_pipeline.defs.safety_nets import cancelled_export_runs, failed_export_runs, silent_exports, waiting_exports
from exports_pipeline.defs.schedules import due_schedules, overdue_schedules
from exports_pipeline.defs.telegram import telegram_updates
from exports_pipeline.defs.upkeep import expiry, quarter_hourly_expiry

defs = dg.Definitions(
    jobs=[
        dataset_export,
        report,
        file_transfers,
        metric_rollup,
        metric_check,
        activity_rollup,
        audit_head,
        audit_check,
        audit_upkeep,
        expiry,
        event_upkeep,
        run_purge,
    ],
    sensors=[
        waiting_exports,
        silent_exports,
        failed_export_runs,
        cancelled_export_runs,
        due_deliveries,
        telegram_updates,
        overdue_schedules,
        late_events,
        unsealed_entries,
    ],
    schedules=[
        due_schedules,
        quarter_hourly_expiry,
        hourly_run_purge,
        minutely_rollup,
        hourly_metric_check,
        quarter_hourly_activity,
        daily_event_upkeep,
        hourly_audit_head,
        daily_audit_check,
        daily_audit_upkeep,
    ],
    resources={"ports": PortsResource()},
)
