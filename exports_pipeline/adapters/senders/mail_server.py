"""The mail server of a deployment: how its URL is read, and how one logs in."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import ip_address
from socket import SHUT_RDWR, socket
from threading import Timer
from urllib.parse import parse_qs, unquote, urlsplit

from exports_pipeline.core.errors import NotConfigured

_HOW = "EXPORTS_SMTP_URL is spelled smtp://user:password@host:port, smtps://, or smtp://...?starttls=1"


class Security(StrEnum):
    """How the connection is encrypted; its values are the default ports."""

    NONE = "25"
    STARTTLS = "587"
    TLS = "465"


@dataclass(frozen=True, kw_only=True)
class MailServer:
    """Where mail is handed in."""

    host: str
    port: int
    security: Security
    username: str = ""
    password: str = field(default="", repr=False)
    ca_file: str | None = None
    """Certificates to trust instead of the system's."""

    @contextmanager
    def connected(self, *, timeout_s: float, limit_s: float) -> Iterator[smtplib.SMTP]:
        """A connection, greeted and not yet logged in, that is cut when it has lasted `limit_s`.

        Raises:
            smtplib.SMTPException, OSError
        """
        smtp = self._client(timeout_s)
        # By this starttls checks the certificate; the constructor would set it, and read the greeting without a limit.
        smtp._host = self.host  # type: ignore[attr-defined]  # noqa: SLF001
        cut = Timer(limit_s, lambda: _cut(smtp.sock))
        cut.daemon = True
        cut.start()
        try:
            code, answer = smtp.connect(self.host, self.port)
            if code != 220:
                raise smtplib.SMTPConnectError(code, answer)
            yield smtp
            with suppress(smtplib.SMTPException, OSError):  # what it took, it took
                smtp.quit()
        finally:
            cut.cancel()
            smtp.close()

    def log_in(self, smtp: smtplib.SMTP) -> None:
        """Encrypt where that is not done yet, and authenticate where we have a password.

        Raises:
            smtplib.SMTPException, OSError
        """
        smtp.ehlo_or_helo_if_needed()
        if self.security is Security.STARTTLS:
            smtp.starttls(context=self._tls())
            smtp.ehlo_or_helo_if_needed()
        if self.username:
            smtp.login(self.username, self.password)

    def _client(self, timeout_s: float) -> smtplib.SMTP:
        if self.security is Security.TLS:
            return smtplib.SMTP_SSL(timeout=timeout_s, context=self._tls())
        return smtplib.SMTP(timeout=timeout_s)

    def _tls(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.ca_file)


def read_smtp_url(url: str) -> MailServer:
    """The mail server that a URL describes; `?cafile=` names certificates to trust.

    A password travels in the clear only on loopback, or where `?starttls=0` says that it may.

    Raises:
        NotConfigured: the URL cannot be read; never says what stands in it.
    """
    try:
        parts = urlsplit(url)
        port, options = parts.port, {name: values[-1] for name, values in parse_qs(parts.query).items()}
    except ValueError:
        raise NotConfigured(f"{_HOW}; its host or port cannot be read.") from None
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or set(options) - {"starttls", "cafile"}:
        raise NotConfigured(f"{_HOW}.")
    wants = options.get("starttls")
    security = Security.TLS if parts.scheme == "smtps" else Security.STARTTLS if wants == "1" else Security.NONE
    if parts.password and security is Security.NONE and wants != "0" and not _is_loopback(parts.hostname):
        raise NotConfigured(f"{_HOW}; this one would send the password in the clear (?starttls=0 allows it).")
    username, password = unquote(parts.username or ""), unquote(parts.password or "")
    if not (username + password).isascii():
        raise NotConfigured(f"{_HOW}; user name and password must be ASCII, as our SMTP library sends no other.")
    return MailServer(
        host=parts.hostname,
        port=port or int(security),
        security=security,
        username=username,
        password=password,
        ca_file=options.get("cafile"),
    )


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _cut(connection: socket | None) -> None:
    if connection is not None:
        with suppress(OSError):
            socket.shutdown(connection, SHUT_RDWR)  # not TLS's own, which is not safe while another thread reads
