"""Dagster: does its webserver answer, is our code loaded, do its daemons beat?"""

from collections.abc import Iterator
from typing import Any

from httpx import Client, HTTPError

from exports_pipeline.checkup.finding import Finding, broken, fine, skipped
from exports_pipeline.settings import Settings

LOCATION = "exports_pipeline"
_TIMEOUT_S = 5.0
_QUERY = """{
  version
  instance { daemonHealth { allDaemonStatuses { daemonType required healthy } } }
  workspaceOrError { ... on Workspace { locationEntries { name locationOrLoadError { __typename } } } }
}"""


def check_dagster(settings: Settings) -> Iterator[Finding]:
    """Ask the webserver for all three in one query."""
    url = settings.dagster_graphql_url
    try:
        with Client(timeout=_TIMEOUT_S, trust_env=False) as client:
            answer = client.post(f"{url}/graphql", json={"query": _QUERY})
            data: dict[str, Any] = answer.raise_for_status().json()["data"]
            version = data["version"]
    except (HTTPError, ValueError, KeyError, TypeError):
        advice = "Start `dagster-webserver`, or let EXPORTS_DAGSTER_URL say where it answers; see its log."
        yield broken("dagster", f"Dagster's webserver at {url} does not answer as one.", advice)
        yield skipped("code location", "The webserver knows.")
        yield skipped("daemon", "The webserver knows.")
        return
    yield fine("dagster", f"Version {version} answers at {url}.")
    yield _location(data["workspaceOrError"].get("locationEntries", []))
    yield _daemon(data["instance"]["daemonHealth"]["allDaemonStatuses"])


def _location(entries: list[dict[str, Any]]) -> Finding:
    loaded = {entry["name"]: (entry["locationOrLoadError"] or {}).get("__typename") for entry in entries}
    if loaded.get(LOCATION) == "RepositoryLocation":
        return fine("code location", f"{LOCATION} is loaded.")
    if LOCATION in loaded:
        advice = "See the log of the code server: a variable, the catalogue or the warehouse keeps it from starting."
        return broken("code location", f"{LOCATION} could not be loaded.", advice)
    advice = f"Name the code location {LOCATION} in workspace.yaml."
    return broken("code location", f"The workspace has no {LOCATION}; it has {', '.join(loaded) or 'nothing'}.", advice)


def _daemon(statuses: list[dict[str, Any]]) -> Finding:
    required = [each for each in statuses if each["required"]]
    silent = sorted(each["daemonType"] for each in required if not each["healthy"])
    if not silent:
        return fine("daemon", f"{len(required)} daemons beat.")
    advice = "Start `dagster-daemon run`, one per deployment; without it nothing that was lost is found again."
    return broken("daemon", f"No fresh heartbeat of {', '.join(silent)}.", advice)
