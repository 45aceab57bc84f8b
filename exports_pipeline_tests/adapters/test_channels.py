"""The channels that the settings set up."""

import subprocess
import sys

import pytest
from pydantic import SecretStr

from exports_pipeline.channels import keyless_channels, make_bot, make_senders
from exports_pipeline.core.errors import DeliveryRefused, NotConfigured, TargetForbidden
from exports_pipeline.core.message import Target
from exports_pipeline.core.recipient import Channel
from exports_pipeline.settings import Settings
from exports_pipeline_tests.builders import a_file, a_message

ALWAYS = {"slack", "webhook", "sftp", "ftp", "teams", "apprise"}


def test_what_needs_nothing_of_the_deployment_is_always_there():
    assert set(make_senders(Settings())) == ALWAYS
    assert make_bot(Settings()) is None


def test_all_channels_are_there_once_they_are_set_up():
    given = {"smtp_url": SecretStr("smtp://127.0.0.1:25"), "mail_from": "a@example.com"}
    settings = Settings(**given, telegram_token=SecretStr("1:x"))
    assert set(make_senders(settings)) == set(Channel)
    assert make_bot(settings) is not None


def test_slack_and_webhooks_want_a_destination_until_the_deployment_has_a_key():
    assert keyless_channels(Settings()) == {Channel.SLACK, Channel.WEBHOOK}
    assert keyless_channels(Settings(slack_token=SecretStr("xoxb-1"))) == {Channel.WEBHOOK}
    assert keyless_channels(Settings(webhook_secret=SecretStr("whsec_x"))) == {Channel.SLACK}


@pytest.mark.parametrize("change", [{"smtp_url": SecretStr("http://x")}, {"mail_from": "nobody"}])
def test_a_setting_that_cannot_be_read_is_said_at_the_start(change):
    given = {"smtp_url": SecretStr("smtp://127.0.0.1:25"), "mail_from": "a@example.com"} | change
    with pytest.raises(NotConfigured, match="EXPORTS_"):
        make_senders(Settings(**given))


@pytest.mark.parametrize("channel", [Channel.SFTP, Channel.APPRISE])
def test_a_sender_that_is_loaded_later_does_its_work(channel):
    options = {"username": "u", "host_key": "ssh-ed25519 AAAA"}
    secrets = {"password": "p", "url": "json://127.0.0.1:1"}
    target = Target(channel=channel, address="127.0.0.1", options=options, secrets=secrets)
    sender = make_senders(Settings())[channel]
    for act in (lambda: sender.send(target, a_message(file=a_file())), lambda: list(sender.trial(target))):
        with pytest.raises((TargetForbidden, DeliveryRefused)):
            act()


def test_starting_loads_none_of_the_large_libraries_of_channels():
    asked = "import sys, exports_pipeline.channels; print(sorted({'asyncssh', 'apprise'} & set(sys.modules)))"
    said = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"
