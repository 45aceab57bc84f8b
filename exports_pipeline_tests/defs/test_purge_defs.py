"""Old runs are forgotten, and nothing else."""

from datetime import timedelta

import dagster as dg

from exports_pipeline.defs.purge import run_purge
from exports_pipeline_tests.fakes.ports import fake_ports


@dg.job
def nothing():
    """A run to forget."""


def purge(instance, ports):
    result = run_purge.execute_in_process(resources={"ports": ports}, instance=instance)
    assert result.success
    [event] = [event for event in result.all_events if event.is_successful_output]
    return event.step_output_data.metadata["deleted"].value


def test_runs_that_ended_long_ago_go_with_their_events_and_younger_ones_stay():
    ports = fake_ports()
    with dg.DagsterInstance.ephemeral() as instance:
        run_id = nothing.execute_in_process(instance=instance).run_id
        created_at = instance.get_run_record_by_id(run_id).create_timestamp
        ports.clock.now = created_at + ports.limits.run_retention - timedelta(minutes=1)
        assert purge(instance, ports) == 0
        assert instance.get_run_by_id(run_id) is not None
        ports.clock.now = created_at + ports.limits.run_retention + timedelta(microseconds=1)
        assert purge(instance, ports) == 1
        assert instance.get_run_by_id(run_id) is None
        assert instance.all_logs(run_id) == []


def test_a_run_that_has_not_ended_is_kept_however_old_it_is():
    ports = fake_ports()
    with dg.DagsterInstance.ephemeral() as instance:
        run = instance.create_run_for_job(nothing, status=dg.DagsterRunStatus.STARTED)
        ports.clock.now = ports.clock() + timedelta(days=3650)
        assert purge(instance, ports) == 0
        assert instance.get_run_by_id(run.run_id) is not None
