"""Deliveries by e-mail, against a mail server with TLS and logins."""

import time
from email import message_from_bytes
from email.policy import default
from urllib.parse import quote
from uuid import UUID

import pytest

from exports_pipeline.adapters.senders.email_smtp import SmtpSender
from exports_pipeline.adapters.senders.mail_server import read_smtp_url
from exports_pipeline.core.errors import DeliveryRefused, DeliveryUnavailable, TargetForbidden
from exports_pipeline.core.message import Target
from exports_pipeline.core.recipient import Channel
from exports_pipeline_tests.builders import a_file, a_message
from exports_pipeline_tests.certificates import Authority
from exports_pipeline_tests.contracts.sender_contract import FarEnd, SenderContract
from exports_pipeline_tests.dripping import dripping_server
from exports_pipeline_tests.fakes.clock import NOON
from exports_pipeline_tests.mail_far_end import PASSWORD, USER, served_mail
from exports_pipeline_tests.mail_reader import read_mail

FROM = "Exports ž <exports@example.com>"
ROOMY = 1_000_000


def to(addresses, **options):
    return Target(channel=Channel.EMAIL, address=addresses, options=options)


class MailFarEnd(FarEnd):
    target = to("ann@example.org")
    secret = PASSWORD
    shows = frozenset({"subject", "text", "html", "file", "changes"})

    def __init__(self, port, mailbox, ca_file):
        self.port, self.mailbox, self._ca_file = port, mailbox, ca_file
        self.sender = self.of()

    def of(self, *, password=PASSWORD, port=None, options="starttls=1", **limits):
        """A sender that logs in at the server."""
        login = f"{USER}:{quote(password, safe='')}"
        url = f"smtp://{login}@127.0.0.1:{port or self.port}?{options}&cafile={self._ca_file}"
        return SmtpSender(
            read_smtp_url(url), sender=FROM, **{"attach_bytes": ROOMY, "timeout_s": 0.6, "limit_s": 3.0, **limits}
        )

    @property
    def mood(self):
        return self.mailbox.mood

    @mood.setter
    def mood(self, mood):
        self.mailbox.mood = mood

    def arrived(self):
        return [read_mail(each.original_content) for each in self.mailbox.mails]

    def parsed(self):
        return [message_from_bytes(each.original_content, policy=default) for each in self.mailbox.mails]

    def away(self):
        return self.of(port=1), self.target

    def wrong(self):
        return self.of(password="wr0ng/s3cret"), self.target, "wr0ng/s3cret"


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture
def far(authority):
    with served_mail(starttls=authority.server_context("127.0.0.1")) as (port, mailbox):
        yield MailFarEnd(port, mailbox, authority.ca_file)


class TestSmtp(SenderContract):
    """SMTP keeps the contract."""


def test_an_e_mail_says_that_a_machine_wrote_it_and_when(far):
    receipt = far.sender.send(far.target, a_message())
    (mail,) = far.parsed()
    assert (mail["From"], mail["To"]) == (FROM, "ann@example.org")
    assert mail["Date"].datetime == NOON
    assert mail["Message-ID"] == f"<{UUID(int=9)}@example.com>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert receipt == f"<{UUID(int=9)}@example.com> 2.0.0 queued as 17"
    assert [part.get_content_type() for part in mail.walk()] == ["multipart/alternative", "text/plain", "text/html"]


def test_a_trial_takes_its_mail_back(far):
    list(far.sender.trial(far.target))
    assert far.mailbox.taken_back == 1


def test_an_e_mail_is_ascii_in_short_lines(far):
    message = a_message(subject="ž" * 300, text="ž", html="ž" * 3000, file=a_file("ž".encode() * 900))
    far.sender.send(far.attaching(), message)
    lines = far.mailbox.mails[0].original_content.split(b"\r\n")
    assert max(map(len, lines)) <= 78
    assert all(line.isascii() and b"\n" not in line for line in lines)


def test_several_mailboxes_get_one_mail_each_once(far):
    far.sender.send(to("ann@example.org, bob@example.org ,ann@example.org"), a_message())
    (envelope,) = far.mailbox.mails
    assert envelope.rcpt_tos == ["ann@example.org", "bob@example.org"]


def test_a_mailbox_that_is_refused_is_named_and_the_others_get_the_mail(far):
    far.mailbox.answers = {"bob@example.org": "550 5.1.1 no such\x07 user."}
    receipt = far.sender.send(to("ann@example.org,bob@example.org"), a_message())
    assert receipt.endswith("; refused: bob@example.org (550 5.1.1 no such user)")
    assert [each.rcpt_tos for each in far.mailbox.mails] == [["ann@example.org"]]


def test_while_a_mailbox_is_put_off_nobody_gets_the_mail_twice(far):
    far.mailbox.answers = {"bob@example.org": "450 4.2.0 greylisted"}
    both = to("ann@example.org,bob@example.org")
    with pytest.raises(DeliveryUnavailable, match=r"bob@example\.org off: 450 4\.2\.0 greylisted"):
        far.sender.send(both, a_message())
    assert far.mailbox.mails == []
    far.mailbox.answers = {}
    far.sender.send(both, a_message())
    assert len(far.mailbox.mails) == 1


