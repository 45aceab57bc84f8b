"""Deliveries to programs: signed webhooks (Standard Webhooks 1.0)."""

import asyncio
import json
import logging
import ssl
from collections.abc import Callable, Coroutine, Iterator, Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, TypeVar
from uuid import uuid4

import httpx

from exports_pipeline.adapters.senders.retry_after import read_retry_after
from exports_pipeline.adapters.senders.web_target import WebTarget, read_url, resolved
from exports_pipeline.adapters.senders.webhook_signature import read_secrets, sign
from exports_pipeline.adapters.target_guard import TargetGuard
from exports_pipeline.core.errors import DeliveryRefused, DeliveryUnavailable, RecipientGone
from exports_pipeline.core.message import Message, Target
from exports_pipeline.core.message_facts import facts_of_test

_LARGEST_ANSWER_BYTES = 65_536
_GONE = 410
_LATER = frozenset({408, 409, 425, 429})
Outcome = TypeVar("Outcome")


def _now() -> datetime:
    return datetime.now(UTC)


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
        clock: Callable[[], datetime] = _now,
    ) -> None:
        self._guard = guard
        self._secret = secret
        self._given_tls = tls
        self._limit_s = limit_s
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
        self._run(where.knock(self._tls))
        yield "write"
        self._post(where, keys, str(uuid4()), facts_of_test(self._clock()))

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return self._given_tls or ssl.create_default_context()

    def _keys(self, target: Target) -> list[bytes]:
        return read_secrets(target.secrets.get("secret") or self._secret or "")

    def _post(self, where: WebTarget, keys: list[bytes], message_id: str, event: Mapping[str, Any]) -> str:
        body = json.dumps(event, ensure_ascii=False, separators=(",", ":"), default=str).encode()
        proof = sign(keys, message_id=message_id, timestamp_s=int(self._clock().timestamp()), body=body)
        headers = {"Content-Type": "application/json", "User-Agent": "exports-service", **proof}
        return self._judge(self._run(self._answer(where, body, headers)))

    async def _answer(self, where: WebTarget, body: bytes, headers: dict[str, str]) -> httpx.Response:
        # No proxy, no netrc, no redirect: each of them would lead to a host that the guard has not seen.
        async with httpx.AsyncClient(verify=self._tls, trust_env=False, timeout=self._limit_s) as client:
            answer = await client.send(where.request(client, body, headers), stream=True)
            read_bytes = 0
            async for chunk in answer.aiter_raw():
                read_bytes += len(chunk)
                if read_bytes > _LARGEST_ANSWER_BYTES:
                    break
            await answer.aclose()
            return answer

    def _run(self, work: Coroutine[Any, Any, Outcome]) -> Outcome:
        try:
            return asyncio.run(_within(self._limit_s, work))
        except TimeoutError as error:
            raise DeliveryUnavailable("The webhook's server did not answer in time.") from error
        except (httpx.HTTPError, OSError) as error:
            why = _certificate_fault(error)
            raise DeliveryUnavailable(why or "The webhook's server does not answer, or broke off.") from error

    def _judge(self, answer: httpx.Response) -> str:
        status = answer.status_code
        if answer.is_success:
            return f"HTTP {status}"
        if answer.is_redirect or status < 400:
            raise DeliveryRefused(f"The webhook answers {status}, elsewhere; give the URL that it leads to.")
        if status == _GONE:
            raise RecipientGone("The webhook answers 410: it wants no more messages.")
        if status in _LATER or status >= 500:
            wait_s = read_retry_after(answer.headers.get("Retry-After"), now=self._clock())
            raise DeliveryUnavailable(f"The webhook answers {status}.", retry_after_s=wait_s)
        raise DeliveryRefused(f"The webhook answers {status}.")


async def _within(limit_s: float, work: Coroutine[Any, Any, Outcome]) -> Outcome:
    async with asyncio.timeout(limit_s):
        return await work


def _certificate_fault(error: BaseException) -> str | None:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"The certificate of the webhook's server is not to be trusted: {cause.verify_message}."
        cause = cause.__cause__ or cause.__context__
    return None
