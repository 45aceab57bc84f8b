"""Deliveries by e-mail over Amazon SES."""

from dataclasses import replace

import pytest

from exports_pipeline.adapters.senders.email_ses import SesSender, make_ses_client
from exports_pipeline.core.errors import DeliveryRefused, DeliveryUnavailable, TargetForbidden
from exports_pipeline.core.message import Target
from exports_pipeline.core.recipient import Channel
from exports_pipeline_tests.builders import a_message
from exports_pipeline_tests.contracts.sender_contract import FarEnd, SenderContract
from exports_pipeline_tests.http_far_end import NOBODY
from exports_pipeline_tests.mail_reader import read_mail
from exports_pipeline_tests.ses_far_end import ACCESS_KEY, REGION, SECRET_KEY, backend, sent_mails, served_ses

ANN = Target(channel=Channel.EMAIL, address="ann@example.org")


class SesFarEnd(FarEnd):
    target = ANN
    secret = SECRET_KEY
    shows = frozenset({"subject", "text", "html", "file", "changes"})
    steps = ("authenticate", "write")
    away_at = "authenticate"

    def __init__(self, server):
        self.server = server
        self.sender = self.of()

    def of(self, *, url=None, key=ACCESS_KEY, secret=SECRET_KEY, sender="Exports <e@example.com>", domains=None):
        url = url or f"http://127.0.0.1:{self.server.server_port}"
        client = make_ses_client(region=REGION, endpoint_url=url, access_key=key, secret_key=secret, timeout_s=1.5)
        return SesSender(client, sender=sender, domains=domains, attach_bytes=1_000_000)

    @property
    def mood(self):
        return self.server.mood

    @mood.setter
    def mood(self, mood):
        self.server.mood = mood

    def arrived(self):
        return [read_mail(each.raw_data.encode()) for each in sent_mails()]

    def away(self):
        return self.of(url=NOBODY), ANN

    def wrong(self):
        return self.of(key="AKIAWRONG", secret="wr0ng/s3cret"), ANN, "wr0ng/s3cret"


@pytest.fixture
def far():
    with served_ses() as server:
        backend().verify_domain("example.com")
        backend().create_email_identity_v2("example.com", [], None, None).verified_for_sending_status = True
        yield SesFarEnd(server)
    backend().reset()


class TestSes(SenderContract):
    """SES keeps the contract."""


def test_one_mail_goes_to_all_mailboxes(far):
    receipt = far.sender.send(replace(ANN, address="ann@example.org,bob@bücher.example"), a_message())
    (mail,) = sent_mails()
    assert mail.id == receipt
    assert mail.source == "e@example.com"
    assert set(mail.destinations) == {"ann@example.org", "bob@xn--bcher-kva.example"}


@pytest.mark.parametrize("ask", [lambda sender: sender.send(ANN, a_message()), lambda sender: [*sender.trial(ANN)]])
def test_a_sender_that_is_not_verified_is_refused_with_its_address(far, ask):
    with pytest.raises(DeliveryRefused, match=r"x@other\.example"):
        ask(far.of(sender="x@other.example"))


@pytest.mark.parametrize(
    "answer",
    [
        (429, "TooManyRequestsException"),
        (400, "LimitExceededException"),
        (400, "SendingPausedException"),
        (400, "Throttling"),
        (500, "InternalFailure"),
    ],
)
def test_throttling_is_worth_another_try(far, answer):
    far.server.answer = answer
    with pytest.raises(DeliveryUnavailable, match=answer[1]):
        far.sender.send(ANN, a_message())
    assert far.server.asked == 1


@pytest.mark.parametrize(
    "code", ["MailFromDomainNotVerifiedException", "AccountSuspendedException", "BadRequestException"]
)
def test_what_an_operator_must_mend_is_refused(far, code):
    far.server.answer = (400, code)
    with pytest.raises(DeliveryRefused, match=code):
        far.sender.send(ANN, a_message())


def test_an_account_that_may_not_send_fails_its_trial(far):
    far.server.sending = False
    with pytest.raises(DeliveryRefused, match="account"):
        list(far.sender.trial(ANN))


def test_missing_credentials_are_refused_with_a_sentence(far, monkeypatch, tmp_path):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(DeliveryRefused, match="credentials"):
        far.of(key=None, secret=None).send(ANN, a_message())


@pytest.mark.parametrize(
    ("address", "error"), [("jürgen@example.org", DeliveryRefused), ("a@evil.example", TargetForbidden)]
)
def test_addresses_are_checked_before_anything_is_sent(far, address, error):
    sender = far.of(domains=frozenset({"example.org"}))
    for ask in (lambda target: sender.send(target, a_message()), lambda target: list(sender.trial(target))):
        with pytest.raises(error):
            ask(replace(ANN, address=address))
    assert sent_mails() == []
