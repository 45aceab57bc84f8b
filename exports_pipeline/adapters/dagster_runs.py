"""Dagster's GraphQL client: runs are launched here."""

from collections.abc import Mapping
from typing import Any

from dagster_graphql import DagsterGraphQLClient, DagsterGraphQLClientError
from httpx import Client, HTTPError, Limits, Timeout

from exports_pipeline.core.errors import LaunchRefused, RunsUnavailable

LOCATION = "exports_pipeline"
"""The code location, as workspace.yaml names it."""
REPOSITORY = "__repository__"
"""The name Dagster gives to a `Definitions` object."""

_CONNECT_TIMEOUT_S = 3.0
_KEPT_S = 4.0
"""uvicorn closes a connection that was idle for five seconds; ours must be gone before, or a launch meets the end."""

_REFUSALS = frozenset(
    {
        "ConflictingExecutionParamsError",
        "InvalidOutputError",
        "InvalidStepError",
        "InvalidSubsetError",
        "NoModeProvidedError",
        "PipelineNotFoundError",
        "PresetNotFoundError",
        "RunConfigValidationInvalid",
        "UnauthorizedError",
    }
)
"""Answers that another try does not change; the rest, above all a PythonError, an outage of Dagster or the broker."""

_FIND_LOCATION = """
query FindLocation($selector: RepositorySelector!) {
  repositoryOrError(repositorySelector: $selector) { __typename ... on PythonError { message } }
}
"""

_TERMINATE = """
mutation Terminate($run: String!) { terminateRun(runId: $run) { __typename } }
"""


class DagsterRuns:
    """The runs of one Dagster, whose webserver answers at a URL; made once per process and used by all its threads."""

    def __init__(self, url: str, *, timeout_s: float = 15.0) -> None:
        self._client = _KeptOpen(url, timeout_s=timeout_s)

    def launch(self, *, job_name: str, run_config: dict[str, Any], tags: Mapping[str, str]) -> str:
        """Launch a run of a Dagster job and return the run's id.

        After RunsUnavailable a run may exist nevertheless, when the answer was lost: the claim decides which run works.

        Raises:
            RunsUnavailable: Dagster, its database or its broker does not answer.
            LaunchRefused: Dagster does not know the job or refuses its configuration.
        """
        try:
            return self._client.submit_job_execution(
                job_name,
                repository_location_name=LOCATION,
                repository_name=REPOSITORY,
                run_config=run_config,
                tags=dict(tags),
            )
        except DagsterGraphQLClientError as error:
            if error.args[0] in _REFUSALS:
                raise LaunchRefused from error
            raise RunsUnavailable from error

    def terminate(self, run_id: str) -> None:
        """End a run as cancelled; one that has ended already is no error.

        Raises:
            RunsUnavailable: Dagster does not answer.
        """
        self._ask(_TERMINATE, run=run_id)

    def ping(self) -> None:
        """Ask whether Dagster answers and has our code location.

        Raises:
            RunsUnavailable: it does not, or has not.
        """
        selector = {"repositoryLocationName": LOCATION, "repositoryName": REPOSITORY}
        if self._ask(_FIND_LOCATION, selector=selector)["repositoryOrError"]["__typename"] != "Repository":
            raise RunsUnavailable(f"Dagster has not loaded the code location {LOCATION}.")

    def close(self) -> None:
        """Close the kept connections."""
        self._client.close()

    def _ask(self, query: str, **variables: Any) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = self._client._execute(query, variables)  # noqa: SLF001 - the client has no such call
        except DagsterGraphQLClientError as error:
            raise RunsUnavailable from error
        return answer


class _KeptOpen(DagsterGraphQLClient):
    """Dagster's client, whose queries travel over kept connections that all threads share.

    The original parses each query, prints it again and opens a connection for each call.
    """

    def __init__(self, url: str, *, timeout_s: float) -> None:
        super().__init__(hostname=url)
        self._http = Client(
            base_url=url,
            timeout=Timeout(timeout_s, connect=_CONNECT_TIMEOUT_S),
            limits=Limits(keepalive_expiry=_KEPT_S),
            trust_env=False,
        )

    def _execute(self, query: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
        try:
            answer = self._http.post("/graphql", json={"query": query, "variables": variables or {}})
            answer.raise_for_status()
            content = answer.json()
        except (HTTPError, ValueError) as error:
            raise _client_error("NoAnswer", str(error)) from error
        if "errors" in content:
            raise _client_error("QueryFailed", content["errors"])
        data: dict[str, Any] = content["data"]
        return data

    def close(self) -> None:
        """Close the connections."""
        self._http.close()


def _client_error(kind: str, content: object) -> DagsterGraphQLClientError:
    return DagsterGraphQLClientError(kind, content)  # type: ignore[no-untyped-call]  # Dagster's
