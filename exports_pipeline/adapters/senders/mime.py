"""E-mails as they travel, the same for every way of sending them."""

from collections.abc import Sequence
from email.header import Header
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from exports_pipeline.adapters.senders.attachment import read_whole
from exports_pipeline.adapters.senders.mailbox import domain_of
from exports_pipeline.core.message import FileToSend, Message

_POLICY = SMTP.clone(cte_type="7bit")  # what every server takes, 8BITMIME or not
_POLICY_UTF8 = _POLICY.clone(utf8=True)
_LONGEST_PLAIN = 60


def compose(message: Message, *, sender: str, to: Sequence[str], files: Sequence[FileToSend] = ()) -> bytes:
    """The e-mail with text, page and perhaps files, in ASCII, lines ending in CR LF; equal at every try.

    Only the addresses are in UTF-8 where one of them is (RFC 6532); their server must know SMTPUTF8.

    Raises:
        DeliveryUnavailable, ObjectStoreUnavailable: a file could not be read as it was published.
    """
    mail = EmailMessage(policy=_POLICY if all(map(str.isascii, to)) else _POLICY_UTF8)
    mail["From"] = sender
    mail["To"] = ", ".join(to)
    mail.set_raw("Subject", _subject(message.subject))
    mail["Date"] = format_datetime(message.at)
    mail["Message-ID"] = message_id(message, sender=sender)
    mail["X-Delivery-Id"] = str(message.id)  # SES replaces the Message-ID with one of its own
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody on holiday answers
    mail.set_content(message.text)
    mail.add_alternative(message.html, subtype="html")
    for file in files:
        _attach(mail, file)
    return mail.as_bytes()


def message_id(message: Message, *, sender: str) -> str:
    """The Message-ID, by which receivers know a message that they have already."""
    return f"<{message.id}@{domain_of(mailbox_of(sender))}>"


def mailbox_of(sender: str) -> str:
    """The mailbox of a sender such as `Exports <exports@example.com>`."""
    return parseaddr(sender)[1]


def _subject(subject: str) -> str:
    """One line, folded; encoded by hand because the library reads what looks encoded as if it were (RFC 2047)."""
    line = "".join(character if character.isprintable() else " " for character in subject).strip()
    if line.isascii() and len(line) <= _LONGEST_PLAIN and "=?" not in line:
        return line
    return Header(line, "utf-8", header_name="Subject").encode()


def _attach(mail: EmailMessage, file: FileToSend) -> None:
    kind, *parameters = file.content_type.split(";")
    maintype, _, subtype = kind.strip().partition("/")
    pairs = [each.strip().partition("=") for each in parameters]
    mail.add_attachment(
        read_whole(file),
        maintype=maintype,
        subtype=subtype,
        filename=file.name.replace("=?", "=_"),  # the library would decode it, line ends and all, into the headers
        params={name: value.strip('"') for name, _, value in pairs},
    )
