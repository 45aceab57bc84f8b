"""Sessions of the pages: what begins one, what a cookie is good for, and which forms are believed."""

import re
from datetime import timedelta

import httpx
import jwt
import pytest

from exports_pipeline_tests.api_client import DATASETS, SECRET, token_of


class Browser:
    """A client that keeps cookies, as a browser without scripts."""

    def __init__(self, url):
        self.client = httpx.Client(base_url=url, timeout=60)
        self.get = self.client.get

    def post(self, path, data, **more):
        return self.client.post(path, data=data, **more)

    def sign_in(self, token, **more):
        return self.post("/sign-in", {"token": token, **more})

    def csrf(self):
        return re.search('name="csrf" value="([^"]+)"', self.get("/datasets").text)[1]


@pytest.fixture
def browsers(url):
    """Makes browsers that know nothing of each other."""
    opened = []

    def make():
        opened.append(Browser(url))
        return opened[-1]

    yield make
    for each in opened:
        each.client.close()


@pytest.fixture
def browser(browsers):
    return browsers()


@pytest.fixture
def signed_in(browser):
    assert browser.sign_in(token_of("ann")).status_code == 303
    return browser


def test_a_page_asks_who_is_there_and_leads_back(browser):
    asked = browser.get("/datasets/sales?style=csv")
    assert (asked.status_code, asked.headers["location"]) == (303, "/sign-in?next=%2Fdatasets%2Fsales%3Fstyle%3Dcsv")
    entered = browser.sign_in(token_of("ann"), next="/datasets/sales?style=csv")
    assert entered.headers["location"] == "/datasets/sales?style=csv"
    assert browser.get("/datasets/sales").status_code == 200


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.test/", "//evil.test", "/\\evil.test", "javascript:alert(1)", "/\nx"]
)
def test_nobody_is_led_to_another_site(browser, elsewhere):
    assert browser.sign_in(token_of("ann"), next=elsewhere).headers["location"] == "/datasets"


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(browser):
    cookie = browser.sign_in(token_of("ann")).headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie


def test_over_https_the_cookie_stays_on_https(browser):
    behind_proxy = {"X-Forwarded-Proto": "https"}
    answer = browser.post("/sign-in", {"token": token_of("ann")}, headers=behind_proxy)
    assert "Secure" in answer.headers["set-cookie"]
    assert answer.headers["strict-transport-security"]


def test_a_session_is_no_longer_than_its_token(browser):
    cookie = browser.sign_in(token_of("ann", valid=timedelta(minutes=5))).headers["set-cookie"]
    assert 200 < int(re.search(r"Max-Age=(\d+)", cookie)[1]) <= 300


@pytest.mark.parametrize("token", ["", "nonsense", token_of("ann", secret="another-secret-of-thirty-two-bytes!")])
def test_a_token_that_is_not_ours_begins_nothing(browser, token):
    answer = browser.sign_in(token)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert "set-cookie" not in answer.headers


def test_a_cookie_is_no_token_and_a_token_no_cookie(signed_in, browsers):
    cookie = signed_in.client.cookies["exports_session"]
    assert signed_in.get(DATASETS, headers={"Authorization": f"Bearer {cookie}"}).status_code == 401
    assert signed_in.get(DATASETS).status_code == 401, "the API takes no cookies"
    other = browsers()
    other.client.cookies.set("exports_session", token_of("ann"))
    assert other.get("/datasets").status_code == 303


def test_a_cookie_signed_with_the_tokens_secret_opens_nothing(browser):
    forged = jwt.encode({"sub": "ann", "name": "a", "csrf": "b", "exp": 9e9, "aud": "exports-pages"}, SECRET)
    browser.client.cookies.set("exports_session", forged)
    assert browser.get("/datasets").status_code == 303


def test_signing_out_ends_the_session(signed_in):
    assert signed_in.post("/sign-out", {"csrf": signed_in.csrf()}).headers["location"] == "/sign-in"
    assert signed_in.get("/datasets").status_code == 303


def test_a_form_without_the_sessions_secret_is_refused(signed_in, ports):
    for csrf in ({}, {"csrf": "guessed"}):
        assert signed_in.post("/datasets/sales", {"do": "export", "style": "csv", **csrf}).status_code == 403
    assert ports.jobs.jobs == {}


def test_a_form_of_another_site_is_refused(signed_in, ports):
    form = {"do": "export", "style": "csv", "csrf": signed_in.csrf()}
    answer = signed_in.post("/datasets/sales", form, headers={"Origin": "https://evil.test"})
    assert answer.status_code == 403
    assert ports.jobs.jobs == {}


def test_the_people_of_the_sample_are_offered_there_only(browser, browsers, app):
    assert browser.post("/sign-in", {"person": "admin"}).status_code == 303
    app.state.sample_people = False
    stranger = browsers()
    assert "sample" not in stranger.get("/sign-in").text
    assert stranger.post("/sign-in", {"person": "admin"}).status_code == 422


@pytest.mark.parametrize("path", ["/sign-in", "/datasets", "/datasets/sales", "/exports", "/exports/nonsense"])
def test_every_page_is_closed_to_everything_foreign(signed_in, path):
    headers = signed_in.get(path).headers
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'self'; script-src 'self';")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "camera=()" in headers["permissions-policy"]
    assert headers["cache-control"] == "no-store"


def test_no_page_bears_script_or_style_of_its_own(signed_in):
    for path in ("/sign-in", "/datasets", "/datasets/sales", "/exports"):
        page = signed_in.get(path).text
        assert not re.search(r"<script(?![^>]*src=)|<style| style=| on[a-z]+=", page), path


def test_assets_may_be_kept_for_ever_under_their_digest_alone(signed_in):
    path = re.search('href="(/assets/[0-9a-f]{12}/style.css)"', signed_in.get("/datasets").text)[1]
    assert "immutable" in signed_in.get(path).headers["cache-control"]
    assert signed_in.get("/assets/000000000000/style.css").headers["cache-control"] == "no-cache"
    assert signed_in.get("/assets/000000000000/../session.py").status_code == 404
