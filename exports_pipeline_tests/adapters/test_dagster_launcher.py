import time

import pytest
from dagster import DagsterInstance, DagsterRunStatus
from dagster._core.definitions.reconstruct import ReconstructableRepository
from dagster._core.launcher import LaunchRunContext, WorkerStatus
from dagster._core.test_utils import create_run_for_test
from kombu.exceptions import OperationalError

from exports_pipeline.adapters.dagster_launcher import MISSES_UNTIL_LOST, WarmCeleryRunLauncher


class Workers:
    """What `celery.control` says of the workers; each inspection may be answered differently."""

    def __init__(self):
        self.active_ids = []
        self.revoked = []
        self.waits_s = []

    def inspect(self, timeout):
        self.waits_s.append(timeout)
        return self

    def active(self):
        return {"celery@one": [{"id": run_id} for run_id in self.active_ids]} if self.active_ids else None

    def revoke(self, run_id, *, terminate, signal):
        self.revoked.append((run_id, terminate, signal))


class Celery:
    def __init__(self, control):
        self.control = control

    def close(self):
        pass


@pytest.fixture
def instance():
    with DagsterInstance.ephemeral() as instance:
        yield instance


@pytest.fixture
def absent_broker(instance):
    """The launcher with a broker that nobody runs."""
    launcher = WarmCeleryRunLauncher(broker="redis://:secret@127.0.0.1:1/0")
    launcher.register_instance(instance)
    yield launcher
    launcher.dispose()


@pytest.fixture
def workers():
    return Workers()


@pytest.fixture
def launcher(instance, absent_broker, workers):
    """The launcher with workers that say what a test wants."""
    absent_broker.dispose()
    absent_broker.celery = Celery(workers)
    return absent_broker


def status(instance, run):
    return instance.get_run_by_id(run.run_id).status


def polled(launcher, run):
    """The health of a run at the next poll of the monitor."""
    launcher._inspected_at = float("-inf")
    return launcher.check_run_worker_health(run).status


def test_a_started_run_that_is_terminated_is_canceling_and_its_worker_lives(instance, launcher, workers):
    run = create_run_for_test(instance, status=DagsterRunStatus.STARTED)
    assert launcher.terminate(run.run_id)
    assert status(instance, run) is DagsterRunStatus.CANCELING
    assert workers.revoked == []


@pytest.mark.parametrize("waiting", [DagsterRunStatus.STARTING, DagsterRunStatus.NOT_STARTED])
def test_a_run_that_no_worker_has_taken_is_cancelled_at_once(instance, absent_broker, waiting):
    run = create_run_for_test(instance, status=waiting)
    assert absent_broker.terminate(run.run_id)
    assert status(instance, run) is DagsterRunStatus.CANCELED


def test_a_run_that_hangs_while_canceling_loses_its_worker_child(instance, launcher, workers):
    run = create_run_for_test(instance, status=DagsterRunStatus.CANCELING)
    assert launcher.terminate(run.run_id)
    assert workers.revoked == [(run.run_id, True, "SIGKILL")]


def test_a_run_that_has_ended_or_never_was_is_not_terminated(instance, launcher):
    run = create_run_for_test(instance, status=DagsterRunStatus.SUCCESS)
    assert not launcher.terminate(run.run_id)
    assert not launcher.terminate("00000000-0000-0000-0000-000000000000")


def test_a_run_that_a_worker_names_is_healthy_however_often_it_was_missed_before(instance, launcher, workers):
    run = create_run_for_test(instance, status=DagsterRunStatus.STARTED)
    for _ in range(MISSES_UNTIL_LOST - 1):
        assert polled(launcher, run) is WorkerStatus.RUNNING
    workers.active_ids = [run.run_id]
    assert polled(launcher, run) is WorkerStatus.RUNNING
    workers.active_ids = []
    for _ in range(MISSES_UNTIL_LOST - 1):
        assert polled(launcher, run) is WorkerStatus.RUNNING


def test_a_run_that_no_worker_names_three_times_in_a_row_is_lost(instance, launcher, workers):
    run = create_run_for_test(instance, status=DagsterRunStatus.STARTED)
    workers.active_ids = ["another"]
    answers = [polled(launcher, run) for _ in range(3)]
    assert answers == [WorkerStatus.RUNNING, WorkerStatus.RUNNING, WorkerStatus.FAILED]
    assert launcher.get_run_worker_debug_info(run) == "Workers that answered: celery@one."


def test_one_inspection_is_one_miss_however_many_runs_and_polls_it_serves(instance, launcher, workers):
    run = create_run_for_test(instance, status=DagsterRunStatus.STARTED)
    answers = {launcher.check_run_worker_health(run).status for _ in range(5)}
    assert answers == {WorkerStatus.RUNNING}
    assert len(workers.waits_s) == 1


def test_a_run_that_ended_between_two_looks_is_not_lost(instance, launcher):
    stale = create_run_for_test(instance, status=DagsterRunStatus.STARTED)
    instance.report_run_canceled(stale)
    assert {polled(launcher, stale) for _ in range(5)} == {WorkerStatus.SUCCESS}


def test_the_health_of_a_run_is_not_guessed_while_the_broker_is_away(instance, absent_broker):
    run = create_run_for_test(instance, status=DagsterRunStatus.STARTED)
    begun = time.monotonic()
    with pytest.raises(OperationalError):
        absent_broker.check_run_worker_health(run)
    assert time.monotonic() - begun < 5


def test_a_launch_fails_within_seconds_while_the_broker_is_away(instance, absent_broker):
    job = ReconstructableRepository.for_module("trial", "defs").get_reconstructable_job("quick")
    run = create_run_for_test(instance, job_code_origin=job.get_python_origin())
    begun = time.monotonic()
    with pytest.raises(OperationalError):
        absent_broker.launch_run(LaunchRunContext(dagster_run=run, workspace=None))
    assert time.monotonic() - begun < 4


def test_dagster_resumes_no_run(launcher):
    assert not launcher.supports_resume_run
