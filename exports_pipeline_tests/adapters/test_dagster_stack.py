import os
import shutil
import signal
import sys
import time
import uuid
from contextlib import ExitStack, suppress
from pathlib import Path
from types import SimpleNamespace

import psycopg
import pytest
from dagster import DagsterInstance, RunsFilter
from dagster._core.launcher import WorkerStatus
from dagster_graphql import DagsterGraphQLClientError

from exports_pipeline.adapters.dagster_runs import DagsterRuns
from exports_pipeline.core.errors import LaunchRefused, RunsUnavailable
from exports_pipeline.local.broker import broker_part, broker_url
from exports_pipeline.local.part import LogSays, PageAnswers, Part
from exports_pipeline.local.ports import remembered_port
from exports_pipeline_tests.started_part import started

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[1]
WORKSPACE = "load_from: [{python_module: {module_name: dagster_trial, location_name: exports_pipeline}}]"
CELERY = ("-m", "celery", "-A", "dagster_trial_worker", "worker", "-P", "prefork", "-Q", "dagster", "-c", "1")
CELERY_OPTIONS = ("--without-gossip", "--without-mingle", "--without-heartbeat", "-l", "INFO")


def await_that(is_so, *, seconds=20.0):
    deadline = time.monotonic() + seconds
    while not (answer := is_so()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)
    return answer


@pytest.fixture(scope="module")
def stack(postgres, tmp_path_factory):
    """Broker, webserver and a worker with one child, over a database of their own."""
    home = tmp_path_factory.mktemp("dagster")
    database = f"stack_{uuid.uuid4().hex}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {database}")
    shutil.copy(REPOSITORY / "dagster.yaml", home)
    (home / "workspace.yaml").write_text(WORKSPACE, encoding="utf-8")
    broker_port, port = remembered_port(home, "broker"), remembered_port(home, "webserver")
    environment = {
        "DAGSTER_HOME": str(home),
        "PYTHONPATH": str(HERE),
        "EXPORTS_DATABASE_URL": f"{postgres.rpartition('/')[0]}/{database}",
        "EXPORTS_BROKER_URL": broker_url(home, broker_port),
    }
    url = f"http://127.0.0.1:{port}"
    server = str(Path(sys.executable).parent / "dagster-webserver")
    web = Part(
        name="web",
        command=(server, "-w", str(home / "workspace.yaml"), "-h", "127.0.0.1", "-p", str(port)),
        probe=PageAnswers(url=f"{url}/server_info"),
    )
    worker = Part(name="worker", command=(sys.executable, *CELERY, *CELERY_OPTIONS), probe=LogSays(words=b" ready."))
    with ExitStack() as parts, pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        broker = parts.enter_context(started(broker_part(home, broker_port), home))
        parts.enter_context(started(web, home, environment))
        parts.enter_context(started(worker, home, environment))
        runs = DagsterRuns(url)
        parts.callback(runs.close)
        instance = parts.enter_context(DagsterInstance.get())
        await_that(lambda: answers(runs), seconds=60)
        yield SimpleNamespace(
            home=home, runs=runs, instance=instance, broker=broker, worker_log=home / "worker.log", part=worker
        )


def answers(runs):
    try:
        runs.ping()
    except RunsUnavailable:
        return False
    return True


def launch_patient(stack, folder):
    """Launch a run that waits, and return its id, its process and the file that ends it, once it works."""
    pid_file, lost_claim_file = folder / "pid", folder / "lost"
    config = {"ops": {"wait": {"config": {"pid_file": str(pid_file), "lost_claim_file": str(lost_claim_file)}}}}
    run_id = stack.runs.launch(job_name="patient", run_config=config, tags={})
    await_that(lambda: pid_file.exists() and pid_file.read_text())
    return run_id, int(pid_file.read_text()), lost_claim_file


def status(stack, run_id):
    return stack.instance.get_run_by_id(run_id).status.value


def terminate(stack, run_id):
    """As an operator does in Dagster's UI, who is told of a run that has ended."""
    with suppress(DagsterGraphQLClientError):
        stack.runs._client.terminate_run(run_id)


def ended(stack, run_id, expected):
    final = {"SUCCESS", "FAILURE", "CANCELED"}
    assert await_that(lambda: status(stack, run_id) in final and status(stack, run_id)) == expected


def test_a_run_goes_through_webserver_broker_and_worker_to_success(stack):
    run_id = stack.runs.launch(job_name="quick", run_config={}, tags={"exports/job_id": "7"})
    ended(stack, run_id, "SUCCESS")
    assert stack.instance.get_run_by_id(run_id).tags["exports/job_id"] == "7"


