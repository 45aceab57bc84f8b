"""Deliveries to programs, by signed webhooks."""

import socket
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from uuid import UUID

import pytest

from exports_pipeline.adapters.senders.webhook import WebhookSender
from exports_pipeline.adapters.target_guard import TargetGuard
from exports_pipeline.core.errors import DeliveryRefused, DeliveryUnavailable, RecipientGone, TargetForbidden
from exports_pipeline.core.message import Target
from exports_pipeline.core.recipient import Channel
from exports_pipeline_tests.builders import a_message
from exports_pipeline_tests.certificates import Authority
from exports_pipeline_tests.contracts.sender_contract import Arrived, FarEnd, SenderContract
from exports_pipeline_tests.dripping import dripping_server
from exports_pipeline_tests.fakes.clock import NOON
from exports_pipeline_tests.http_far_end import NOBODY
from exports_pipeline_tests.webhook_far_end import SECRET, served_webhooks

OTHER = "whsec_T3RoZXIgc2VjcmV0IG9mIGEgcmVjZWl2ZXIgb2Ygd2VicyEh"
NAME = "hooks.example.com"


class Dns:
    """Answers each question with the next of its addresses, and then with the last."""

    def __init__(self, *addresses):
        self._addresses = list(addresses)
        self.asked = []

    def __call__(self, host, port, **_):
        self.asked.append((host, port))
        address = self._addresses.pop(0) if len(self._addresses) > 1 else self._addresses[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in address.split()]


def at(url, secret=SECRET):
    return Target(channel=Channel.WEBHOOK, address=url, secrets={"secret": secret} if secret else {})


def sending(*, dns=socket.getaddrinfo, allow_private=True, **options):
    guard = TargetGuard(allow_private=allow_private, look_up=dns)
    return WebhookSender(guard, **{"limit_s": 1.0, **options})


class WebhookFarEnd(FarEnd):
    secret = SECRET
    shows = frozenset({"facts"})
    steps = ("resolve", "connect", "write")
    wrong_at = "write"

    def __init__(self, server):
        self.server = server
        self.sender = sending()
        self.url = f"http://127.0.0.1:{server.server_port}"
        self.target = at(f"{self.url}/hook?key=of-the-receiver")

    @property
    def mood(self):
        return self.server.mood

    @mood.setter
    def mood(self, mood):
        self.server.mood = mood

    def arrived(self):
        return [
            Arrived(id=headers["webhook-id"], facts=body)
            for _, headers, body in self.server.taken
            if body["type"] != "test"
        ]

    def away(self):
        return self.sender, at(NOBODY)

    def wrong(self):
        return self.sender, at(self.url, OTHER), OTHER


@pytest.fixture
def far():
    with served_webhooks() as server:
        yield WebhookFarEnd(server)


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("ca"))


class TestWebhook(SenderContract):
    """Webhooks keep the contract."""


def test_a_message_is_posted_as_type_time_and_data(far):
    assert far.sender.send(far.target, a_message()) == "HTTP 200"
    ((path, headers, body),) = far.server.taken
    assert path == "/hook?key=of-the-receiver"
    assert headers["Content-Type"] == "application/json"
    assert headers["webhook-id"] == str(UUID(int=9))
    assert body == a_message().facts


@pytest.mark.parametrize("known", [SECRET, OTHER])
def test_while_a_secret_is_changed_both_verify(far, known):
    far.server.secret = known
    far.sender.send(at(far.url, f"{SECRET} {OTHER}"), a_message())
    assert len(far.arrived()) == 1


def test_a_target_without_a_secret_is_signed_for_by_the_deployment(far):
    sending(secret=SECRET).send(at(far.url, None), a_message())
    assert len(far.arrived()) == 1


@pytest.mark.parametrize(("given", "sentence"), [(None, "no secret"), ("whsec_###", "base64"), ("whsec_", "no secret")])
def test_without_a_secret_that_signs_nothing_is_sent(far, given, sentence):
    for ask in (
        lambda: far.sender.send(at(far.url, given), a_message()),
        lambda: [*far.sender.trial(at(far.url, given))],
    ):
        with pytest.raises(DeliveryRefused, match=sentence):
            ask()
    assert far.arrived() == []


def test_a_name_is_resolved_once_and_connected_to_at_that_address(far):
    dns = Dns("127.0.0.1", "127.0.0.99")
    sending(dns=dns).send(at(f"http://{NAME}:{far.server.server_port}/"), a_message())
    assert dns.asked == [(NAME, far.server.server_port)]
    assert far.server.taken[0][1]["Host"] == f"{NAME}:{far.server.server_port}"


def test_a_name_that_turns_private_is_forbidden_at_its_next_message(far):
    sender = sending(dns=Dns("127.0.0.1"), allow_private=False)
    for ask in (lambda: sender.send(far.target, a_message()), lambda: list(sender.trial(far.target))):
        with pytest.raises(TargetForbidden):
            ask()
    with pytest.raises(TargetForbidden):
        sending(dns=Dns("93.184.216.34 10.0.0.1"), allow_private=False).send(at(f"http://{NAME}/"), a_message())
    assert far.arrived() == []


