"""Dagster's run launcher over Celery, with cancelling, lost workers and an absent broker mended.

A run is the Celery task of the same id, executed by a warm child of `exports_pipeline.celery_worker`.
"""

import time
from collections.abc import Mapping
from typing import Any

from dagster import DagsterInstance, DagsterRun, DagsterRunStatus, Field, StringSource
from dagster._config import UserConfigSchema
from dagster._core.launcher import CheckRunHealthResult, LaunchRunContext, WorkerStatus
from dagster._grpc.types import ExecuteRunArgs
from dagster._serdes import ConfigurableClassData, pack_value
from dagster_celery.config import TASK_EXECUTE_JOB_NAME
from dagster_celery.launcher import CeleryRunLauncher
from dagster_celery.tags import DAGSTER_CELERY_QUEUE_TAG

from exports_pipeline.adapters.dagster_own_process import OwnProcessLauncher, has_own_process

QUEUE = "dagster"
"""The queue the workers read, `-Q dagster`."""

MISSES_UNTIL_LOST = 3
"""One silent inspection falsely failed a healthy run of a busy worker; three in a row do not happen to it."""

_INSPECT_TIMEOUT_S = 2.0
_INSPECTION_LASTS_S = 5.0  # one inspection serves all runs of a poll

# Without bounds here and in the retry policy kombu waits for an absent broker without end.
_BROKER = {
    "broker_transport_options": {
        "max_retries": 2,
        "interval_start": 0,
        "interval_step": 0.2,
        "interval_max": 0.5,
        "socket_connect_timeout": 2,
        "socket_timeout": 2,
        "socket_keepalive": True,
        "retry_on_timeout": False,
    },
    "broker_connection_timeout": 2,
}
_PUBLISH_RETRY = {"max_retries": 2, "interval_start": 0, "interval_step": 0.2, "interval_max": 0.5}


