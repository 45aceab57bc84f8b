"""The callers of a chaos run: they request, look, cancel, retry and ask twice, and write down what was answered."""

import time
from dataclasses import dataclass, field
from http import HTTPStatus
from random import Random
from threading import Lock

import httpx

from exports_pipeline_tests.chaos.wishes import Wish, draw_wish

UNSETTLED = 8
"""So many exports of a caller may be under way at once."""
PATIENCE_S = 60
_FINAL = {"completed", "failed", "cancelled"}
_WAIT = {HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS}


@dataclass(kw_only=True)
class Ticket:
    """An export that was accepted, and what else was asked of it."""

    job_id: str
    wish: Wish
    cancel: str = "never"
    """never, asked (answer unknown) or promised (202); a retry that was accepted makes a promise a question again."""
    is_retried: bool = False


@dataclass
class Ledger:
    """What the callers were told."""

    tickets: list[Ticket] = field(default_factory=list)
    surprises: list[str] = field(default_factory=list)
    """Answers that nobody should ever get."""
    repeats: int = 0
    unanswered: int = 0
    """Requests whose answer got lost."""
    refused: int = 0
    """Answers 503 and 429."""
    lock: Lock = field(default_factory=Lock)


class Visitor:
    """One user, in a thread of its own."""

    def __init__(self, caller, user: str, seed, ledger: Ledger) -> None:
        self._http, self._user, self._ledger = caller.http, user, ledger
        self._rng = Random(f"{seed}:{user}")  # noqa: S311 - a seed, not a secret
        self._open: list[Ticket] = []

    def visit(self, until: float) -> None:
        """Keep some exports under way until the time is over."""
        while time.monotonic() < until:
            if len(self._open) < UNSETTLED:
                self._request(until)
            self._look()
            time.sleep(self._rng.uniform(0.05, 0.5))

    def _request(self, until: float) -> None:
        wish = draw_wish(self._rng, self._user)
        key = str(self._rng.getrandbits(64)) if self._rng.random() < 0.5 else None
        headers = {"Idempotency-Key": key} if key else {}
        body = {"dataset_id": wish.dataset, "format": wish.file_format, **wish.body}
        while time.monotonic() < until:
            answer = self._send("POST", "", json=body, headers=headers)
            if answer is not None and answer.status_code == HTTPStatus.ACCEPTED:
                ticket = Ticket(job_id=answer.json()["job_id"], wish=wish)
                with self._ledger.lock:
                    self._ledger.tickets.append(ticket)
                self._open.append(ticket)
                if key and self._rng.random() < 0.4:
                    self._repeat(ticket, body, headers)
                return
            if answer is None and key is None:
                return  # it may have been accepted: asking again would make a second one
            time.sleep(0.3)

    def _repeat(self, ticket: Ticket, body, headers) -> None:
        answer = self._send("POST", "", json=body, headers=headers)
        if answer is not None and answer.status_code == HTTPStatus.ACCEPTED:
            self._ledger.repeats += 1
            if answer.json()["job_id"] != ticket.job_id:
                self._surprise(f"the key of {ticket.job_id} brought {answer.json()['job_id']}")

    def _look(self) -> None:
        if not self._open:
            return
        ticket = self._rng.choice(self._open)
        if self._rng.random() < 0.08:
            self._cancel(ticket)
            return
        answer = self._send("GET", f"/{ticket.job_id}")
        if answer is None or answer.status_code != HTTPStatus.OK:
            return
        status = answer.json()["status"]
        if status not in _FINAL:
            return
        if status != "completed" and self._rng.random() < 0.5:
            self._retry(ticket)
        else:
            self._open.remove(ticket)

    def _cancel(self, ticket: Ticket) -> None:
        answer = self._send("POST", f"/{ticket.job_id}/cancel", allowed={HTTPStatus.CONFLICT})
        if answer is None:
            ticket.cancel = "asked"
        elif answer.status_code == HTTPStatus.ACCEPTED:
            ticket.cancel = "promised"

    def _retry(self, ticket: Ticket) -> None:
        answer = self._send("POST", f"/{ticket.job_id}/retry", allowed={HTTPStatus.CONFLICT})
        if answer is None or answer.status_code == HTTPStatus.ACCEPTED:
            ticket.is_retried = True
            ticket.cancel = "never" if ticket.cancel == "never" or answer is not None else "asked"

    def _send(self, method, path, *, allowed=frozenset(), **words):
        """The answer; None where it was lost."""
        try:
            answer = self._http.request(method, f"/api/analytics/exports{path}", timeout=PATIENCE_S, **words)
        except httpx.HTTPError:
            self._ledger.unanswered += 1
            return None
        if answer.status_code in _WAIT:
            self._ledger.refused += 1
        elif answer.status_code not in {HTTPStatus.OK, HTTPStatus.ACCEPTED, *allowed}:
            self._surprise(f"{method} {path}: {answer.status_code} {answer.text[:200]}")
        return answer

    def _surprise(self, sentence: str) -> None:
        with self._ledger.lock:
            self._ledger.surprises.append(sentence)
