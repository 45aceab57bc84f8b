"""Deliveries to Teams, against a server that takes what its workflows take."""

import json
from dataclasses import replace

import pytest

from exports_pipeline.adapters.senders.teams import TeamsSender
from exports_pipeline.adapters.target_guard import TargetGuard
from exports_pipeline.core.errors import DeliveryRefused, DeliveryUnavailable, TargetForbidden
from exports_pipeline.core.message import Target
from exports_pipeline.core.recipient import Channel
from exports_pipeline_tests.builders import a_message
from exports_pipeline_tests.certificates import Authority
from exports_pipeline_tests.contracts.sender_contract import Arrived, FarEnd, SenderContract
from exports_pipeline_tests.http_far_end import MoodyHandler, served

SIGNATURE = "a-signature-of-teams"
PATH = "/workflows/a1b2c3/triggers/manual/paths/invoke?sv=1.0&sig="


class Workflow(MoodyHandler):
    """Answers as the trigger of a workflow does."""

    def answer_to(self, body):
        if self.path != PATH + SIGNATURE:
            return 401, b'{"error": {"code": "AuthorizationFailed"}}'
        status, headers = self.server.answer
        if status == 202:
            self.server.cards.append((self.headers["webhook-id"], json.loads(body)))
        return status, b"", headers


class TeamsFarEnd(FarEnd):
    secret = SIGNATURE
    shows = frozenset({"subject", "text"})
    attaches_by_option = False
    wrong_at = "write"

    steps = ("resolve", "connect", "write")

    def __init__(self, server, tls):
        self._server = server
        self.sender = TeamsSender(TargetGuard(allow_private=True), tls=tls, limit_s=1.0)
        self.target = self._target(SIGNATURE)

    def _target(self, signature, port=None):
        url = f"https://127.0.0.1:{port or self._server.server_port}{PATH}{signature}"
        return Target(channel=Channel.TEAMS, address="Sales team", secrets={"url": url})

    @property
    def mood(self):
        return self._server.mood

    @mood.setter
    def mood(self, mood):
        self._server.mood = mood

    def arrived(self):
        shown = [
            Arrived(id=delivery_id, subject=run_of(body[0]), text="\n".join(map(run_of, body[1:])))
            for delivery_id, body in self.cards()
        ]
        return [each for each in shown if "trial of a destination" not in each.text]

    def cards(self):
        return [(key, posted["attachments"][0]["content"]["body"]) for key, posted in self._server.cards]

    def away(self):
        return self.sender, self._target(SIGNATURE, port=1)

    def wrong(self):
        return self.sender, self._target("wrong-signature"), "wrong-signature"


def run_of(block):
    """The text of a block, which must be shown as it is."""
    assert block["type"] == "RichTextBlock"
    (run,) = block["inlines"]
    return "" if run["text"] == "\u00a0" else run["text"]


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def workflow(authority):
    with served(Workflow, tls=authority.server_context("127.0.0.1"), cards=[], answer=(202, {})) as server:
        yield server


@pytest.fixture
def far(workflow, authority):
    return TeamsFarEnd(workflow, authority.client_context())


class TestTeams(SenderContract):
    """Teams keeps the contract; a trial shows a card that says what it is."""


def test_links_become_buttons(workflow, far):
    far.sender.send(far.target, a_message(text="Ready: https://x.example/d/1?a=b.\nAgain: https://x.example/d/1?a=b"))
    ((_, posted),) = workflow.cards
    (attachment,) = posted["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert attachment["content"]["actions"] == [
        {"type": "Action.OpenUrl", "title": "Open", "url": "https://x.example/d/1?a=b"}
    ]


def test_a_trial_says_what_it_is(workflow, far):
    assert list(far.sender.trial(far.target)) == ["resolve", "connect", "write"]
    ((_, (title, text)),) = far.cards()
    assert (run_of(title), "trial of a destination" in run_of(text)) == ("Trial", True)


@pytest.mark.parametrize(("headers", "wait_s"), [({"Retry-After": "30"}, 30), ({}, None)])
def test_a_busy_workflow_is_worth_another_try_when_it_says(workflow, far, headers, wait_s):
    workflow.answer = (429, headers)
    with pytest.raises(DeliveryUnavailable) as failed:
        far.sender.send(far.target, a_message())
    assert failed.value.retry_after_s == wait_s


def test_a_redirect_is_not_followed(workflow, far):
    workflow.answer = (302, {"Location": f"https://127.0.0.1:{workflow.server_port}{PATH}{SIGNATURE}"})
    with pytest.raises(DeliveryRefused, match="302"):
        far.sender.send(far.target, a_message())


@pytest.mark.parametrize("url", ["http://127.0.0.1/x", "file:///etc/passwd", "https://"])
def test_a_url_that_is_none_of_a_workflow_is_refused(far, url):
    with pytest.raises(DeliveryRefused, match="https://"):
        far.sender.send(replace(far.target, secrets={"url": url}), a_message())


def test_a_server_of_an_unknown_authority_gets_nothing(workflow, far):
    with pytest.raises(DeliveryUnavailable):
        TeamsSender(TargetGuard(allow_private=True), limit_s=2.0).send(far.target, a_message())
    assert workflow.cards == []


def test_a_mere_address_says_what_is_missing(far):
    with pytest.raises(DeliveryRefused, match="needs 'url'"):
        far.sender.send(replace(far.target, secrets={}), a_message())


def test_a_private_address_is_refused(far):
    with pytest.raises(TargetForbidden):
        TeamsSender(TargetGuard(allow_private=False)).send(far.target, a_message())
