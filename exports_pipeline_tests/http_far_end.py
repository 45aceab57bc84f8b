"""HTTP servers on loopback that are in a mood."""

from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from threading import Event, Thread

from werkzeug.formparser import FormDataParser
from werkzeug.http import parse_options_header

from exports_pipeline_tests.contracts.sender_contract import Mood

STATUSES = {Mood.REFUSES: 400, Mood.FAILS: 503}
NOBODY = "http://127.0.0.1:1"
"""Where nothing listens."""


class MoodyHandler(BaseHTTPRequestHandler):
    """Answers with what `answer_to` gives, unless `server.mood` is bad.

    `answer_to(body)` returns a status and the bytes of an answer.
    """

    protocol_version = "HTTP/1.1"
    refusal = b"{}"

    def do_GET(self):
        self.do_POST()

    def do_POST(self):
        self.close_connection = True
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        mood = self.server.mood
        if mood is Mood.HANGS:
            self.server.closing.wait()
        elif mood is Mood.CUTS_OFF:
            self._answer(200, b"{", length=100)
        elif mood in STATUSES:
            self._answer(STATUSES[mood], self.refusal)
        else:
            self._answer(*self.answer_to(body))

    def _answer(self, status, body, headers=(), *, length=None):
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **dict(headers)}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(length or len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def form(self, body):
        """The fields and files of a form: values, and pairs of name and bytes."""
        kind, options = parse_options_header(self.headers["Content-Type"])
        parser = FormDataParser(stream_factory=lambda *_, **__: BytesIO())
        _, fields, files = parser.parse(BytesIO(body), kind, len(body), options)
        return dict(fields), {name: (each.filename, each.read()) for name, each in files.items()}

    def log_message(self, *_):
        pass


@contextmanager
def served(handler, *, tls=None, **facts):
    """A server of a handler, over TLS where a context is given; `facts` become its attributes."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.mood, server.closing = Mood.OPEN, Event()
    vars(server).update(facts)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.closing.set()
        server.shutdown()
        thread.join()
        server.server_close()
