"""Which sender of e-mail a deployment gets."""

import pytest

from exports_pipeline.adapters.senders.email_ses import SesSender
from exports_pipeline.adapters.senders.email_smtp import SmtpSender
from exports_pipeline.adapters.senders.mail import make_mail_sender, read_domains
from exports_pipeline.core.errors import NotConfigured

FROM = "Exports <exports@example.com>"


@pytest.mark.parametrize(
    ("url", "kind"),
    [("ses://eu-central-1", SesSender), ("smtp://localhost", SmtpSender), ("smtps://mx.cz", SmtpSender)],
)
def test_the_scheme_decides(url, kind):
    assert isinstance(make_mail_sender(url, sender=FROM), kind)


@pytest.mark.parametrize("url", ["ses://", "imap://x", ""])
def test_a_url_of_nothing_we_know_is_refused(url):
    with pytest.raises(NotConfigured, match="EXPORTS_SMTP_URL"):
        make_mail_sender(url, sender=FROM)


@pytest.mark.parametrize(
    "sender", ["", "Exports", "a@b@c", "Exports <a@b.cz>\r\nBcc: c@d.cz", "ž@b.cz", "=?utf-8?q?x?= <a@b.cz>"]
)
def test_a_sender_without_a_mailbox_is_refused(sender):
    with pytest.raises(NotConfigured, match="EXPORTS_MAIL_FROM"):
        make_mail_sender("smtp://localhost", sender=sender)


@pytest.mark.parametrize(
    ("listed", "domains"),
    [(None, None), ("", frozenset()), ("Example.org, @Bücher.cz,", frozenset({"example.org", "xn--bcher-kva.cz"}))],
)
def test_domains_are_read_from_a_list(listed, domains):
    assert read_domains(listed) == domains


def test_a_list_of_something_else_is_refused():
    with pytest.raises(NotConfigured, match="EXPORTS_MAIL_DOMAINS"):
        read_domains("example.org, no domain")
