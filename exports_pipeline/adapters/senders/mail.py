"""The sender of e-mail that a deployment's URL asks for."""

from collections.abc import Set as AbstractSet
from urllib.parse import urlsplit

from exports_pipeline.adapters.senders.email_ses import SesSender, make_ses_client
from exports_pipeline.adapters.senders.email_smtp import SmtpSender
from exports_pipeline.adapters.senders.mail_server import read_smtp_url
from exports_pipeline.adapters.senders.mailbox import MAILBOX, ascii_domain
from exports_pipeline.adapters.senders.mime import mailbox_of
from exports_pipeline.core.errors import NotConfigured
from exports_pipeline.core.message import Sender


def make_mail_sender(
    url: str, *, sender: str, domains: AbstractSet[str] | None = None, attach_bytes: int = 0
) -> Sender:
    """A sender for `smtp://`, `smtps://` or `ses://region`; nothing is asked of the network.

    Raises:
        NotConfigured: the URL or the sender cannot be read.
    """
    box = mailbox_of(sender)
    if not (MAILBOX.fullmatch(box) and box.isascii() and sender.isprintable()) or "=?" in sender:
        raise NotConfigured("EXPORTS_MAIL_FROM is spelled like Exports <exports@example.com>.")
    if url.startswith("ses://"):
        region = urlsplit(url).hostname
        if not region:
            raise NotConfigured("EXPORTS_SMTP_URL names a region, as ses://eu-central-1.")
        client = make_ses_client(region=region)
        return SesSender(client, sender=sender, domains=domains, attach_bytes=attach_bytes)
    return SmtpSender(read_smtp_url(url), sender=sender, domains=domains, attach_bytes=attach_bytes)


def read_domains(listed: str | None) -> frozenset[str] | None:
    """The domains that may receive mail, from a list separated by commas; None allows all.

    Raises:
        NotConfigured: one is no domain.
    """
    if listed is None:
        return None
    try:
        return frozenset(ascii_domain(each.strip().removeprefix("@")) for each in listed.split(",") if each.strip())
    except ValueError:
        raise NotConfigured("EXPORTS_MAIL_DOMAINS lists domains, as example.com,example.org.") from None
