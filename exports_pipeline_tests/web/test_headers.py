"""Every header that closes pages to what is foreign, on every kind of answer."""

import re
from uuid import UUID

import httpx
import pytest

from exports_pipeline_tests.web.visits import signed_in_as

HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


@pytest.fixture(scope="module")
def kinds(module_url):
    """One answer of each kind."""
    with signed_in_as(module_url) as visit:
        stylesheet = re.search('href="(/assets/[^"]+style.css)"', visit.get("/datasets").text)[1]
        made = visit.send("/datasets/sales", do="export", style="csv")
        return {
            "page": visit.get("/datasets"),
            "fragment": visit.get(f"{made.headers['location']}/progress"),
            "values for a script": visit.get("/datasets/sales/values/tag"),
            "asset": visit.get(stylesheet),
            "script": visit.get(stylesheet.replace("style.css", "progress.js")),
            "redirect": made,
            "redirect home": visit.get("/"),
            "redirect to sign in": visit.client.get("/exports", headers={"Cookie": ""}),
            "refused form": visit.client.post("/exports", data={"do": "cancel"}),
            "missing": visit.get(f"/exports/{UUID(int=5)}"),
            "malformed": visit.get("/exports/nonsense"),
            "no page": visit.client.get("/nonsense", headers={"Accept": "text/html,*/*"}),
            "not allowed": visit.get("/operations"),
            "not to be looked at": visit.client.get("/sign-out", headers={"Accept": "text/html"}),
            "documentation": visit.get("/docs"),
        }


@pytest.mark.parametrize("name", HEADERS)
def test_a_header_stands_on_every_kind_of_answer(kinds, name):
    assert {kind: answer.headers.get(name) for kind, answer in kinds.items()} == dict.fromkeys(kinds, HEADERS[name])


def test_the_kinds_are_what_they_are_called(kinds):
    statuses = {kind: answer.status_code for kind, answer in kinds.items()}
    assert statuses == {
        "page": 200,
        "fragment": 200,
        "values for a script": 200,
        "asset": 200,
        "script": 200,
        "redirect": 303,
        "redirect home": 303,
        "redirect to sign in": 303,
        "refused form": 403,
        "missing": 404,
        "malformed": 404,
        "no page": 404,
        "not allowed": 403,
        "not to be looked at": 405,
        "documentation": 200,
    }


def test_nothing_but_assets_is_kept_by_a_browser(kinds):
    kept = {kind for kind, answer in kinds.items() if answer.headers["cache-control"] != "no-store"}
    assert kept == {"asset", "script"}


def test_transport_security_is_asked_for_where_a_page_came_by_https(module_url):
    with signed_in_as(module_url) as visit:
        assert "strict-transport-security" not in visit.get("/datasets").headers
        for path in ("/datasets", "/", "/exports/nonsense"):
            answer = visit.client.get(path, headers={"X-Forwarded-Proto": "https"})
            assert answer.headers["strict-transport-security"] == "max-age=31536000", path


def test_programs_are_told_of_a_missing_page_as_of_everything_else(module_url):
    with signed_in_as(module_url) as visit:
        for path, accept in (("/nonsense", "*/*"), ("/api/nonsense", "text/html")):
            answer = visit.client.get(path, headers={"Accept": accept})
            assert answer.headers["content-type"] == "application/problem+json", path


def test_the_page_of_a_dead_link_is_as_closed_and_tells_nobody_its_address(module_url):
    with httpx.Client(base_url=module_url) as stranger:
        answer = stranger.get("/d/nonsense", headers={"Accept": "text/html"})
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")
    others = {"referrer-policy": "no-referrer", "x-robots-tag": "noindex", "cache-control": "no-store"}
    assert {name: answer.headers.get(name) for name in HEADERS | others} == HEADERS | others
    assert not re.search(r"<style| style=|/exports", answer.text), "nor does it lead a stranger to pages of ours"
