"""A client of the API: requests and follows exports and reports, reads datasets and receipts, sends events."""

import gzip
import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, BinaryIO, Self

import httpx

_TIMEOUT = httpx.Timeout(30.0, connect=5.0)
_LONG = httpx.Timeout(3600.0, connect=5.0)
"""For what takes as long as there is much of it."""
_PATIENCE_S = 30.0
_FIRST_LOOK_S, _LONGEST_LOOK_S = 0.05, 0.5
_FINAL = frozenset({"completed", "failed", "cancelled"})
_UNAVAILABLE = 503
_EXPORTS = "/api/analytics/exports"
_REPORTS = "/api/analytics/reports"
_USERS = "/api/analytics/users"
_EVENTS = "/api/analytics/events"
_SCHEDULES = "/api/analytics/schedules"
_API_KEYS = "/api/analytics/keys"
_KEYS = "/.well-known/exports-signing-keys.json"


class ApiRefused(Exception):
    """The API answered with a problem."""

    def __init__(self, problem: dict[str, Any]) -> None:
        self.problem = problem
        super().__init__(problem["detail"])

    @property
    def status(self) -> int:
        """The HTTP status."""
        return int(self.problem["status"])


class ApiUnreachable(Exception):
    """Nothing answers at the address of the API."""


class ExportsClient:
    """The API as seen by one user; once it has answered, short absences of it are waited out."""

    def __init__(
        self,
        url: str,
        token: str,
        *,
        patience_s: float = _PATIENCE_S,
        transport: httpx.BaseTransport | None = None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._url, self._patience_s, self._pause = url, patience_s, pause
        self._has_answered = False
        self._http = httpx.Client(
            base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=_TIMEOUT, transport=transport
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def datasets(self) -> list[dict[str, Any]]:
        """The datasets the user may export."""
        items: list[dict[str, Any]] = self._call("GET", "/api/analytics/datasets")["items"]
        return items

    def request_export(self, body: dict[str, Any], *, key: str) -> str:
        """Request an export and return the id of its job; the same key again returns the same job."""
        return self._requested(_EXPORTS, body, key)

    def templates(self) -> list[dict[str, Any]]:
        """The report templates with their parameters."""
        items: list[dict[str, Any]] = self._call("GET", f"{_REPORTS}/templates")["items"]
        return items

    def request_report(self, body: dict[str, Any], *, key: str) -> str:
        """Request a report and return the id of its job, which is looked at and cancelled like an export's."""
        return self._requested(_REPORTS, body, key)

    def manifest(self, job_id: str) -> dict[str, Any]:
        """The receipt of a completed job."""
        return self._call("GET", f"{_EXPORTS}/{job_id}/manifest")

    def signing_keys(self) -> list[dict[str, Any]]:
        """The public keys that receipts are signed with."""
        keys: list[dict[str, Any]] = self._call("GET", _KEYS)["keys"]
        return keys

    def look(self, job_id: str) -> dict[str, Any]:
        """An export job as it is now."""
        return self._call("GET", f"{_EXPORTS}/{job_id}")

    def follow(self, job_id: str) -> Iterator[dict[str, Any]]:
        """An export job again and again, until its status is final."""
        wait_s = _FIRST_LOOK_S
        while True:
            job = self.look(job_id)
            yield job
            if job["status"] in _FINAL:
                return
            self._pause(wait_s)
            wait_s = min(_LONGEST_LOOK_S, wait_s * 1.3)

    def create_schedule(self, body: dict[str, Any]) -> str:
        """Create a schedule and return its id."""
        return str(self._call("POST", _SCHEDULES, json=body)["id"])

    def run_schedule(self, schedule_id: str) -> None:
        """Have a schedule run now, besides its windows."""
        self._call("POST", f"{_SCHEDULES}/{schedule_id}/run")

    def delete_schedule(self, schedule_id: str) -> None:
        """Delete a schedule; what it has made stays."""
        self._call("DELETE", f"{_SCHEDULES}/{schedule_id}")

    def send_events(self, lines: bytes, *, replace: bool = False) -> dict[str, Any]:
        """Send events, each on a line of JSON, and return what became of them; the same again changes nothing."""
        headers = {"Content-Type": "application/x-ndjson", "Content-Encoding": "gzip"}
        query = {"on_duplicate": "replace" if replace else "keep"}
        return self._call("POST", _EVENTS, content=gzip.compress(lines, 1), headers=headers, params=query)

    def create_key(self, body: dict[str, Any]) -> dict[str, Any]:
        """Make an API key; the answer shows it, once."""
        return self._call("POST", _API_KEYS, json=body)

    def keys(self, user: str | None = None) -> list[dict[str, Any]]:
        """The API keys of the user, of another one, or with `all` of everybody."""
        items: list[dict[str, Any]] = self._call("GET", _API_KEYS, params={"user": user} if user else None)["items"]
        return items

    def revoke_key(self, key_id: str) -> None:
        """End an API key for good."""
        self._call("DELETE", f"{_API_KEYS}/{key_id}")

    def erase_user(self, user_id: str) -> dict[str, Any]:
        """Erase a person and return what was erased; again, it goes on where it was interrupted."""
        return self._call("POST", f"{_USERS}/{user_id}/erase", timeout=_LONG)

    def archive_user(self, user_id: str, file: BinaryIO) -> None:
        """Write everything that is held about a person into a file, as a ZIP archive.

        Raises:
            ApiRefused, ApiUnreachable
        """
        try:
            with self._http.stream("GET", f"{_USERS}/{user_id}/archive", timeout=_LONG) as answer:
                if not answer.is_success:
                    answer.read()
                    raise ApiRefused(_problem(answer))
                file.writelines(answer.iter_bytes())
        except (httpx.TransportError, httpx.InvalidURL) as error:
            raise ApiUnreachable(f"The API at {self._url} does not answer: {error}.") from error

    def cancel(self, job_id: str) -> None:
        """Cancel an export job."""
        self._call("POST", f"{_EXPORTS}/{job_id}/cancel")

    def _requested(self, path: str, body: dict[str, Any], key: str) -> str:
        return str(self._call("POST", path, json=body, headers={"Idempotency-Key": key})["job_id"])

    def _call(self, method: str, path: str, **more: Any) -> dict[str, Any]:
        """Call the API.

        Raises:
            ApiRefused: it answered with a problem.
            ApiUnreachable: it did not answer.
        """
        began = time.monotonic()
        while True:
            try:
                answer = self._http.request(method, path, **more)
                if answer.is_success:
                    self._has_answered = True
                    return dict(answer.json()) if answer.content else {}
                failure: Exception = ApiRefused(_problem(answer))
                if answer.status_code != _UNAVAILABLE:
                    raise failure
            except (httpx.TransportError, httpx.InvalidURL, ValueError) as error:
                failure = ApiUnreachable(f"The API at {self._url} does not answer: {error}.")
            if not self._has_answered or time.monotonic() - began >= self._patience_s:
                raise failure
            self._pause(_LONGEST_LOOK_S)


def _problem(answer: httpx.Response) -> dict[str, Any]:
    if answer.headers.get("content-type") == "application/problem+json":
        return dict(answer.json())
    sentence = f"The server answered {answer.status_code} {answer.reason_phrase}."
    return {"status": answer.status_code, "code": "unexpected_answer", "title": "Unexpected answer", "detail": sentence}
