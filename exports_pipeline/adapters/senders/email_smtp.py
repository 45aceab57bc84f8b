"""Deliveries by e-mail, over SMTP."""

import smtplib
import socket
import ssl
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager

from exports_pipeline.adapters.senders.attachment import attachments
from exports_pipeline.adapters.senders.mail_server import MailServer
from exports_pipeline.adapters.senders.mailbox import read_mailboxes
from exports_pipeline.adapters.senders.mime import compose, mailbox_of, message_id
from exports_pipeline.core.errors import DeliveryRefused, DeliveryUnavailable
from exports_pipeline.core.message import Message, Target

_PERMANENT = 500
_LONGEST_ANSWER = 200


class SmtpSender:
    """`Sender` over a mail server; the address of a target is one mailbox, or several separated by commas."""

    def __init__(
        self,
        server: MailServer,
        *,
        sender: str,
        domains: AbstractSet[str] | None = None,
        attach_bytes: int = 0,
        timeout_s: float = 15.0,
        limit_s: float = 60.0,
    ) -> None:
        self._server = server
        self._sender = sender
        self._domains = domains
        self._attach_bytes = attach_bytes
        self._timeout_s = timeout_s
        self._limit_s = limit_s

    def send(self, target: Target, message: Message) -> str:
        """Send one e-mail to all mailboxes and return its Message-ID and what the server said.

        Mailboxes that the server refuses for good are named in the receipt, and the others get the mail. While it puts
        one of them off nobody gets it: those that had it would get it twice at the next try.

        Raises:
            TargetForbidden: a domain may not get mail.
            DeliveryRefused: the server refuses the mail, all mailboxes or our password.
            DeliveryUnavailable: it does not answer, not in time, or puts us off.
        """
        to = read_mailboxes(target.address, domains=self._domains)
        files = attachments(target, message, limit_bytes=self._attach_bytes)
        mail = compose(message, sender=self._sender, to=to, files=files)
        with self._connected() as smtp:
            self._server.log_in(smtp)
            refused = self._address(smtp, to)
            code, answer = smtp.data(mail)
            if code != 250:
                raise smtplib.SMTPDataError(code, answer)
            receipt = f"{message_id(message, sender=self._sender)} {_words(answer)}"
        return receipt + "".join(f"; refused: {each}" for each in refused)

    def trial(self, target: Target) -> Iterator[str]:
        """Log in, name sender and mailboxes, and take it back: no mail is sent."""
        to = read_mailboxes(target.address, domains=self._domains)
        yield "resolve"
        with _told():
            socket.getaddrinfo(self._server.host, self._server.port, type=socket.SOCK_STREAM)
        yield "connect"
        with self._connected() as smtp:
            yield "authenticate"
            self._server.log_in(smtp)
            yield "write"
            refused = self._address(smtp, to)
            smtp.rset()
        if refused:
            raise DeliveryRefused(f"The mail server refuses {'; '.join(refused)}.")

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        with _told(), self._server.connected(timeout_s=self._timeout_s, limit_s=self._limit_s) as smtp:
            yield smtp

    def _address(self, smtp: smtplib.SMTP, to: Sequence[str]) -> list[str]:
        """Name the sender and the mailboxes, and return those that were refused, with the server's words."""
        options = [] if all(map(str.isascii, to)) else ["SMTPUTF8"]
        if options and not smtp.has_extn("smtputf8"):
            raise DeliveryRefused("The mail server takes only addresses in ASCII letters.")
        code, answer = smtp.mail(mailbox_of(self._sender), options)
        if code != 250:
            raise smtplib.SMTPSenderRefused(code, answer, self._sender)
        refused = []
        for box in to:
            code, answer = smtp.rcpt(box)
            if code >= _PERMANENT:
                refused.append(f"{box} ({code} {_words(answer)})")
            elif code not in (250, 251):
                raise DeliveryUnavailable(f"The mail server puts {box} off: {code} {_words(answer)}.")
        if len(refused) == len(to):
            raise DeliveryRefused(f"The mail server refuses {'; '.join(refused)}.")
        return refused


@contextmanager
def _told() -> Iterator[None]:
    """Say what happens to SMTP in our words; its answers are quoted, and none of them holds what we sent."""
    try:
        yield
    except smtplib.SMTPNotSupportedError as error:
        raise DeliveryRefused("The mail server has no STARTTLS or no login; look at EXPORTS_SMTP_URL.") from error
    except smtplib.SMTPResponseException as error:
        words = f"{error.smtp_code} {_words(error.smtp_error)}"
        if error.smtp_code < _PERMANENT:
            raise DeliveryUnavailable(f"The mail server puts us off: {words}.") from error
        if isinstance(error, smtplib.SMTPAuthenticationError):
            raise DeliveryRefused("The mail server refuses our login; look at EXPORTS_SMTP_URL.") from error
        raise DeliveryRefused(f"The mail server refuses the mail: {words}.") from error
    except ssl.SSLCertVerificationError as error:
        sentence = f"The mail server's certificate is not to be trusted: {error.verify_message}."
        raise DeliveryUnavailable(sentence) from error
    except (smtplib.SMTPException, OSError) as error:
        raise DeliveryUnavailable("The mail server does not answer, or not in time.") from error


def _words(answer: bytes | str) -> str:
    text = answer if isinstance(answer, str) else answer.decode("utf-8", "replace")
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:_LONGEST_ANSWER].rstrip(".")
