"""A server on loopback that behaves as Telegram's Bot API."""

import json
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs

TOKEN = "123456:ABC"


class BotApi(BaseHTTPRequestHandler):
    """Answers `sendMessage` as api.telegram.org does; `answer` of the server decides how."""

    def do_POST(self):
        fields = {
            name: values[0]
            for name, values in parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode()).items()
        }
        status, extra = self.server.answer
        if self.path != f"/bot{TOKEN}/sendMessage":
            status, extra = 401, {"description": "Unauthorized"}
        if status == 200:
            self.server.messages.append(fields)
            chat = {"id": int(fields["chat_id"]), "type": "private"}
            extra = {"result": {"message_id": len(self.server.messages), "date": 1, "chat": chat}}
        body = json.dumps({"ok": status == 200, "error_code": status, **extra}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@contextmanager
def served_bot_api():
    """The server; its `messages` are what it took."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), BotApi)
    server.messages, server.answer = [], (200, {})
    thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
