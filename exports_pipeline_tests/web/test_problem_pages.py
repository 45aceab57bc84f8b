"""Pages that tell what went wrong: each says what helps, and who can help where oneself cannot."""

import re

import httpx
import pytest
from fastapi import APIRouter

from exports_api import errors as http_errors
from exports_api.app import create_app
from exports_api.web.page_route import PageRoute
from exports_pipeline.adapters.postgres import make_engine
from exports_pipeline.core import errors, refusals
from exports_pipeline.core.quota import QuotaExceeded
from exports_pipeline.settings import Settings
from exports_pipeline.stores import stores_over
from exports_pipeline_tests.api_client import SECRET, token_of
from exports_pipeline_tests.api_server import served
from exports_pipeline_tests.fakes.ports import fake_ports
from exports_pipeline_tests.web.conftest import text_of
from exports_pipeline_tests.web.visits import signed_in_as

BACK, WAITING = "/schedules?of=shared", "/exports?status=pending"
MET = {
    "conflict": (refusals.WrongStatus(), 409, "does not allow this", [BACK, "/exports"]),
    "too-large": (http_errors.BodyTooLarge(), 413, "narrow the request", [BACK, "/datasets"]),
    "refused": (refusals.InvalidCron(), 422, "no cron expression", [BACK, "/datasets"]),
    "queue-full": (refusals.QueueFull(), 429, "Try again in 10 seconds", [BACK, WAITING]),
    "quota": (QuotaExceeded(retry_after_s=7_200), 429, "after 1 Mar 2026, 14:00:00 UTC", [BACK, WAITING]),
    "ours": (errors.QueryFailed(), 500, "Try it once more", ["/met/ours?again=1", "/datasets"]),
    "unforeseen": (ZeroDivisionError(), 500, "it is in our log", ["/met/unforeseen?again=1", "/datasets"]),
    "elsewhere": (errors.DeliveryRefused(), 502, "not lost", ["/met/elsewhere?again=1"]),
    "away": (errors.ObjectStoreUnavailable(), 503, "Try again in 5 seconds", ["/met/away?again=1"]),
}
"""What is met, its status, some of its words, and where its links lead."""


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def visit(home):
    """A visit of an application that has a page on which everything goes wrong."""
    app = create_app(fake_ports(), Settings(home=home, jwt_secret=SECRET), dispatch_soon=lambda: None)
    router = APIRouter(route_class=PageRoute)

    @router.get("/met/{name}")
    async def meet(name: str) -> None:
        raise MET[name][0]

    app.include_router(router)
    with served(app) as url, signed_in_as(url) as visit:
        yield visit


def links_of(answer):
    """Where the links within the page lead, those of the frame around it left out."""
    return re.findall('href="([^"]+)"', answer.text.partition('<main id="main"')[2].partition("</main>")[0])


@pytest.mark.parametrize("name", MET)
def test_whatever_is_met_is_told_with_a_next_step(visit, name):
    _, status, words, links = MET[name]
    referer = f"{visit.client.base_url}{BACK}"
    answer = visit.get(f"/met/{name}?again=1", headers={"Referer": referer})
    assert answer.status_code == status
    assert words in text_of(answer)
    assert links_of(answer) == links
    assert answer.headers["x-request-id"] in answer.text
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert ("retry-after" in answer.headers) is (status in {429, 503})


@pytest.mark.parametrize("referer", ["https://evil.test/x", "javascript:alert(1)", "//evil.test/", ""])
def test_nobody_is_led_back_to_another_site(visit, referer):
    answer = visit.get("/met/conflict", headers={"Referer": referer})
    assert links_of(answer) == ["/datasets", "/exports"]


def test_who_lacks_a_right_is_told_which_role_gives_it_and_whom_to_ask(visit):
    told = text_of(visit.get("/audit"))
    assert "This needs the permission VIEW_AUDIT, which none of your roles gives you." in told
    assert "Roles that give it: auditor, administrator. You have exporter." in told
    assert "Ask your administrator, who has the permission ADMIN" in told


def test_a_form_that_is_too_old_sends_nobody_to_the_administrator(visit):
    referer = {"Referer": f"{visit.client.base_url}/datasets/sales"}
    answer = visit.client.post("/datasets/sales", data={"csrf": "old"}, headers=referer)
    assert (answer.status_code, links_of(answer)) == (403, ["/datasets/sales", "/datasets"])
    assert "administrator" not in text_of(answer)


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/exports/00000000-0000-0000-0000-000000000005", 404, "There is no export job"),
        ("/datasets/nonsense", 404, "no dataset of this name"),
        ("/reports/nonsense", 404, "report template"),
        ("/nonsense", 404, "There is no such page"),
        ("/sign-out", 405, "There is no such page"),
    ],
)
def test_what_is_not_there_leads_to_what_is(visit, path, status, words):
    answer = visit.get(path, headers={"Accept": "text/html"})
    assert answer.status_code == status
    assert words in text_of(answer)
    assert links_of(answer) == ["/datasets", "/exports"]
    assert "GET /" not in text_of(answer), "that is said to programs"


def test_with_postgres_away_every_page_says_so_and_nobody_is_let_in(visit, home):
    settings = Settings(home=home, jwt_secret=SECRET)
    nowhere = make_engine("postgresql://nobody:nothing@127.0.0.1:1/none")
    app = create_app(fake_ports(**stores_over(nowhere, settings)), settings, dispatch_soon=lambda: None)
    with served(app) as url, httpx.Client(base_url=url, cookies=visit.client.cookies) as client:
        for answer in (client.get("/exports?user=all"), client.post("/sign-in", data={"token": token_of("bob")})):
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
            assert "The database of the service does not answer; try again in a few seconds." in text_of(answer)
            assert "set-cookie" not in answer.headers
        assert links_of(client.get("/exports?user=all")) == ["/exports?user=all"]
        assert client.get("/sign-in").status_code == 200
    nowhere.dispose()
