"""People who call the API in this process."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx

from exports_api.tokens import make_token
from exports_pipeline.usecases.run_export import run_export

SECRET = "a-secret-of-at-least-thirty-two-bytes"
EXPORTS = "/api/analytics/exports"
DATASETS = "/api/analytics/datasets"


def token_of(user="ann", *permissions, secret=SECRET, valid=timedelta(hours=1), **claims):
    now = datetime.now(UTC)
    return make_token(secret, user=user, owner=user, now=now, valid=valid, permissions=permissions, **claims)


class ApiClient:
    """A client of the app in this process; every answer that is an error is checked to be a problem."""

    def __init__(self, app, *, user="ann", permissions=(), token=None):
        self.app = app
        self.headers = {"Authorization": f"Bearer {token or token_of(user, *permissions)}"}

    def call(self, method, path, *, headers=None, anonymous=False, **more):
        headers = ({} if anonymous else self.headers) | (headers or {})
        answer = asyncio.run(self._send(method, path, headers=headers, **more))
        if answer.status_code >= 400 and path != "/readyz":
            check_problem(answer, path)
        return answer

    def get(self, path, **more):
        return self.call("GET", path, **more)

    def post(self, path, **more):
        return self.call("POST", path, **more)

    def export(self, **body):
        return self.post(EXPORTS, json={"dataset_id": "sales", "format": "csv"} | body)

    def refusal(self, **body):
        """The code of the problem, and the fields at fault with their codes."""
        answer = self.export(**body)
        assert answer.status_code == 422, answer.text
        problem = answer.json()
        return problem["code"], [(each["field"], each["code"]) for each in problem["errors"]]

    async def _send(self, method, path, **more):
        transport = httpx.ASGITransport(self.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://api.test") as client:
            return await client.request(method, path, **more)


def check_problem(answer, path):
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    problem = json.loads(answer.content)
    assert problem["status"] == answer.status_code
    assert problem["type"] == f"/problems/{problem['code']}"
    assert problem["instance"] == httpx.URL("http://x" + path).path
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert problem["title"]
    assert problem["detail"]
    assert ("errors" in problem) == (answer.status_code == 422)
    assert ("retry-after" in answer.headers) or answer.status_code != 503


def run(ports, job_id):
    """Run the current attempt of a job as a worker would."""
    job = ports.jobs.get(UUID(job_id))
    return run_export(job.id, job.attempt, run_id="run", ports=ports)
