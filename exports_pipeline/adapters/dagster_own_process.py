"""Runs in a process of their own, started by the code server, beside the warm workers.

For what is slow and rare and needs no worker's warmth: an upload to a slow server would else keep a slot from exports.
"""

from dagster import DagsterRun
from dagster._core.launcher.default_run_launcher import DefaultRunLauncher
from dagster._grpc.types import CanCancelExecutionRequest, CanCancelExecutionResult
from dagster._serdes import deserialize_value

OWN_PROCESS_TAG = "exports/own_process"
"""A run with this tag is launched here."""
_ANSWER_WITHIN_S = 10


class OwnProcessLauncher(DefaultRunLauncher):
    """Dagster's default launcher, which can also tell whether a run of its own is alive."""

    def is_alive(self, run: DagsterRun) -> bool:
        """Ask the code server whether it executes the run.

        Raises:
            DagsterUserCodeUnreachableError: it does not answer, which says nothing about the run.
        """
        client = self._get_grpc_client_for_termination(run.run_id)  # type: ignore[no-untyped-call]  # Dagster has not typed it
        if client is None:
            return False
        request = CanCancelExecutionRequest(run_id=run.run_id)
        answer = client.can_cancel_execution(request, timeout=_ANSWER_WITHIN_S)
        return deserialize_value(answer, CanCancelExecutionResult).can_cancel


def has_own_process(run: DagsterRun) -> bool:
    """Whether a run is to be executed in a process of its own."""
    return OWN_PROCESS_TAG in run.tags
