"""The real Celery worker replaces its children by count and by memory."""

import sys
import time
from pathlib import Path

import pytest

from exports_pipeline.celery_worker import worker_app
from exports_pipeline.local.broker import broker_part, broker_url
from exports_pipeline.local.part import LogSays, Part
from exports_pipeline.local.ports import remembered_port
from exports_pipeline_tests.started_part import started

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent
COMMAND = ("-m", "celery", "-A", "recycled_worker", "worker", "-P", "prefork", "-Q", "dagster", "-c", "1")
OPTIONS = ("--without-gossip", "--without-mingle", "--without-heartbeat", "-l", "INFO")


@pytest.fixture
def tell(tmp_path):
    """Runs tasks one after the other in a worker with one child, and returns the process ids of those that ran them."""
    port = remembered_port(tmp_path, "broker")
    url, told = broker_url(tmp_path, port), tmp_path / "told"
    (tmp_path / "dagster.yaml").touch()
    environment = {"PYTHONPATH": f"{HERE}:{HERE.parents[1]}", "DAGSTER_HOME": str(tmp_path), "EXPORTS_BROKER_URL": url}
    worker = Part(name="worker", command=(sys.executable, *COMMAND, *OPTIONS), probe=LogSays(words=b" ready."))
    app = worker_app(url)

    def run(*megabytes):
        told.write_text("")
        for each in megabytes:
            app.send_task("tell", (str(told), each))
        deadline = time.monotonic() + 120
        while len(children := told.read_text(encoding="ascii").splitlines()) < len(megabytes):
            assert time.monotonic() < deadline, f"{len(children)} of {len(megabytes)} tasks ran"
            time.sleep(0.05)
        return children

    run.limits = app.conf
    with started(broker_part(tmp_path, port), tmp_path), started(worker, tmp_path, environment):
        yield run
    app.close()


def test_a_child_that_has_executed_its_number_of_runs_is_replaced(tell):
    count = tell.limits.worker_max_tasks_per_child
    children = tell(*[0] * (count + 1))
    assert set(children[:count]) == {children[0]}
    assert children[count] != children[0]


def test_a_child_that_has_grown_beyond_its_memory_is_replaced_after_its_run(tell):
    most_mb = tell.limits.worker_max_memory_per_child // 1024
    before, grown, after = tell(0, most_mb, 0)
    assert before == grown
    assert after != grown