def test_a_terminated_run_is_canceling_until_the_op_lets_go_and_then_canceled(stack, tmp_path):
    run_id, pid, lost_claim_file = launch_patient(stack, tmp_path)
    terminate(stack, run_id)
    assert status(stack, run_id) == "CANCELING"
    os.kill(pid, 0)
    lost_claim_file.touch()
    ended(stack, run_id, "CANCELED")
    os.kill(pid, 0)  # the warm child lives on
    terminate(stack, run_id)  # and a second wish is no error


def test_a_run_behind_a_busy_worker_is_cancelled_without_ever_running(stack, tmp_path):
    busy, _, lost_claim_file = launch_patient(stack, tmp_path)
    waiting = stack.runs.launch(job_name="quick", run_config={}, tags={})
    assert status(stack, waiting) == "STARTING"
    stack.instance.run_launcher.terminate(waiting)
    assert status(stack, waiting) == "CANCELED"
    terminate(stack, busy)
    lost_claim_file.touch()
    ended(stack, busy, "CANCELED")
    after = stack.runs.launch(job_name="quick", run_config={}, tags={})
    ended(stack, after, "SUCCESS")
    assert status(stack, waiting) == "CANCELED"
    assert stack.instance.get_run_record_by_id(waiting).start_time is None


def test_a_run_whose_worker_child_was_killed_is_lost_and_the_next_run_works(stack, tmp_path):
    run_id, pid, _ = launch_patient(stack, tmp_path)
    run = stack.instance.get_run_by_id(run_id)
    launcher = stack.instance.run_launcher
    assert launcher.check_run_worker_health(run).status is WorkerStatus.RUNNING
    assert run_id in launcher._active
    os.kill(pid, signal.SIGKILL)
    answers = []
    for _ in range(3):
        time.sleep(5.1)  # an inspection is good for five seconds
        answers.append(launcher.check_run_worker_health(run).status)
    assert answers == [WorkerStatus.RUNNING, WorkerStatus.RUNNING, WorkerStatus.FAILED]
    stack.instance.report_run_failed(run)
    ended(stack, stack.runs.launch(job_name="quick", run_config={}, tags={}), "SUCCESS")


def test_a_run_that_hangs_while_canceling_is_killed_by_the_second_wish(stack, tmp_path):
    run_id, pid, _ = launch_patient(stack, tmp_path)
    launcher = stack.instance.run_launcher
    assert launcher.terminate(run_id)
    assert launcher.terminate(run_id)
    await_that(lambda: not Path(f"/proc/{pid}").exists())
    stack.instance.report_run_canceled(stack.instance.get_run_by_id(run_id))


def test_an_unknown_job_and_a_wrong_configuration_are_refused(stack):
    with pytest.raises(LaunchRefused):
        stack.runs.launch(job_name="nobody_wrote_this", run_config={}, tags={})
    with pytest.raises(LaunchRefused):
        stack.runs.launch(job_name="patient", run_config={"ops": {}}, tags={})


def test_a_child_that_has_executed_a_run_still_obeys_sigterm(stack, tmp_path):
    ended(stack, stack.runs.launch(job_name="quick", run_config={}, tags={}), "SUCCESS")
    run_id, pid, lost_claim_file = launch_patient(stack, tmp_path)
    terminate(stack, run_id)
    lost_claim_file.touch()
    ended(stack, run_id, "CANCELED")
    time.sleep(0.3)
    os.kill(pid, signal.SIGTERM)
    await_that(lambda: not Path(f"/proc/{pid}").exists())
    ended(stack, stack.runs.launch(job_name="quick", run_config={}, tags={}), "SUCCESS")


def test_a_broker_that_hangs_fails_a_launch_and_the_runs_go_on_when_it_is_back(stack):
    stack.broker.send_signal(signal.SIGSTOP)
    begun = time.monotonic()
    try:
        with pytest.raises(RunsUnavailable):
            stack.runs.launch(job_name="quick", run_config={}, tags={"trial": "hung"})
        assert time.monotonic() - begun < 14
    finally:
        stack.broker.send_signal(signal.SIGCONT)
    [unpublished] = stack.instance.get_runs(RunsFilter(tags={"trial": "hung"}))
    ended(stack, unpublished.run_id, "FAILURE")
    ended(stack, stack.runs.launch(job_name="quick", run_config={}, tags={}), "SUCCESS")


def test_the_worker_s_log_holds_no_password(stack):
    text = stack.worker_log.read_text(encoding="utf-8")
    for secret in (stack.home / "secrets").iterdir():
        assert secret.read_text(encoding="ascii").strip() not in text
