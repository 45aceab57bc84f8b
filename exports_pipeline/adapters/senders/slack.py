"""Deliveries to Slack."""

import json
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPException
from typing import Any
from urllib.request import Request, urlopen

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from exports_pipeline.adapters.senders.attachment import attachments, read_whole
from exports_pipeline.core.errors import DeliveryRefused, DeliveryUnavailable
from exports_pipeline.core.message import FileToSend, Message, Target

_TRIAL_S = 24 * 3600
_TRIAL_TEXT = "A trial of a destination. Nobody should see it: it is taken back as soon as Slack has accepted it."
_PASSING = {"ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable", "request_timeout"}
_SAVE_ANEW = "Slack refuses the token; save a new one (OAuth & Permissions of the app)."
_ADVICE = {
    "channel_not_found": "Slack knows no such channel, or hides it from the bot; invite the bot with /invite.",
    "not_in_channel": "The bot is not in the channel; invite it there with /invite.",
    "is_archived": "The channel is archived; choose another one, or have it unarchived.",
    "restricted_action": "The workspace does not let the bot post there; ask its administrators.",
    "user_not_found": "Slack knows no such user; copy the member id from the profile.",
    "invalid_auth": _SAVE_ANEW,
    "not_authed": _SAVE_ANEW,
    "token_revoked": _SAVE_ANEW,
    "token_expired": _SAVE_ANEW,
    "account_inactive": _SAVE_ANEW,
}


class SlackSender:
    """`Sender` over the Web API; the address of a target is a channel, its id, or the id of a user.

    `token` is the service's own bot's, for targets that bring none.
    """

    def __init__(
        self,
        token: str | None,
        *,
        api_url: str = "https://slack.com/api/",
        attach_bytes: int = 0,
        timeout_s: float = 15.0,
    ) -> None:
        self._token = token
        self._api_url = api_url
        self._attach_bytes = attach_bytes
        self._timeout_s = timeout_s
        logging.getLogger("slack_sdk").setLevel(logging.CRITICAL)  # below, it logs texts, and errors a second time

    def send(self, target: Target, message: Message) -> str:
        """Post a message, with small files in its thread, and return its channel and time stamp.

        Slack takes a message twice; the metadata of both carry the delivery's id.

        Raises:
            DeliveryRefused: the channel or the token is not accepted; the sentence says what to do.
            DeliveryUnavailable: Slack does not answer, or asks to wait.
            ObjectStoreUnavailable: a file could not be read.
        """
        client = self._client(target)
        files = attachments(target, message, limit_bytes=self._attach_bytes)
        with _told():
            # Uploaded bytes are seen by nobody until they are shared: what can fail, fails before the message is there.
            uploaded: list[dict[str, str | None]] = [
                {"id": self._upload(client, file), "title": file.name} for file in files
            ]
            posted = client.chat_postMessage(
                channel=target.address,
                text=message.text,
                unfurl_links=False,
                unfurl_media=False,
                metadata={"event_type": "exports_delivery", "event_payload": {"id": str(message.id)}},
            )
            if uploaded:
                _share(client, uploaded, posted["channel"], posted["ts"])
        return f"{posted['channel']} {posted['ts']}"

    def trial(self, target: Target) -> Iterator[str]:
        """Ask who the bot is, then have a message posted tomorrow, and take it back."""
        yield "authenticate"
        client = self._client(target)
        with _told():
            client.auth_test()
            yield "write"
            scheduled = client.chat_scheduleMessage(
                channel=target.address, text=_TRIAL_TEXT, post_at=int(time.time()) + _TRIAL_S
            )
            yield "delete"
            client.chat_deleteScheduledMessage(
                channel=scheduled["channel"], scheduled_message_id=scheduled["scheduled_message_id"]
            )

    def _client(self, target: Target) -> WebClient:
        token = target.secrets.get("token") or self._token
        if token is None:
            raise DeliveryRefused(
                "Slack has no token here; save one with the destination, or have the operator set SLACK_BOT_TOKEN."
            )
        # No retries of its own: a message posted twice is worse than one posted later.
        return WebClient(token, self._api_url, timeout=self._timeout_s, retry_handlers=[])  # type: ignore[arg-type]  # seconds may be fractions

    def _upload(self, client: WebClient, file: FileToSend) -> str:
        body = read_whole(file)
        place = client.files_getUploadURLExternal(filename=file.name, length=len(body))
        # The address is Slack's own answer; the SDK's upload cannot be had without its last step.
        request = Request(place["upload_url"], body, {"Content-Type": "application/octet-stream"})  # noqa: S310 - as said
        with urlopen(request, timeout=self._timeout_s) as answer:  # noqa: S310 - as above
            answer.read()
        return str(place["file_id"])


def _share(client: WebClient, files: list[dict[str, str | None]], channel: str, at: str) -> None:
    """Show uploaded files below their message, which is taken back where that fails: the next try posts all."""
    try:
        client.files_completeUploadExternal(files=files, channel_id=channel, thread_ts=at)
    except (SlackClientError, OSError, HTTPException):
        with suppress(SlackClientError, OSError, HTTPException):
            client.chat_delete(channel=channel, ts=at)
        raise


@contextmanager
def _told() -> Iterator[None]:
    """Say an error of Slack as one of ours: what to do, and never a token."""
    try:
        yield
    except SlackApiError as error:
        raise _as_ours(error.response.status_code, error.response.headers, error.response.data) from error
    except (SlackClientError, OSError, HTTPException, json.JSONDecodeError) as error:
        raise DeliveryUnavailable("Slack does not answer.") from error


def _as_ours(status: int, headers: dict[str, str], answer: Any) -> DeliveryRefused | DeliveryUnavailable:
    code = str(answer.get("error", "")) if isinstance(answer, dict) else ""
    if status == 429 or code in {"ratelimited", "rate_limited"}:
        wait = headers.get("Retry-After", "")
        return DeliveryUnavailable("Slack asks to wait.", retry_after_s=float(wait) if wait.isdecimal() else None)
    if status >= 500 or code in _PASSING:
        return DeliveryUnavailable("Slack is in trouble itself.")
    if code == "missing_scope":
        needed = str(answer.get("needed", "chat:write"))[:100]
        return DeliveryRefused(f"The bot lacks the scope {needed}; add it to the app, and install the app again.")
    return DeliveryRefused(_ADVICE.get(code, f"Slack refused the message: {code[:100]}."))
