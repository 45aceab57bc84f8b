"""What `exports doctor` says of the channels, and of the messages that go through them."""

import pytest

from exports_pipeline.checkup.channels import check_channels
from exports_pipeline.checkup.finding import State
from exports_pipeline.checkup.messages import check_messages
from exports_pipeline.checkup.surroundings import Surroundings
from exports_pipeline.settings import Settings
from exports_pipeline_tests.mail_far_end import served_mail
from exports_pipeline_tests.slack_web_api import TOKEN as SLACK_TOKEN
from exports_pipeline_tests.slack_web_api import served_web_api
from exports_pipeline_tests.telegram_bot_api import TOKEN, served_bot_api

NOBODY = "127.0.0.1:1"
FROM = "Exports <exports@example.com>"
FINE, WARNING, BROKEN = State.FINE, State.WARNING, State.BROKEN


def channels(tmp_path, **settings):
    return list(check_channels(Settings(home=tmp_path, **settings)))


def messages(tmp_path, *, is_embedded=False, **settings):
    about = Surroundings(settings=Settings(home=tmp_path, **settings), is_embedded=is_embedded)
    return [(each.state, each.sentence) for each in check_messages(about)]


def test_of_channels_that_are_not_set_up_nothing_is_said(tmp_path):
    assert channels(tmp_path) == []


def test_a_mail_server_that_lets_us_in_is_fine_and_gets_no_mail(tmp_path):
    with served_mail() as (port, mailbox):
        (found,) = channels(tmp_path, smtp_url=f"smtp://127.0.0.1:{port}", mail_from=FROM)
        assert (found.part, found.state) == ("mail server", FINE)
        assert mailbox.mails == []


def test_a_mail_server_that_is_away_is_told_without_its_password(tmp_path):
    (found,) = channels(tmp_path, smtp_url=f"smtp://ann:hunter2@{NOBODY}", mail_from=FROM)
    assert (found.part, found.state) == ("mail server", BROKEN)
    assert "EXPORTS_SMTP_URL" in found.advice
    assert "hunter2" not in str(found)


@pytest.mark.parametrize("url", ["hunter2", "smtp://ann:hunter2@mail.example.com", "ses://"])
def test_a_mail_url_that_cannot_be_used_is_told_without_what_it_says(tmp_path, url):
    (found,) = channels(tmp_path, smtp_url=url, mail_from=FROM)
    assert found.state is BROKEN
    assert "hunter2" not in str(found)


def test_mail_without_a_sender_is_worth_a_look(tmp_path):
    (found,) = channels(tmp_path, smtp_url="smtp://127.0.0.1")
    assert (found.state, "EXPORTS_MAIL_FROM" in found.sentence) == (WARNING, True)


@pytest.mark.parametrize(("token", "state"), [(TOKEN, FINE), ("9:wrong", BROKEN)], ids=["right", "wrong"])
def test_the_token_of_the_bot_is_tried_and_nobody_hears_of_it(tmp_path, token, state):
    with served_bot_api() as server:
        (found,) = channels(tmp_path, telegram_token=token, telegram_api_url=f"http://127.0.0.1:{server.server_port}")
    assert (found.part, found.state, server.messages) == ("Telegram bot", state, [])
    assert token not in str(found)


@pytest.mark.parametrize(("token", "state"), [(SLACK_TOKEN, FINE), ("xoxb-wrong", BROKEN)], ids=["right", "wrong"])
def test_the_token_of_slack_is_tried_and_nobody_hears_of_it(tmp_path, token, state):
    with served_web_api() as server:
        (found,) = channels(tmp_path, slack_token=token, slack_api_url=f"http://127.0.0.1:{server.server_port}/api/")
    assert (found.part, found.state, server.messages, server.calls) == ("Slack bot", state, [], ["auth.test"])


def test_a_deployment_of_ones_own_is_told_what_its_hosts_must_share(tmp_path):
    found = messages(tmp_path, database_url="postgresql://db.test/x")
    assert [state for state, _ in found] == [WARNING] * 3
    named = ("EXPORTS_PUBLIC_URL", "EXPORTS_DESTINATION_SECRET", "EXPORTS_WEBHOOK_SECRET")
    assert [sentence.partition(" ")[0] for _, sentence in found] == list(named)
    settings = {"public_url": "https://e.test", "destination_secret": "s", "webhook_secret": "whsec_x"}
    assert messages(tmp_path, database_url="postgresql://db.test/x", **settings) == []


def test_the_embedded_stack_has_all_of_it(tmp_path):
    assert messages(tmp_path, is_embedded=True, database_url="postgresql://127.0.0.1/x") == []


def test_a_message_template_that_is_broken_is_named_once(tmp_path):
    (tmp_path / "delivery_failed.j2").write_text("{{ no_such_fact }}")
    ((state, sentence),) = messages(tmp_path, messages=tmp_path)
    assert (state, "delivery_failed.j2" in sentence, "no_such_fact" in sentence) == (WARNING, True, True)
    (tmp_path / "delivery_failed.j2").unlink()
    assert [state for state, _ in messages(tmp_path, messages=tmp_path)] == [FINE]


def test_a_folder_of_templates_that_is_not_there_is_told(tmp_path):
    ((state, sentence),) = messages(tmp_path, messages=tmp_path / "none")
    assert (state, "no folder" in sentence) == (WARNING, True)