def test_no_proxy_of_the_environment_is_asked(far, monkeypatch):
    for name in ("HTTP_PROXY", "ALL_PROXY", "http_proxy"):
        monkeypatch.setenv(name, NOBODY)
    far.sender.send(far.target, a_message())
    assert len(far.arrived()) == 1


def test_a_certificate_is_checked_for_the_name_and_not_for_the_address(authority):
    with served_webhooks(tls=authority.server_context(NAME)) as server:
        sender = sending(dns=Dns("127.0.0.1"), tls=authority.client_context())
        target = at(f"https://{NAME}:{server.server_port}/")
        assert list(sender.trial(target)) == ["resolve", "connect", "write"]
        sender.send(target, a_message())
        assert [body["type"] for _, _, body in server.taken] == ["test", "export.completed"]
        other = at(f"https://other.example.com:{server.server_port}/")
        for ask in (lambda: sender.send(other, a_message()), lambda: list(sender.trial(other))):
            with pytest.raises(DeliveryUnavailable, match="certificate"):
                ask()


def test_a_certificate_of_nobody_known_is_not_trusted(authority):
    with served_webhooks(tls=authority.server_context(NAME)) as server:
        target = at(f"https://{NAME}:{server.server_port}/")
        with pytest.raises(DeliveryUnavailable, match="certificate"):
            sending(dns=Dns("127.0.0.1")).send(target, a_message())
    assert server.taken == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308, 304])
def test_a_redirect_is_not_followed(far, status):
    far.server.answer = (status, b"", {"Location": f"{far.url}/secret-path"})
    with pytest.raises(DeliveryRefused, match=str(status)) as refused:
        far.sender.send(far.target, a_message())
    assert "secret-path" not in refused.value.sentence
    assert len(far.server.taken) == 1


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_every_success_is_a_receipt(far, status):
    far.server.answer = (status, b"")
    assert far.sender.send(far.target, a_message()) == f"HTTP {status}"


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, DeliveryRefused),
        (404, DeliveryRefused),
        (413, DeliveryRefused),
        (410, RecipientGone),
        (408, DeliveryUnavailable),
        (409, DeliveryUnavailable),
        (425, DeliveryUnavailable),
        (429, DeliveryUnavailable),
        (500, DeliveryUnavailable),
        (503, DeliveryUnavailable),
    ],
)
def test_a_status_says_whether_another_try_helps(far, status, error):
    far.server.answer = (status, b"rows of theirs")
    with pytest.raises(error, match=str(status)) as raised:
        far.sender.send(far.target, a_message())
    assert type(raised.value) is error
    assert "theirs" not in raised.value.sentence


@pytest.mark.parametrize(
    ("value", "wait_s"),
    [
        ("120", 120),
        (format_datetime(NOON + timedelta(seconds=30)), 30),
        ("soon", None),
        (format_datetime(NOON), 0),
        ("9" * 30, 86_400),
        (None, None),
    ],
)
def test_the_wait_that_a_receiver_asks_for_is_passed_on(far, value, wait_s):
    far.server.answer = (429, b"", {"Retry-After": value} if value else {})
    far.server.secret = None
    with pytest.raises(DeliveryUnavailable) as raised:
        sending(clock=lambda: NOON).send(far.target, a_message())
    assert raised.value.retry_after_s == wait_s


def test_no_more_of_an_answer_is_read_than_needed():
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n" + b"x" * 70_000
    with dripping_server(head) as port:
        assert sending().send(at(f"http://127.0.0.1:{port}"), a_message()) == "HTTP 200"


@pytest.mark.parametrize(
    "beginning", [b"", b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"]
)
def test_a_server_that_drips_is_left_after_the_limit(beginning):
    begin = time.monotonic()
    with dripping_server(beginning) as port, pytest.raises(DeliveryUnavailable, match="in time"):
        sending().send(at(f"http://127.0.0.1:{port}"), a_message())
    assert time.monotonic() - begin < 3


def test_a_server_that_is_none_of_the_web_is_worth_another_try():
    with dripping_server(b"220 mx.test ESMTP\r\n") as port, pytest.raises(DeliveryUnavailable):
        sending().send(at(f"http://127.0.0.1:{port}"), a_message())


@pytest.mark.parametrize(
    "url",
    ["", "hooks", "ftp://x.cz/s3cret", "https://", "http://u:s3cret@x.cz/", "http://u@x.cz/s3cret", "http://[::1/s3cret",
     "http://x.cz:port/s3cret", "http://x.cz/\r\ns3cret", "file:///s3cret"],
)  # fmt: skip
def test_what_is_no_url_to_post_to_is_refused_and_not_repeated(url):
    with pytest.raises(DeliveryRefused) as refused:
        sending().send(at(url), a_message())
    assert "s3cret" not in refused.value.sentence


def test_the_path_of_a_url_is_in_no_log(far, caplog):
    with caplog.at_level("DEBUG"):
        far.sender.send(far.target, a_message())
    assert "of-the-receiver" not in caplog.text


def test_the_time_that_is_signed_is_that_of_the_try(far):
    long_ago = replace(a_message(), at=datetime(2020, 1, 1, tzinfo=UTC))
    far.sender.send(far.target, long_ago)
    assert len(far.arrived()) == 1
