"""The client waits out what passes, and nothing else."""

import httpx
import pytest

from exports_api.client import ApiRefused, ApiUnreachable, ExportsClient

PENDING, RUNNING, COMPLETED = ({"status": status} for status in ("pending", "running", "completed"))
AWAY = {"status": 503, "code": "ledger_unavailable", "detail": "Away."}


def client_of(*answers, patience_s=30.0):
    """A client of an API that gives these answers; an exception is raised in place of one."""
    script, pauses = iter(answers), []

    def answer(_request):
        told = next(script)
        if isinstance(told, Exception):
            raise told
        status = told.get("status")
        if isinstance(status, int):
            return httpx.Response(status, json=told, headers={"Content-Type": "application/problem+json"})
        return httpx.Response(200, json=told)

    client = ExportsClient(
        "http://api.test", "token", patience_s=patience_s, transport=httpx.MockTransport(answer), pause=pauses.append
    )
    return client, pauses


def test_a_job_is_followed_until_it_is_final_at_growing_intervals():
    client, pauses = client_of(PENDING, *[RUNNING] * 20, COMPLETED)
    assert [job["status"] for job in client.follow("1")][-1] == "completed"
    assert (len(pauses), pauses[0], pauses[-1]) == (21, 0.05, 0.5)


def test_a_short_absence_is_waited_out():
    client, _ = client_of(PENDING, httpx.ConnectError("refused"), AWAY, httpx.ReadTimeout("slow"), COMPLETED)
    assert [job["status"] for job in client.follow("1")] == ["pending", "completed"]


@pytest.mark.parametrize(("answer", "error"), [(httpx.ConnectError("refused"), ApiUnreachable), (AWAY, ApiRefused)])
def test_a_long_absence_is_told_as_what_it_is(answer, error):
    client, _ = client_of(PENDING, answer, patience_s=0)
    with pytest.raises(error):
        list(client.follow("1"))


def test_an_api_that_has_never_answered_is_not_waited_for():
    client, pauses = client_of(httpx.ConnectError("refused"))
    with pytest.raises(ApiUnreachable, match=r"http://api\.test"):
        client.datasets()
    assert pauses == []


def test_a_refusal_is_not_tried_again():
    client, _ = client_of(PENDING, {"status": 404, "code": "unknown_export_job", "detail": "There is none."})
    with pytest.raises(ApiRefused, match="There is none"):
        list(client.follow("1"))


def test_an_answer_that_is_no_problem_document_is_told_by_its_status():
    transport = httpx.MockTransport(lambda _: httpx.Response(502, text="<html>proxy</html>"))
    with ExportsClient("http://api.test", "token", transport=transport) as client, pytest.raises(ApiRefused) as refused:
        client.datasets()
    assert (refused.value.status, str(refused.value)) == (502, "The server answered 502 Bad Gateway.")
