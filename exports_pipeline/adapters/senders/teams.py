"""Deliveries to Microsoft Teams, by a workflow that posts what a webhook receives."""

import json
import logging
import re
import ssl
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

from exports_pipeline.adapters.senders.given import secret
from exports_pipeline.adapters.senders.web_post import WebPost
from exports_pipeline.adapters.senders.web_target import WebTarget, read_url, resolved
from exports_pipeline.adapters.target_guard import TargetGuard
from exports_pipeline.core.errors import DeliveryRefused
from exports_pipeline.core.message import Message, Target

_LINK = re.compile(r"https?://[^\s<>\"]+")
_TRIAL = "This is a trial of a destination for exports. Nothing needs to be done."
_BLANK = "\u00a0"
"""A line without text; Teams refuses a run that is empty."""


class TeamsSender:
    """`Sender` that posts a card; the secret `url` of a target is the workflow's.

    Apprise knows these workflows too, and is not used: it cuts texts, asks DNS by itself, reads local files where the
    URL wants it, and does not say why it failed. `tls` checks certificates, by the system's authorities where none is
    given.
    """

    def __init__(self, guard: TargetGuard, *, tls: ssl.SSLContext | None = None, limit_s: float = 15.0) -> None:
        self._guard = guard
        self._web = WebPost("The Teams workflow", tls=tls, limit_s=limit_s)
        logging.getLogger("httpx").setLevel(logging.WARNING)  # at INFO it logs URLs, and these are secret

    def send(self, target: Target, message: Message) -> str:
        """Post a message as a card and return the status of the answer; the header `webhook-id` is the delivery's id.

        The workflow answers before the card is in the channel: what fails behind it, its owner sees in Power Automate.

        Raises:
            TargetForbidden: the host is one that only we can reach.
            DeliveryRefused: the workflow was deleted, turned off, or its URL changed.
            DeliveryUnavailable: it does not answer in time, or not now.
        """
        return self._post(self._resolve(target), message.id, card(message.subject, message.text))

    def trial(self, target: Target) -> Iterator[str]:
        """Post a card that says what it is: a workflow can be tried no other way."""
        yield "resolve"
        where = self._resolve(target)
        yield "connect"
        self._web.knock(where)
        yield "write"
        self._post(where, uuid4(), card("Trial", _TRIAL))

    def _resolve(self, target: Target) -> WebTarget:
        url = read_url(secret(target, "url"))
        if url.scheme != "https":
            raise DeliveryRefused("The URL of a Teams workflow begins with https://.")
        return resolved(url, self._guard)

    def _post(self, where: WebTarget, message_id: UUID, content: dict[str, Any]) -> str:
        headers = {"Content-Type": "application/json", "User-Agent": "exports-service", "webhook-id": str(message_id)}
        return f"HTTP {self._web.post(where, json.dumps(content).encode(), headers)}"


def card(subject: str, text: str) -> dict[str, Any]:
    """A message as an adaptive card: the text as it is, line by line, and a button for each of its first links.

    Text runs show every character as it is, where a text block would read Markdown and mentions into it.
    """
    links = list(dict.fromkeys(link.rstrip(".,;:!?)") for link in _LINK.findall(text)))[:3]
    lines = [
        {"type": "RichTextBlock", "spacing": "None", "inlines": [{"type": "TextRun", "text": line or _BLANK}]}
        for line in text.split("\n")
    ]
    title = {"type": "TextRun", "text": _one_line(subject) or _BLANK, "weight": "Bolder", "size": "Large"}
    content: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "msteams": {"width": "full"},
        "body": [{"type": "RichTextBlock", "inlines": [title]}, *lines],
    }
    if links:
        content["actions"] = [{"type": "Action.OpenUrl", "title": "Open", "url": link} for link in links]
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": content}
    return {"type": "message", "attachments": [attachment]}


def _one_line(subject: str) -> str:
    return "".join(each if each.isprintable() else " " for each in subject).strip()
