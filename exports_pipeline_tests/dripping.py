"""A server on loopback that answers one byte at a time, and never comes to an end."""

import socketserver
from contextlib import contextmanager
from threading import Event, Thread

PAUSE_S = 0.1


class Drip(socketserver.BaseRequestHandler):
    """Says what the server was given to say, and then the same byte for ever."""

    def handle(self):
        self.request.sendall(self.server.beginning)
        try:
            while not self.server.closing.wait(PAUSE_S):
                self.request.sendall(b"2")
        except OSError:
            return


@contextmanager
def dripping_server(beginning=b""):
    """Its port."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Drip) as server:
        server.beginning, server.closing = beginning, Event()
        thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.closing.set()
            server.shutdown()
            thread.join()
