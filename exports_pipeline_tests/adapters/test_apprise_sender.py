"""Deliveries through Apprise, against a server that takes the JSON of its generic channel."""

import json
import logging
from base64 import b64encode
from dataclasses import replace

import pytest

from exports_pipeline.adapters.senders.apprise_url import AppriseSender
from exports_pipeline.adapters.target_guard import TargetGuard
from exports_pipeline.core.errors import DeliveryRefused, DeliveryUnavailable, TargetForbidden
from exports_pipeline.core.message import Target
from exports_pipeline.core.recipient import Channel
from exports_pipeline_tests.builders import a_message
from exports_pipeline_tests.contracts.sender_contract import TEXTS, Arrived, FarEnd, SenderContract
from exports_pipeline_tests.http_far_end import MoodyHandler, served

PASSWORD = "aSecretOfApprise"


class Receiver(MoodyHandler):
    """Takes what somebody with the password posts."""

    def answer_to(self, body):
        if self.headers["Authorization"] != f"Basic {b64encode(f'exports:{PASSWORD}'.encode()).decode()}":
            return 401, b"{}"
        status, headers = self.server.answer
        if status == 200:
            self.server.taken.append(json.loads(body))
        return status, b"{}", headers


class AppriseFarEnd(FarEnd):
    secret = PASSWORD
    shows = frozenset({"text"})
    attaches_by_option = False
    knows_twice = False
    steps = ("resolve", "write")
    away_at = "write"
    wrong_at = "write"

    def __init__(self, server):
        self._server = server
        self.sender = AppriseSender(TargetGuard(allow_private=True), allow_plain=True, timeout_s=0.5)
        self.target = self._target(PASSWORD)

    def _target(self, password, port=None):
        url = f"json://exports:{password}@127.0.0.1:{port or self._server.server_port}/path"
        return Target(channel=Channel.APPRISE, address="Sales", secrets={"url": url})

    @property
    def mood(self):
        return self._server.mood

    @mood.setter
    def mood(self, mood):
        self._server.mood = mood

    def arrived(self):
        shown = [Arrived(subject=each["title"], text=each["message"]) for each in self._server.taken]
        return [each for each in shown if "trial of a destination" not in each.text]

    def away(self):
        return self.sender, self._target(PASSWORD, port=1)

    def wrong(self):
        return self.sender, self._target("notTheSecret"), "notTheSecret"


@pytest.fixture
def receiver():
    with served(Receiver, taken=[], answer=(200, {})) as server:
        yield server


@pytest.fixture
def far(receiver):
    return AppriseFarEnd(receiver)


class TestApprise(SenderContract):
    """Apprise keeps the contract, but for blanks at the end; a trial shows a message that says what it is."""

    @pytest.mark.parametrize("text", [each.rstrip() for each in TEXTS])
    def test_a_message_arrives_exactly_and_gives_a_receipt(self, far, text):
        super().test_a_message_arrives_exactly_and_gives_a_receipt(far, text)


def at(url):
    return Target(channel=Channel.APPRISE, address="Sales", secrets={"url": url})


def strict():
    return AppriseSender(TargetGuard(allow_private=False))


@pytest.mark.parametrize("subject", ["Sales is ready", "Žluťoučký kůň 🎉", ":smile: \\n stays"])
def test_a_subject_is_the_title(far, subject):
    far.sender.send(far.target, a_message(subject=subject))
    assert [each.subject for each in far.arrived()] == [subject]


def test_a_receipt_names_the_service(far):
    assert far.sender.send(far.target, a_message()) == "JSON"


def test_a_busy_service_is_worth_another_try(receiver, far):
    receiver.answer = (429, {})
    with pytest.raises(DeliveryUnavailable, match="429"):
        far.sender.send(far.target, a_message())


def test_a_redirect_is_not_followed(receiver, far):
    receiver.answer = (307, {"Location": f"http://127.0.0.1:{receiver.server_port}/elsewhere"})
    with pytest.raises(DeliveryUnavailable, match="307"):
        far.sender.send(far.target, a_message())
    assert receiver.taken == []


@pytest.mark.parametrize(
    "url",
    [
        "syslog://",
        "dbus://",
        "gnome://",
        "macosx://",
        "windows://",
        "file:///etc/passwd",
        "mailto://u:p@example.com",
        "rsyslog://10.0.0.1",
        "mqtt://10.0.0.1/topic",
        "smpp://u:p@10.0.0.1/1/2",
        "matrixs://u:p@example.com",
        "workflows://example.com/a/b?template=file:///etc/passwd",
        "https://example.com/x",
        "json://example.com/x",
        "nonsense",
        "://[",
    ],
)
def test_a_url_that_would_leave_the_web_is_refused(url):
    with pytest.raises(DeliveryRefused):
        strict().send(at(url), a_message())


@pytest.mark.parametrize(
    "name", ["verify=no", "redirect=yes", "retry=9", "RTO=999", "wait=60", "attach=/etc/passwd", "store="]
)
def test_a_url_cannot_loosen_what_is_fixed_here(name):
    with pytest.raises(DeliveryRefused, match=r"may not set"):
        strict().send(at(f"jsons://example.com/x?{name}"), a_message())


@pytest.mark.parametrize(
    "url",
    ["jsons://127.0.0.1/x", "ntfys://localhost/topic", "gotifys://[::1]/token", "forms://169.254.169.254/latest"],
)
def test_a_private_host_is_refused(url):
    with pytest.raises(TargetForbidden):
        strict().send(at(url), a_message())


def test_a_server_without_tls_is_refused_even_under_the_name_of_a_service():
    with pytest.raises(DeliveryRefused, match="over TLS only"):
        strict().send(at("ntfy://example.com/topic"), a_message())


def test_a_host_that_could_be_read_in_two_ways_is_refused(far):
    for url in ("jsons://example.com%2f@127.0.0.1/x", "jsons://example.com\\@127.0.0.1/x", "jsons://a b/x"):
        with pytest.raises(DeliveryRefused):
            strict().send(at(url), a_message())


def test_a_url_is_in_no_log(receiver, far, caplog, monkeypatch):
    for name in ("apprise", "urllib3"):
        monkeypatch.setattr(logging.getLogger(name), "level", logging.NOTSET)
    with caplog.at_level(logging.DEBUG):
        AppriseFarEnd(receiver).sender.send(replace(far.target), a_message())
    assert "/path" not in caplog.text
