"""The widget of the insights: who gets an address, what it shows, where it shows, and when it ends."""

import re
import time
from html import unescape

import httpx
import pytest

from exports_api.web.widget_seal import WidgetSeals
from exports_pipeline.core.catalog import user_id
from exports_pipeline.core.refusals import NotAllowed
from exports_pipeline_tests.api_client import token_of
from exports_pipeline_tests.web.used import use

SITE = "https://intranet.example.com"


@pytest.fixture
def ports(counted_ports):
    use(counted_ports, jobs=30)
    return counted_ports


@pytest.fixture
def embedding(app):
    """The app with one site that may show widgets."""
    app.state.seals.origins = (SITE,)


@pytest.fixture
def stranger(url):
    with httpx.Client(base_url=url, timeout=20) as client:
        yield client


@pytest.fixture
def make(url):
    """Makes the address of a widget as somebody."""

    def made(name="ann", *permissions, **fields):
        with httpx.Client(base_url=url, timeout=20) as client:
            client.post("/sign-in", data={"token": token_of(name, *permissions)})
            csrf = re.search('name="csrf" value="([^"]+)"', client.get("/insights").text)[1]
            answer = client.post("/insights/widget", data={"csrf": csrf, **fields})
            assert answer.status_code == 200, answer.text
            return unescape(re.search('href="([^"]+)" target="_blank"', answer.text)[1])

    return made


def test_it_shows_what_its_maker_sees_and_no_export(embedding, make, stranger):
    page = stranger.get(make("ann")).text
    assert "<dt>Exports</dt><dd>20</dd>" in page
    assert "<dt>Exports</dt><dd>30</dd>" in stranger.get(make("root", "MANAGE_EXPORTS")).text
    assert "/exports/" not in page
    assert "/insights/jobs" not in page
    assert "<form" not in page
    assert "Signed in" not in page


def test_it_keeps_the_filters_of_the_page(embedding, make, stranger):
    page = stranger.get(make("ann", tag="food", range="last-30-days")).text
    assert 0 < int(re.search(r"<dt>Exports</dt><dd>(\d+)", page)[1]) < 5


def test_that_one_was_made_stands_in_the_audit_log(embedding, make, ports):
    make("ann", tag="food")
    made = [entry for entry in ports.audit.audit if entry.action == "insight.widget_made"]
    assert [entry.actor for entry in made] == [user_id("ann")]
    assert made[0].details["filters"] == ["tag"]
    assert "food" not in str(made[0])


def test_the_named_sites_alone_may_show_it(embedding, make, stranger):
    headers = stranger.get(make("ann")).headers
    assert f"frame-ancestors {SITE}" in headers["content-security-policy"]
    assert "'none'" not in headers["content-security-policy"].partition("frame-ancestors")[2]
    assert "x-frame-options" not in headers
    assert headers["referrer-policy"] == "no-referrer"
    other = stranger.get("/sign-in").headers
    assert "frame-ancestors 'none'" in other["content-security-policy"]
    assert other["x-frame-options"] == "DENY"


def test_by_default_no_site_may(stranger, make, url):
    headers = stranger.get("/insights/widget").headers
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    with httpx.Client(base_url=url, timeout=60) as client:
        client.post("/sign-in", data={"token": token_of("ann")})
        page = client.get("/insights").text
        assert "/insights/widget" not in page
        csrf = re.search('name="csrf" value="([^"]+)"', page)[1]
        assert client.post("/insights/widget", data={"csrf": csrf}).status_code == 403


def test_an_address_that_was_changed_or_is_too_old_shows_nothing(embedding, make, stranger, app):
    address = make("ann")
    for broken in (address[:-3], address + "x", "/insights/widget?seal=", "/insights/widget"):
        answer = stranger.get(broken)
        assert answer.status_code == 403
        assert "not complete" in answer.text
        assert "<dt>" not in answer.text
    past = int(time.time()) - 60
    old = app.state.seals.seal({"sub": "ann"}, {}, zone="UTC", expires_at=past)
    assert "too old" in stranger.get(old).text


def test_an_address_of_a_widget_is_no_session_and_a_session_no_address(embedding, make, stranger, url):
    seal = make("ann").partition("seal=")[2]
    stranger.cookies.set("exports_session", seal)
    assert stranger.get("/insights").status_code == 303
    with httpx.Client(base_url=url, timeout=60) as client:
        client.post("/sign-in", data={"token": token_of("ann")})
        cookie = client.cookies["exports_session"]
        assert client.get(f"/insights/widget?seal={cookie}").status_code == 403
    assert stranger.get("/api/analytics/datasets", headers={"Authorization": f"Bearer {seal}"}).status_code == 401


def test_it_ends_with_the_rights_of_its_maker(embedding, make, stranger, ports, app):
    address = make("ann")
    ports.users.set_active(user_id("ann"), is_active=False, at=ports.clock())
    app.state.parts.standings.forget()
    answer = stranger.get(address)
    assert answer.status_code == 403
    assert "<dt>" not in answer.text


def test_no_permission_goes_along_that_is_not_needed():
    seals = WidgetSeals("a-secret", origins=[SITE])
    claims = {"sub": "ann", "permissions": ["EXPORT", "UNMASK", "MANAGE_EXPORTS"], "email": "ann@example.com"}
    address = seals.seal(claims, {"tag": "a"}, zone="Europe/Prague", expires_at=int(time.time()) + 60)
    sealed = seals.open(address.partition("seal=")[2])
    assert sealed.claims["permissions"] == ["MANAGE_EXPORTS"]
    assert "email" not in sealed.claims
    assert (sealed.fields, sealed.zone) == ({"tag": "a"}, "Europe/Prague")
    with pytest.raises(NotAllowed):
        WidgetSeals("another-secret", origins=[SITE]).open(address.partition("seal=")[2])
