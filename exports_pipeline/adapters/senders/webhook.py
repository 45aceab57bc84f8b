"""Deliveries to programs: signed webhooks (Standard Webhooks 1.0)."""

import json
import logging
import ssl
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from exports_pipeline.adapters.senders.web_post import WebPost, utc_now
from exports_pipeline.adapters.senders.web_target import WebTarget, read_url, resolved
from exports_pipeline.adapters.senders.webhook_signature import read_secrets, sign
from exports_pipeline.adapters.target_guard import TargetGuard
from exports_pipeline.core.message import Message, Target
from exports_pipeline.core.message_facts import facts_of_test


class WebhookSender:
    """`Sender` that posts the facts of a message to a URL, which is the address of the target.

    Targets without a `secret` of their own are signed for with the deployment's, `whsec_...`. `tls` checks
    certificates, by the system's authorities where none is given; `clock` gives the time in UTC.
    """

    def __init__(
        self,
        guard: TargetGuard,
        *,
        secret: str | None = None,
        tls: ssl.SSLContext | None = None,
        limit_s: float = 15.0,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._guard = guard
        self._secret = secret
        self._web = WebPost("The webhook", tls=tls, limit_s=limit_s, clock=clock)
        self._clock = clock
        logging.getLogger("httpx").setLevel(logging.WARNING)  # at INFO it logs URLs, and their paths may be secret

    def send(self, target: Target, message: Message) -> str:
        """Post a message and return the status of the answer; its id is the same at every try.

        Raises:
            TargetForbidden: the host is one that only we can reach.
            RecipientGone: the receiver answers 410.
            DeliveryRefused: there is no secret, or the receiver redirects us or refuses the message.
            DeliveryUnavailable: it does not answer in time, or not now.
        """
        where = resolved(read_url(target.address), self._guard)
        return self._post(where, self._keys(target), str(message.id), message.facts)

    def trial(self, target: Target) -> Iterator[str]:
        """Post a signed message of type `test`."""
        url, keys = read_url(target.address), self._keys(target)
        yield "resolve"
        where = resolved(url, self._guard)
        yield "connect"
        self._web.knock(where)
        yield "write"
        self._post(where, keys, str(uuid4()), facts_of_test(self._clock()))

    def _keys(self, target: Target) -> list[bytes]:
        return read_secrets(target.secrets.get("secret") or self._secret or "")

    def _post(self, where: WebTarget, keys: list[bytes], message_id: str, event: Mapping[str, Any]) -> str:
        body = json.dumps(event, ensure_ascii=False, separators=(",", ":"), default=str).encode()
        proof = sign(keys, message_id=message_id, timestamp_s=int(self._clock().timestamp()), body=body)
        headers = {"Content-Type": "application/json", "User-Agent": "exports-service", **proof}
        return f"HTTP {self._web.post(where, body, headers)}"