class WarmCeleryRunLauncher(CeleryRunLauncher):
    """Hands runs to warm Celery workers; named under `run_launcher` in dagster.yaml."""

    _instance: DagsterInstance

    def __init__(self, broker: str, inst_data: ConfigurableClassData | None = None) -> None:
        super().__init__(
            default_queue=QUEUE, broker=broker, backend=None, config_source=dict(_BROKER), inst_data=inst_data
        )
        self._own_process = OwnProcessLauncher()
        self._active: frozenset[str] = frozenset()
        self._workers: tuple[str, ...] = ()
        self._inspected_at = float("-inf")
        self._misses: dict[str, tuple[int, float]] = {}

    @classmethod
    def config_type(cls) -> UserConfigSchema:
        """Describe `config` in dagster.yaml."""
        return {
            "broker": Field(StringSource, description="Broker of the run workers, as redis://:password@host:port/0")
        }

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData, config_value: Mapping[str, Any]
    ) -> "WarmCeleryRunLauncher":
        """Build the launcher from `config` in dagster.yaml."""
        return cls(broker=config_value["broker"], inst_data=inst_data)

    def register_instance(self, instance: DagsterInstance) -> None:
        """Say whose runs are launched."""
        super().register_instance(instance)
        self._own_process.register_instance(instance)

    def launch_run(self, context: LaunchRunContext) -> None:
        """Publish the run as a task; a broker that is away raises within about two seconds.

        The message carries ids and code locations, no configuration: the worker reads its own dagster.yaml.
        """
        run = context.dagster_run
        if has_own_process(run):
            self._own_process.launch_run(context)
            return
        if run.job_code_origin is None:
            raise ValueError(f"run {run.run_id} does not say where its code is")
        queue = run.tags.get(DAGSTER_CELERY_QUEUE_TAG, self.default_queue)
        args = ExecuteRunArgs(
            job_origin=run.job_code_origin, run_id=run.run_id, instance_ref=None, set_exit_code_on_failure=True
        )
        self.celery.send_task(
            TASK_EXECUTE_JOB_NAME,
            kwargs={"execute_job_args_packed": pack_value(args)},
            task_id=run.run_id,
            queue=queue,
            routing_key=f"{queue}.{TASK_EXECUTE_JOB_NAME}",
            retry_policy=_PUBLISH_RETRY,
            ignore_result=True,
        )
        self._instance.report_engine_event(f"Handed to the workers of queue {queue}.", run, cls=type(self))

    def terminate(self, run_id: str) -> bool:
        """Ask a run to stop, so that it ends as CANCELED; asked again while CANCELING, kill its worker child.

        A run that has started sees in the ledger that its claim is gone and leaves by itself, the query interrupted and
        the upload aborted: killing it at once would rob it of that. A run that still waits in the broker is CANCELED
        here; the worker that takes its message finds that and executes nothing, so nothing need be revoked. Only a run
        past `max_runtime_seconds` is asked twice: Dagster lets nobody terminate a run that is CANCELING.
        """
        run = self._instance.get_run_by_id(run_id)
        if run is None or run.is_finished:
            return False
        if has_own_process(run):
            return bool(self._own_process.terminate(run_id))  # type: ignore[no-untyped-call]  # Dagster has not typed it
        if run.status is DagsterRunStatus.CANCELING:
            self.celery.control.revoke(run_id, terminate=True, signal="SIGKILL")
            return True
        self._instance.report_run_canceling(run)
        if run.status is not DagsterRunStatus.STARTED:
            self._instance.report_run_canceled(run, "Cancelled before a worker took it.")
        return True

    @property
    def supports_resume_run(self) -> bool:
        """Say no: the ledger starts a new attempt instead."""
        return False

    def check_run_worker_health(self, run: DagsterRun) -> CheckRunHealthResult:
        """Say whether a worker executes the run now; FAILED after `MISSES_UNTIL_LOST` inspections without it.

        Raises:
            kombu.exceptions.OperationalError: the broker is away, which says nothing about the run. Dagster's monitor
                logs that and asks again, whereas it fails the run for every status but RUNNING and SUCCESS.
        """
        if has_own_process(run):
            return _health_of(run, is_alive=self._own_process.is_alive(run))
        self._inspect()
        if run.run_id in self._active:
            self._misses.pop(run.run_id, None)
            return CheckRunHealthResult(WorkerStatus.RUNNING)
        now = self._instance.get_run_by_id(run.run_id)
        if now is None or now.is_finished:
            self._misses.pop(run.run_id, None)
            return CheckRunHealthResult(WorkerStatus.SUCCESS)
        misses, seen_at = self._misses.get(run.run_id, (0, float("-inf")))
        if seen_at != self._inspected_at:
            misses += 1
            self._misses[run.run_id] = (misses, self._inspected_at)
        if misses < MISSES_UNTIL_LOST:
            return CheckRunHealthResult(WorkerStatus.RUNNING, f"No worker named it, {misses} time(s) in a row.")
        del self._misses[run.run_id]
        return CheckRunHealthResult(WorkerStatus.FAILED, "No worker executes this run; its worker was lost.")

    def get_run_worker_debug_info(self, run: DagsterRun, include_container_logs: bool | None = True) -> str | None:  # noqa: ARG002 - the signature is Dagster's
        """Name the workers that answered the last inspection, for the message of a run that was given up."""
        return f"Workers that answered: {', '.join(self._workers) or 'none'}."

    def dispose(self) -> None:
        """Close the connections to the broker."""
        self.celery.close()

    def _inspect(self) -> None:
        if time.monotonic() - self._inspected_at < _INSPECTION_LASTS_S:
            return
        replies = self.celery.control.inspect(timeout=_INSPECT_TIMEOUT_S).active() or {}
        self._workers = tuple(sorted(replies))
        self._active = frozenset(task["id"] for tasks in replies.values() for task in tasks)
        self._inspected_at = time.monotonic()


def _health_of(run: DagsterRun, *, is_alive: bool) -> CheckRunHealthResult:
    if is_alive:
        return CheckRunHealthResult(WorkerStatus.RUNNING)
    return CheckRunHealthResult(WorkerStatus.FAILED, f"The process of run {run.run_id} is gone.")
