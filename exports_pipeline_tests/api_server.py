"""The API over HTTP on loopback, with fakes that really run jobs and really serve files."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import uvicorn

from exports_pipeline.core.errors import LostClaim
from exports_pipeline.core.refusals import QueryTooLarge
from exports_pipeline.usecases.run_export import run_export
from exports_pipeline_tests.fakes.objects import InMemoryObjectStore
from exports_pipeline_tests.fakes.runs import FakeRuns


class WorkingRuns(FakeRuns):
    """Dagster with one worker."""

    def __init__(self):
        super().__init__()
        self.ports, self.worker = None, ThreadPoolExecutor(1)

    def launch(self, job):
        self.worker.submit(self._run, job)
        return super().launch(job)

    def _run(self, job):
        with suppress(LostClaim, QueryTooLarge):
            run_export(job.id, job.attempt, run_id="run", ports=self.ports)


class ServedObjects(InMemoryObjectStore):
    """An object store whose links work."""

    url = ""
    spoil = staticmethod(lambda body: body)
    status = 200

    def presign(self, key, *, valid):
        return f"{self.url}/{key}"


@contextmanager
def served_objects():
    store = ServedObjects()

    class Door(BaseHTTPRequestHandler):
        def do_GET(self):
            body = store.spoil(store.objects[self.path[1:]].body)
            self.send_response(store.status)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Content-Disposition", "attachment")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        store.url = f"http://127.0.0.1:{server.server_port}"
        thread = Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield store
        server.shutdown()
        thread.join()


@contextmanager
def served(app):
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, access_log=False))
    thread = Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()
