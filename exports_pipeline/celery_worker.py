"""The Celery app of the run workers: `celery -A exports_pipeline.celery_worker worker -P prefork -Q dagster -c N`."""

import signal
from functools import cache
from typing import Any

from celery import Celery
from celery.signals import setup_logging, task_postrun, worker_process_init
from dagster import DagsterInstance
from dagster._cli.api import _execute_run_command_body
from dagster._grpc.types import ExecuteRunArgs
from dagster._serdes import unpack_value
from dagster_celery.config import TASK_EXECUTE_JOB_NAME
from dagster_celery.make_app import make_app
from dagster_shared.serdes.serdes import JsonSerializableValue

from exports_pipeline.adapters.dagster_launcher import QUEUE
from exports_pipeline.adapters.logs import configure_logging
from exports_pipeline.settings import load_settings

DEFINITIONS = "exports_pipeline.definitions"
_NEEDED_BY_CHILDREN = (
    "exports_pipeline.adapters.dagster_storage",
    "dagster._core.storage.noop_compute_log_manager",
    "exports_pipeline.writers.pdf_document",
    "exports_pipeline.writers.pdf_table",
    "exports_pipeline.writers.xlsx_file",
    "exports_pipeline.reports.registry",
    "scipy.special",
    "scipy.stats",
)
"""What dagster.yaml names, and what writers and reports import late, is imported before the fork, too.

No chart is drawn before it: the threads of vl-convert do not survive a fork. Nor by each new child: V8 would cost 65 MB
where only exports are made; the first report of a child pays about a second for it.
"""


def worker_app(broker_url: str, *, definitions: str = DEFINITIONS) -> Celery:
    """Build the app that executes runs; `definitions` is imported by the worker before it forks, not here."""
    app: Celery = make_app(  # type: ignore[no-untyped-call]
        app_args={
            "broker": broker_url,
            "backend": None,  # a run's outcome is in Dagster and in the ledger
            "include": [definitions, *_NEEDED_BY_CHILDREN],
            "task_default_queue": QUEUE,
            "config_source": {
                "task_ignore_result": True,
                # Acknowledged when a child takes it. Late acknowledgement would give the message of a killed child, or
                # of a run longer than Redis' visibility timeout, to a second child; the ledger requeues instead.
                "task_acks_late": False,
                "task_reject_on_worker_lost": False,
                # A message waits in the broker for a free child of any worker, not behind a long run of this one.
                "worker_prefetch_multiplier": 1,
                "worker_disable_prefetch": True,
                # A child that grew with a large export, in KiB, is replaced by a fork of the warm parent.
                "worker_max_memory_per_child": 600_000,
                "worker_max_tasks_per_child": 200,
                "worker_proc_alive_timeout": 30,
                # A broker that goes away stops no run, and is waited for without end.
                "worker_cancel_long_running_tasks_on_connection_loss": False,
                "broker_connection_retry": True,
                "broker_connection_retry_on_startup": True,
                "broker_connection_max_retries": None,
                "broker_transport_options": {"socket_keepalive": True, "health_check_interval": 15},
                # Remote control stays on, for the launcher asks who executes what; nothing else is sent or shown.
                "worker_enable_remote_control": True,
                "worker_send_task_events": False,
                "worker_redirect_stdouts": False,
            },
        }
    )
    app.task(_execute_run, name=TASK_EXECUTE_JOB_NAME)
    setup_logging.connect(_log_as_the_others, weak=False)  # its being connected keeps Celery from its own set-up
    worker_process_init.connect(_warm_up, weak=False)
    task_postrun.connect(_restore_sigterm, weak=False)
    return app


def _execute_run(execute_job_args_packed: JsonSerializableValue) -> int:
    """Execute a run and return 0, or 1 if it failed; the run's outcome is in Dagster.

    As the task of dagster-celery, which however reads dagster.yaml and builds an instance for every run.
    """
    run_id = unpack_value(execute_job_args_packed, as_type=ExecuteRunArgs).run_id
    return _execute_run_command_body(
        run_id=run_id, instance=_instance(), write_stream_fn=lambda _: None, set_exit_code_on_failure=True
    )


@cache
def _instance() -> DagsterInstance:
    """Dagster as this child sees it, for all its runs."""
    return DagsterInstance.get()


def _log_as_the_others(**_: Any) -> None:
    """Write JSON lines like every process of the service; the children inherit it."""
    configure_logging(load_settings().log_level)


def _warm_up(**_: Any) -> None:
    """Connect a new child to Dagster's storage, so that its first run is as fast as the others."""
    _instance().get_runs_count()


def _restore_sigterm(**_: Any) -> None:
    """Make a child mortal again: Dagster leaves SIGTERM as it finds SIGINT, which Celery's children ignore."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


@cache
def _app() -> Celery:
    url = load_settings().broker_url
    if url is None:
        raise RuntimeError("EXPORTS_BROKER_URL names the broker of the run workers; it is not set.")
    return worker_app(url.get_secret_value())


def __getattr__(name: str) -> Celery:
    """Build `app` when the celery command asks for it, since nothing happens on import."""
    if name == "app":
        return _app()
    raise AttributeError(name)
