import json
import os
import subprocess
import sys

import pytest

from exports_pipeline.celery_worker import worker_app

BROKER = "redis://:secret@127.0.0.1:1/0"
MAKE_APP = """
import sys
from exports_pipeline.celery_worker import worker_app
app = worker_app("redis://127.0.0.1:1/0")
assert "execute_job" in app.tasks
assert "exports_pipeline.definitions" not in sys.modules
assert "exports_pipeline.definitions" in app.conf.include
"""


@pytest.fixture
def app():
    app = worker_app(BROKER)
    yield app
    app.close()


def python(code, **environment):
    clean = {name: value for name, value in os.environ.items() if not name.startswith("EXPORTS_")}
    command = [sys.executable, "-c", code]
    return subprocess.run(command, env=clean | environment, capture_output=True, text=True, timeout=60, check=False)


def test_the_app_executes_runs_and_imports_the_definitions_only_in_a_worker():
    finished = python(MAKE_APP)
    assert finished.returncode == 0, finished.stderr


def test_the_celery_command_finds_the_app_of_the_settings():
    code = (
        "from celery.app.utils import find_app; print(find_app('exports_pipeline.celery_worker').connection().as_uri())"
    )
    finished = python(code, EXPORTS_BROKER_URL=BROKER)
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.strip() == "redis://:**@127.0.0.1:1/0"


def test_a_worker_without_a_broker_says_which_variable_is_missing():
    finished = python("from exports_pipeline.celery_worker import app")
    assert finished.returncode != 0
    assert "EXPORTS_BROKER_URL" in finished.stderr


def test_a_killed_child_or_a_long_run_never_gives_its_message_to_another_child(app):
    assert not app.conf.task_acks_late
    assert not app.conf.task_reject_on_worker_lost


def test_a_broker_that_goes_away_is_waited_for_and_stops_no_run(app):
    assert app.conf.broker_connection_max_retries is None
    assert app.conf.broker_connection_retry_on_startup
    assert not app.conf.worker_cancel_long_running_tasks_on_connection_loss


def test_a_message_waits_for_a_free_child_of_any_worker(app):
    assert app.conf.worker_disable_prefetch
    assert app.conf.worker_prefetch_multiplier == 1


def test_a_worker_and_its_children_log_json_without_secrets():
    code = (
        "import logging\nfrom exports_pipeline.celery_worker import worker_app\n"
        f"app = worker_app('{BROKER}')\n"
        "app.log.setup(loglevel='INFO')\n"
        "logging.getLogger('celery.worker').info('Connected to %s', 'redis://:secret@127.0.0.1:1/0')"
    )
    finished = python(code)
    assert finished.returncode == 0, finished.stderr
    (line,) = finished.stderr.splitlines()
    assert json.loads(line)["event"] == "Connected to redis://***@127.0.0.1:1/0"
