"""One POST to a host that the guard has seen, and what its answer means."""

import asyncio
import ssl
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, TypeVar

import httpx

from exports_pipeline.adapters.senders.retry_after import read_retry_after
from exports_pipeline.adapters.senders.web_target import WebTarget
from exports_pipeline.core.errors import DeliveryRefused, DeliveryUnavailable, RecipientGone

_LARGEST_ANSWER_BYTES = 65_536
_GONE = 410
_LATER = frozenset({408, 409, 425, 429})
Outcome = TypeVar("Outcome")


def utc_now() -> datetime:
    """The time now."""
    return datetime.now(UTC)


class WebPost:
    """Posts to the address of a target, within a time limit; `who` answers, in the sentences of errors.

    `tls` checks certificates, by the system's authorities where none is given.
    """

    def __init__(
        self, who: str, *, tls: ssl.SSLContext | None, limit_s: float, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self._who = who
        self._clock = clock
        self._given_tls = tls
        self._limit_s = limit_s

    def knock(self, where: WebTarget) -> None:
        """Connect, check the certificate, and hang up.

        Raises:
            DeliveryUnavailable: nobody answers there, or nobody to be trusted.
        """
        self._run(where.knock(self._tls))

    def post(self, where: WebTarget, body: bytes, headers: dict[str, str]) -> int:
        """Post a body and return the status of the answer.

        Raises:
            RecipientGone: the answer is 410.
            DeliveryRefused: it is a redirect, or says that the message is not acceptable.
            DeliveryUnavailable: it does not come in time, or asks for another try.
        """
        answer = self._run(self._answer(where, body, headers))
        status = answer.status_code
        if answer.is_success:
            return status
        if status < 400:
            raise DeliveryRefused(f"{self._who} answers {status}, elsewhere; give the URL that it leads to.")
        if status == _GONE:
            raise RecipientGone(f"{self._who} answers 410: it wants no more messages.")
        if status in _LATER or status >= 500:
            wait_s = read_retry_after(answer.headers.get("Retry-After"), now=self._clock())
            raise DeliveryUnavailable(f"{self._who} answers {status}.", retry_after_s=wait_s)
        raise DeliveryRefused(f"{self._who} answers {status}; check the URL, or make a new one.")

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return self._given_tls or ssl.create_default_context()

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
            raise DeliveryUnavailable(f"{self._who} did not answer in time.") from error
        except (httpx.HTTPError, OSError) as error:
            why = _certificate_fault(error) or "It does not answer, or broke off."
            raise DeliveryUnavailable(f"{self._who} could not be reached. {why}") from error


async def _within(limit_s: float, work: Coroutine[Any, Any, Outcome]) -> Outcome:
    async with asyncio.timeout(limit_s):
        return await work


def _certificate_fault(error: BaseException) -> str | None:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"Its certificate is not to be trusted: {cause.verify_message}."
        cause = cause.__cause__ or cause.__context__
    return None
