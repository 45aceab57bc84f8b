"""What ended is rolled up by a job of its own."""

from dataclasses import replace

from exports_pipeline.adapters.insight_reader import PostgresInsights
from exports_pipeline.adapters.job_store import PostgresJobStore
from exports_pipeline.core.errors import QueryFailed
from exports_pipeline.defs.insights import insight_rollup
from exports_pipeline_tests.builders import entry, new_job
from exports_pipeline_tests.fakes.clock import NOON
from exports_pipeline_tests.fakes.ports import fake_ports


def test_the_run_tells_how_many_ends_were_new(engine):
    with engine.begin() as connection:
        connection.exec_driver_sql("TRUNCATE job_tail, job_rollups, job_kinds")
    store, new = PostgresJobStore(engine), new_job()
    store.add(new, entry(new))
    store.fail(new.id, 1, QueryFailed(), now=NOON)
    ports = replace(fake_ports(), insights=PostgresInsights(engine))
    for ends in (1, 0):
        result = insight_rollup.execute_in_process(resources={"ports": ports})
        [event] = [event for event in result.all_events if event.is_successful_output]
        assert event.step_output_data.metadata["ends"].value == ends