def test_when_all_mailboxes_are_refused_the_mail_is(far):
    far.mailbox.answers = {"ann@example.org": "550 5.1.1 no such user"}
    with pytest.raises(DeliveryRefused, match=r"ann@example\.org \(550 5\.1\.1 no such user\)"):
        far.sender.send(far.target, a_message())
    with pytest.raises(DeliveryRefused, match="no such user"):
        list(far.sender.trial(far.target))


def test_addresses_of_all_scripts_are_written_to(far):
    far.sender.send(to("jürgen@bücher.example,ann@straße.example"), a_message(subject="ž"))
    (envelope,) = far.mailbox.mails
    assert envelope.rcpt_tos == ["jürgen@xn--bcher-kva.example", "ann@xn--strae-oqa.example"]
    assert envelope.smtp_utf8
    assert "To: jürgen@xn--bcher-kva.example".encode() in envelope.original_content
    assert far.parsed()[0]["To"] == "jürgen@xn--bcher-kva.example, ann@xn--strae-oqa.example"


def test_a_server_of_ascii_refuses_other_addresses(far, authority):
    context = authority.server_context("127.0.0.1")
    with (
        served_mail(starttls=context, enable_SMTPUTF8=False) as (port, _),
        pytest.raises(DeliveryRefused, match="ASCII"),
    ):
        far.of(port=port).send(to("jürgen@example.org"), a_message())


@pytest.mark.parametrize(
    "address",
    [
        "",
        " , ",
        "ann",
        "ann@",
        "@x.cz",
        "a b@x.cz",
        "a@x.cz\r\nDATA",
        "a@x.cz\x00",
        "<a@x.cz>",
        "a@-.cz",
        "=?utf-8?q?a?=@x.cz",
    ],
)
def test_what_is_no_address_is_refused_before_anything_is_sent(far, address):
    with pytest.raises(DeliveryRefused):
        far.away()[0].send(to(address), a_message())


@pytest.mark.parametrize("address", ["ann@evil.example", "ann@example.org,eve@evil.example", "a@sub.example.org"])
def test_mail_goes_only_to_domains_on_the_list(far, address):
    sender = far.of(domains=frozenset({"example.org"}))
    sender.send(to("ann@EXAMPLE.org"), a_message())
    for ask in (lambda: sender.send(to(address), a_message()), lambda: list(sender.trial(to(address)))):
        with pytest.raises(TargetForbidden, match="EXPORTS_MAIL_DOMAINS"):
            ask()
    assert len(far.mailbox.mails) == 1


def test_a_file_above_the_limit_is_left_to_the_link(far):
    far.of(attach_bytes=9).send(far.attaching(), a_message(file=a_file(b"ten bytes.")))
    far.of(attach_bytes=10).send(far.attaching(), a_message(file=a_file(b"ten bytes.")))
    assert [each.files for each in far.arrived()] == [{}, {"sales.csv": b"ten bytes."}]


def test_a_mail_that_is_too_large_for_the_server_is_refused(far, authority):
    context = authority.server_context("127.0.0.1")
    with served_mail(starttls=context, data_size_limit=2000) as (port, _), pytest.raises(DeliveryRefused, match="552"):
        far.of(port=port).send(far.attaching(), a_message(file=a_file(bytes(3000))))


def test_mail_goes_over_tls_from_the_first_byte_too(authority, far):
    with served_mail(tls=authority.server_context("127.0.0.1")) as (port, mailbox):
        server = read_smtp_url(f"smtps://127.0.0.1:{port}?cafile={authority.ca_file}")
        SmtpSender(server, sender=FROM).send(far.target, a_message())
    assert len(mailbox.mails) == 1


@pytest.mark.parametrize("options", ["starttls=1", "smtps"])
def test_a_certificate_of_another_name_is_not_trusted(authority, far, options):
    context = authority.server_context("mail.example.com")
    with served_mail(**{"tls" if options == "smtps" else "starttls": context}) as (port, mailbox):
        scheme = "smtps" if options == "smtps" else "smtp"
        url = f"{scheme}://127.0.0.1:{port}?{'starttls=1&' if scheme == 'smtp' else ''}cafile={authority.ca_file}"
        with pytest.raises(DeliveryUnavailable, match="certificate"):
            SmtpSender(read_smtp_url(url), sender=FROM).send(far.target, a_message())
    assert mailbox.mails == []


def test_a_certificate_of_nobody_known_is_not_trusted(authority, far):
    context = authority.server_context("127.0.0.1")
    with served_mail(tls=context) as (port, mailbox), pytest.raises(DeliveryUnavailable, match="certificate"):
        SmtpSender(read_smtp_url(f"smtps://127.0.0.1:{port}"), sender=FROM).send(far.target, a_message())
    assert mailbox.mails == []


def test_a_server_without_starttls_gets_neither_password_nor_mail(far):
    with served_mail() as (port, mailbox), pytest.raises(DeliveryRefused, match="STARTTLS"):
        far.of(port=port).send(far.target, a_message())
    assert mailbox.mails == []


def test_a_server_that_drips_is_left_after_the_limit(far):
    begin = time.monotonic()
    with dripping_server() as port, pytest.raises(DeliveryUnavailable):
        far.of(port=port, limit_s=1.0).send(far.target, a_message())
    assert time.monotonic() - begin < 3
