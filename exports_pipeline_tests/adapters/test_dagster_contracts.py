"""What we take from Dagster, Celery and gql without their promise; a failure here names what an upgrade changed."""

import inspect
import signal

import dagster
import pytest
from celery import Celery
from celery.app.control import Control
from dagster import DagsterInstance, DagsterRunStatus
from dagster._cli.api import _execute_run_command_body
from dagster._core.errors import DagsterExecutionInterruptedError
from dagster._core.launcher import RunLauncher, WorkerStatus
from dagster._core.storage.base_storage import DagsterStorage
from dagster._core.storage.compute_log_manager import ComputeLogManager
from dagster._core.storage.noop_compute_log_manager import NoOpComputeLogManager
from dagster._daemon.monitoring import run_monitoring
from dagster._grpc.types import ExecuteRunArgs
from dagster._utils.interrupts import capture_interrupts
from dagster_celery.config import TASK_EXECUTE_JOB_NAME
from dagster_celery.launcher import CeleryRunLauncher
from dagster_celery.tasks import create_execute_job_task
from dagster_graphql import DagsterGraphQLClient
from dagster_graphql.client import client_queries
from dagster_postgres.event_log import PostgresEventLogStorage
from dagster_postgres.run_storage import PostgresRunStorage
from dagster_postgres.schedule_storage import PostgresScheduleStorage

STORAGES = [PostgresRunStorage, PostgresEventLogStorage, PostgresScheduleStorage]


def source(thing: object) -> str:
    return inspect.getsource(thing)  # type: ignore[arg-type]


def test_dagster_is_the_version_these_contracts_were_read_in():
    assert dagster.__version__ == "1.13.27", "read dagster_*.py beside the new sources, then change this figure"


@pytest.mark.parametrize("storage", STORAGES)
def test_every_storage_reaches_postgres_only_through_its_engine_attribute(storage):
    own = source(storage)
    assert "self._engine = create_pg_engine(" in own, "the storage keeps its engine elsewhere: the pool has no effect"
    assert "create_pg_connection(self._engine)" in own, "the storage connects another way: the pool has no effect"
    assert list(inspect.signature(storage.__init__).parameters)[1:3] == ["postgres_url", "should_autocreate_tables"]


@pytest.mark.parametrize("storage", STORAGES)
def test_the_webserver_bounds_statements_through_a_method_we_override(storage):
    parameters = list(inspect.signature(storage.optimize_for_webserver).parameters)
    assert parameters == ["self", "statement_timeout", "pool_recycle", "max_overflow"]


def test_the_run_storage_asks_for_columns_through_the_methods_that_remember():
    assert hasattr(PostgresRunStorage, "has_run_stats_index_cols"), "renamed: every run inspects the table again"
    assert hasattr(PostgresRunStorage, "has_backfill_id_column"), "renamed: every run inspects the table again"


def test_a_storage_is_three_storages():
    assert DagsterStorage.__abstractmethods__ == {"run_storage", "event_log_storage", "schedule_storage"}


def test_the_launcher_is_asked_what_we_answer():
    for name in ("launch_run", "terminate", "check_run_worker_health", "supports_resume_run", "dispose"):
        assert hasattr(RunLauncher, name), f"{name} is gone: our launcher is no longer asked"
    parameters = list(inspect.signature(CeleryRunLauncher.__init__).parameters)[1:]
    assert parameters == ["default_queue", "broker", "backend", "include", "config_source", "inst_data"]
    assert "self.celery = make_app(" in source(CeleryRunLauncher), "the app of the launcher is elsewhere"


def test_run_monitoring_fails_a_run_for_every_answer_but_two_and_forgives_an_exception():
    check = source(run_monitoring.monitor_started_run)
    assert "not in [WorkerStatus.RUNNING, WorkerStatus.SUCCESS]" in check, (
        "the answers of the launcher mean other things"
    )
    loop = source(run_monitoring.execute_run_monitoring_iteration)
    assert "except Exception:" in loop, "an absent broker would now end the monitoring"
    assert {"RUNNING", "SUCCESS", "FAILED"} <= set(WorkerStatus.__members__)


def test_only_the_time_limit_terminates_a_run_that_is_already_canceling():
    limit = source(run_monitoring.check_run_timeout)
    assert limit.index("report_run_canceling(") < limit.index("run_launcher.terminate("), "the hung child is not killed"
    from dagster._core.storage.dagster_run import CANCELABLE_RUN_STATUSES  # noqa: PLC0415 - only this test knows it

    assert set(CANCELABLE_RUN_STATUSES) == {DagsterRunStatus.STARTED, DagsterRunStatus.QUEUED}, (
        "terminate() relies on it"
    )


def test_an_op_that_is_interrupted_while_canceling_ends_as_canceled():
    from dagster._core.execution.api import job_execution_iterator  # noqa: PLC0415 - only this test knows it

    assert "except (KeyboardInterrupt, DagsterExecutionInterruptedError):" in source(job_execution_iterator)
    assert issubclass(DagsterExecutionInterruptedError, BaseException)


def test_our_task_does_what_the_task_of_dagster_celery_does():
    app = Celery("contract", set_as_current=False)
    task = create_execute_job_task(app)
    assert task.name == TASK_EXECUTE_JOB_NAME == "execute_job"
    body = source(create_execute_job_task)
    assert "_execute_run_command_body(" in body, "runs are executed another way now: see celery_worker._execute_run"
    assert set(inspect.signature(_execute_run_command_body).parameters) == {
        "run_id",
        "instance",
        "write_stream_fn",
        "set_exit_code_on_failure",
    }
    assert "instance_ref" in inspect.signature(ExecuteRunArgs.__new__).parameters
    app.close()


def test_dagster_leaves_sigterm_as_it_found_sigint():
    # When this fails, celery_worker._restore_sigterm is no longer needed.
    before = signal.getsignal(signal.SIGTERM)
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        with capture_interrupts():
            pass
        assert signal.getsignal(signal.SIGTERM) is signal.getsignal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGTERM, before)


def test_celery_answers_which_tasks_are_active_and_kills_one():
    assert hasattr(Control(Celery("contract", set_as_current=False)).inspect(), "active")
    assert {"terminate", "signal"} <= set(inspect.signature(Control.revoke).parameters)


def test_the_no_op_compute_log_manager_stands_where_dagster_yaml_says():
    assert issubclass(NoOpComputeLogManager, ComputeLogManager)


def test_the_graphql_client_sends_every_query_through_the_method_we_override():
    assert list(inspect.signature(DagsterGraphQLClient._execute).parameters) == ["self", "query", "variables"]
    sends = source(DagsterGraphQLClient).count("self._client.execute(")
    assert sends == 1, "the client sends queries another way: they miss the kept connections"
    assert "Client(transport=self._transport)" in source(DagsterGraphQLClient), "it may fetch the schema at start now"
    assert "terminatePolicy" not in client_queries.TERMINATE_RUN_JOB_MUTATION, "ours may be dropped for the client's"


def test_an_instance_is_kept_by_a_child_and_can_count_runs():
    assert hasattr(DagsterInstance, "get_runs_count")
