"""FTP as deliveries need it: to an address that was looked up before, encrypted on both of its connections."""

import hashlib
import re
import socket
import ssl
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from ftplib import FTP, Error, all_errors, error_perm

_PIECE_BYTES = 1 << 16
"""What must be taken within one timeout."""
PORTS = {"explicit": 21, "implicit": 990, "none": 21}
"""By how the connection is encrypted."""


class FtpSession(FTP):
    """One connection to a server; `tls` is explicit, implicit or none, and certificates are checked against `host`.

    What the server says of its own address when it opens a data connection is ignored, as ftplib does: it could send us
    elsewhere. Every method raises what ftplib does: `ftplib.all_errors`.
    """

    def __init__(self, host: str, *, tls: str, context: ssl.SSLContext, timeout_s: float) -> None:
        super().__init__(timeout=timeout_s)
        self.host = host.strip("[]")
        self._tls = tls
        self._context = context

    def open(self, address: str, port: int) -> None:
        """Connect, and encrypt the connection."""
        self.sock = socket.create_connection((address, port), self.timeout)
        self.af = self.sock.family
        if self._tls == "implicit":
            self.sock = self._context.wrap_socket(self.sock, server_hostname=self.host)
        self.file = self.sock.makefile("r", encoding=self.encoding, errors="replace")
        self.welcome = self.getresp()
        if self._tls == "explicit":
            self.voidcmd("AUTH TLS")
            self.sock = self._context.wrap_socket(self.sock, server_hostname=self.host)
            self.file = self.sock.makefile("r", encoding=self.encoding, errors="replace")

    def log_in(self, username: str, password: str) -> None:
        """Log in, and have data encrypted, names in UTF-8 and bytes left as they are."""
        self.login(username, password)
        if self._tls != "none":
            self.voidcmd("PBSZ 0")
            self.voidcmd("PROT P")
        with suppress(Error):  # most servers know nothing but UTF-8, and so no such option
            self.voidcmd("OPTS UTF8 ON")
        self.voidcmd("TYPE I")

    def ntransfercmd(self, cmd: str, rest: int | str | None = None) -> tuple[socket.socket, int | None]:
        """Open a data connection, in the TLS session of the other one: many servers insist on that."""
        data, size = super().ntransfercmd(cmd, rest)
        if isinstance(self.sock, ssl.SSLSocket):
            data = self._context.wrap_socket(data, server_hostname=self.host, session=self.sock.session)
        return data, size

    def store(self, path: str, chunks: Iterable[bytes]) -> None:
        """Write a file; whatever the chunks raise goes on, with the connection ready for the next command."""
        data = self.transfercmd(f"STOR {path}")
        try:
            with data:
                for chunk in chunks:
                    for begin in range(0, len(chunk), _PIECE_BYTES):
                        data.sendall(chunk[begin : begin + _PIECE_BYTES])
                if isinstance(data, ssl.SSLSocket):
                    # Many servers hang up without the farewell of TLS; whether all arrived, the size will tell.
                    with suppress(OSError):
                        data.unwrap()
        except BaseException:
            with suppress(*all_errors):
                self.voidresp()
            raise
        self.voidresp()

    def sha256_of(self, path: str) -> str:
        """Read a file back."""
        digest = hashlib.sha256()
        with self.transfercmd(f"RETR {path}") as data:
            while chunk := data.recv(1 << 16):
                digest.update(chunk)
        self.voidresp()
        return digest.hexdigest()

    def modified_at(self, path: str) -> datetime:
        """When a file was last written (RFC 3659)."""
        found = re.match(r"213 (\d{14})", self.sendcmd(f"MDTM {path}"))
        if found is None:
            raise error_perm("550 The time of the file is not known.")  # noqa: S321 - an answer, no connection
        return datetime.strptime(found[1], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
