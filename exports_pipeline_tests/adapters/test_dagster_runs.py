import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from exports_pipeline.adapters.dagster_runs import DagsterRuns
from exports_pipeline.core.errors import LaunchRefused, RunsUnavailable

LAUNCHED = {"launchPipelineExecution": {"__typename": "LaunchRunSuccess", "run": {"runId": "run-1"}}}


class Webserver(ThreadingHTTPServer):
    """Answers each GraphQL query with what a test puts into `answers`, by a word of the query."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answer)
        self.answers = {}
        self.queries = []
        self.connections = set()
        self.delay_s = 0.0

    def handle_error(self, request, client_address):
        """Say nothing of a client that went away, as it should."""

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"


class Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.server.connections.add(self.client_address)
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.queries.append(body)
        time.sleep(self.server.delay_s)
        found = [answer for word, answer in self.server.answers.items() if word in body["query"]]
        content = json.dumps({"data": found[0]} if found else {"errors": [{"message": "no"}]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *words):
        pass


@pytest.fixture
def webserver():
    with Webserver() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def runs(webserver):
    runs = DagsterRuns(webserver.url, timeout_s=1.0)
    yield runs
    runs.close()


def test_a_launch_is_one_query_that_names_the_repository_and_returns_the_id(webserver, runs):
    webserver.answers = {"launchPipelineExecution": LAUNCHED}
    assert runs.launch(job_name="dataset_export", run_config={"a": 1}, tags={"exports/attempt": "1"}) == "run-1"
    [query] = webserver.queries
    parameters = query["variables"]["executionParams"]
    assert parameters["selector"]["repositoryName"] == "__repository__"
    assert parameters["selector"]["repositoryLocationName"] == "exports_pipeline"
    assert parameters["runConfigData"] == {"a": 1}
    assert parameters["executionMetadata"]["tags"] == [{"key": "exports/attempt", "value": "1"}]


def test_launches_of_a_thread_share_one_connection_and_threads_do_not_disturb_each_other(webserver, runs):
    webserver.answers = {"launchPipelineExecution": LAUNCHED}
    for _ in range(5):
        runs.launch(job_name="j", run_config={}, tags={})
    assert len(webserver.connections) == 1
    webserver.delay_s = 0.05
    with ThreadPoolExecutor(6) as pool:
        ids = list(pool.map(lambda _: runs.launch(job_name="j", run_config={}, tags={}), range(12)))
    assert ids == ["run-1"] * 12


@pytest.mark.parametrize("typename", ["PipelineNotFoundError", "UnauthorizedError", "InvalidSubsetError"])
def test_what_another_try_does_not_change_is_refused(webserver, runs, typename):
    webserver.answers = {
        "launchPipelineExecution": {"launchPipelineExecution": {"__typename": typename, "message": "m"}}
    }
    with pytest.raises(LaunchRefused):
        runs.launch(job_name="j", run_config={}, tags={})


def test_an_error_inside_dagster_is_an_outage_for_its_broker_may_be_away(webserver, runs):
    answer = {"__typename": "PythonError", "message": "OperationalError: connection refused", "stack": []}
    webserver.answers = {"launchPipelineExecution": {"launchPipelineExecution": answer}}
    with pytest.raises(RunsUnavailable):
        runs.launch(job_name="j", run_config={}, tags={})


def test_a_dagster_that_hangs_is_unavailable_within_the_timeout(webserver, runs):
    webserver.delay_s = 1.5
    begun = time.monotonic()
    with pytest.raises(RunsUnavailable):
        runs.ping()
    assert time.monotonic() - begun < 1.4


def test_a_dagster_that_is_away_is_unavailable_in_every_question():
    runs = DagsterRuns("http://127.0.0.1:1")
    for ask in (runs.ping, lambda: runs.terminate("run-1"), lambda: runs.launch(job_name="j", run_config={}, tags={})):
        with pytest.raises(RunsUnavailable):
            ask()
    runs.close()


def test_a_run_is_terminated_by_its_id(webserver, runs):
    webserver.answers = {"terminateRun": {"terminateRun": {"__typename": "TerminateRunSuccess"}}}
    runs.terminate("run-1")
    [query] = webserver.queries
    assert query["variables"] == {"run": "run-1"}


def test_a_code_location_that_did_not_load_fails_the_ping(webserver, runs):
    webserver.answers = {"repositoryOrError": {"repositoryOrError": {"__typename": "RepositoryNotFoundError"}}}
    with pytest.raises(RunsUnavailable, match="code location"):
        runs.ping()
    webserver.answers = {"repositoryOrError": {"repositoryOrError": {"__typename": "Repository"}}}
    runs.ping()


def test_an_answer_full_of_errors_is_an_outage(runs):
    with pytest.raises(RunsUnavailable):
        runs.ping()
