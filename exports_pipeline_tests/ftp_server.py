"""An FTP server on loopback, over a folder, with TLS of the standard library: pyftpdlib's own needs PyOpenSSL."""

import ssl
import warnings
from contextlib import contextmanager
from threading import Event, Thread

from exports_pipeline_tests.contracts.sender_contract import Mood

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # asyncore leaves the standard library; pyftpdlib has its own
    from pyftpdlib.authorizers import DummyAuthorizer
    from pyftpdlib.exceptions import _RetryError
    from pyftpdlib.handlers import DTPHandler, FTPHandler
    from pyftpdlib.ioloop import IOLoop
    from pyftpdlib.servers import FTPServer

USERNAME, PASSWORD = "ann", "a secret of FTP"


class OverTls:
    """A connection that may be encrypted; shaking hands happens while the first bytes are read or written."""

    def encrypt(self, context):
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def recv(self, buffer_size):
        try:
            return super().recv(buffer_size)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError) as error:
            raise _RetryError from error
        except ssl.SSLError:
            self.close()
            return b""

    def send(self, data):
        try:
            return super().send(data)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return 0


class Data(OverTls, DTPHandler):
    def __init__(self, sock, cmd_channel):
        super().__init__(sock, cmd_channel)
        if cmd_channel.is_private:
            self.encrypt(cmd_channel.facts.context)

    def handle_read_event(self):
        if self.cmd_channel.facts.fault == "stops reading":
            self.modify_ioloop_events(0)
        else:
            super().handle_read_event()

    def close(self):
        if isinstance(self.socket, ssl.SSLSocket) and self.socket.fileno() != -1:
            self.cmd_channel.facts.resumed.append(self.socket.session_reused)
        super().close()


class Control(OverTls, FTPHandler):
    """The commands; mood and fault of the server make it misbehave."""

    dtp_handler = Data
    use_sendfile = False
    auth_failed_timeout = 0
    is_private = False
    facts = None
    proto_cmds = FTPHandler.proto_cmds | {
        name: {"perm": None, "auth": False, "arg": True, "help": f"Syntax: {name} (RFC 4217)."}
        for name in ("AUTH", "PBSZ", "PROT")
    }

    def handle(self):
        if self.facts.tls == "implicit":
            self.encrypt(self.facts.context)
        super().handle()

    def ftp_AUTH(self, _line):  # noqa: N802 - as pyftpdlib finds it
        if self.facts.tls != "explicit":
            self.respond("502 Command not implemented.")
            return
        self.respond("234 Now shake hands.")
        self.encrypt(self.facts.context)

    def ftp_PBSZ(self, _line):  # noqa: N802 - as above
        self.respond("200 PBSZ=0.")

    def ftp_PROT(self, line):  # noqa: N802 - as above
        self.is_private = line == "P"
        self.respond("200 Protected.")

    def ftp_USER(self, line):  # noqa: N802 - as above
        self.facts.logins.append((line, isinstance(self.socket, ssl.SSLSocket)))
        super().ftp_USER(line)

    def ftp_STOR(self, file, mode="w"):  # noqa: N802 - as above
        match self.facts.mood:
            case Mood.REFUSES:
                self.respond("550 Permission denied.")
            case Mood.FAILS:
                self.respond("452 Insufficient storage space.")
            case Mood.CUTS_OFF:
                self.close()
            case Mood.OPEN:
                self.facts.stored.append(self.fs.fs2ftp(file))
                super().ftp_STOR(file, mode)

    def ftp_RNTO(self, path):  # noqa: N802 - as above
        if self.facts.fault == "no replacing" and self.fs.lexists(path):
            self.respond("550 Cannot create a file when that file already exists.")
        elif self.facts.fault == "breaks":
            self.fs.rename(self._rnfr, path)
            self.close()
        else:
            super().ftp_RNTO(path)

    def ftp_SIZE(self, path):  # noqa: N802 - as above
        if self.facts.fault == "loses":
            self.respond("213 7")
        else:
            super().ftp_SIZE(path)


class FtpFacts:
    """What the server is and did: paths stored, logins and whether they were encrypted, data connections resumed."""

    def __init__(self, root, tls, context):
        self.root, self.tls, self.context, self.port = root, tls, context, 0
        self.mood, self.fault = Mood.OPEN, None
        self.stored, self.logins, self.resumed = [], [], []


@contextmanager
def served_ftp(root, *, tls="none", context=None):
    """The server of a folder, on a thread of its own."""
    facts = FtpFacts(root, tls, context)
    authorizer = DummyAuthorizer()
    authorizer.add_user(USERNAME, PASSWORD, str(root), perm="elradfmwMT")
    handler = type("Handler", (Control,), {"authorizer": authorizer, "facts": facts, "masquerade_address": "10.9.9.9"})
    server = FTPServer(("127.0.0.1", 0), handler, ioloop=IOLoop())
    facts.port = server.address[1]
    closing = Event()

    def serve():
        while not closing.is_set():
            server.serve_forever(timeout=0.02, blocking=False)
        server.close_all()

    thread = Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield facts
    finally:
        closing.set()
        thread.join()
