"""What users did is rolled up by a job of its own."""

from dataclasses import replace

from exports_pipeline.adapters.activity_store import PostgresActivityStore
from exports_pipeline.adapters.audit_log import PostgresAuditLog
from exports_pipeline.core.ledger import AuditEntry
from exports_pipeline.defs.activity import activity_rollup
from exports_pipeline_tests.builders import requester
from exports_pipeline_tests.fakes.clock import NOON
from exports_pipeline_tests.fakes.ports import fake_ports


def test_the_run_tells_how_many_entries_were_new(engine):
    with engine.begin() as connection:
        connection.exec_driver_sql("TRUNCATE activity_tail, activity_rollups")
    ports = replace(fake_ports(), activity=PostgresActivityStore(engine))
    PostgresAuditLog(engine).record(AuditEntry(at=NOON, actor=requester().user_id, action="export.requested"))
    for entries in (1, 0):
        result = activity_rollup.execute_in_process(resources={"ports": ports})
        [event] = [event for event in result.all_events if event.is_successful_output]
        assert event.step_output_data.metadata["entries"].value == entries
