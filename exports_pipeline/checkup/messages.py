"""Messages: can they be worded, do their links lead here, are they signed with keys that every host has?"""

from collections.abc import Iterator

from exports_pipeline.adapters.message_templates import JinjaMessages
from exports_pipeline.checkup.finding import Finding, fine, warning
from exports_pipeline.checkup.surroundings import Surroundings
from exports_pipeline.core.delivery import Kind
from exports_pipeline.core.errors import InvalidMessageTemplate
from exports_pipeline.core.recipient import Channel
from exports_pipeline.settings import Settings
from exports_pipeline.usecases.preview_message import SAMPLE

_FORMS = (Channel.EMAIL, Channel.TELEGRAM, Channel.SLACK)
"""Channels that take all forms of a message together: mail, text, Telegram's and Slack's."""
_PART = "messages"


def check_messages(about: Surroundings) -> Iterator[Finding]:
    """Word every kind of message in every form, and look at what the deployment's links and signatures are made of."""
    settings = about.settings
    yield from _templates(settings)
    if about.is_embedded or settings.database_url is None:
        return  # the embedded stack has secrets of its own, and links that lead to this machine
    if settings.public_url is None:
        advice = "Set it to where recipients reach the API."
        yield warning(_PART, f"EXPORTS_PUBLIC_URL is not set: links begin with {settings.links_url}.", advice)
    if settings.destination_secret is None:
        advice = "Make one with `openssl rand -hex 32`; it must be the same on every host."
        sentence = "EXPORTS_DESTINATION_SECRET is not set: each host makes its own, and opens no link of another."
        yield warning(_PART, sentence, advice)
    if settings.webhook_secret is None:
        advice = "Make one with `echo whsec_$(openssl rand -base64 32)`."
        sentence = "EXPORTS_WEBHOOK_SECRET is not set: only webhooks that are saved destinations can be delivered to."
        yield warning(_PART, sentence, advice)


def _templates(settings: Settings) -> Iterator[Finding]:
    if settings.messages is None:
        return
    if not settings.messages.is_dir():
        sentence = f"EXPORTS_MESSAGES is no folder: {settings.messages}; the built-in templates are used."
        yield warning(_PART, sentence, "Correct it, or make the folder.")
        return
    messages, faults = JinjaMessages(settings.messages), list[str]()
    for kind in Kind:
        for channel in _FORMS:
            try:
                messages.render(kind, channel, SAMPLE, timezone="UTC")
            except InvalidMessageTemplate as error:
                faults.append(error.sentence)
    for sentence in dict.fromkeys(faults):
        yield warning(_PART, sentence, "Messages wait for a day; docs/deliveries.md shows what a template may say.")
    if not faults:
        yield fine(_PART, f"{len(Kind)} kinds can be worded in every form.")
