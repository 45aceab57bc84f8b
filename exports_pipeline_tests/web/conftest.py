"""The pages over fakes that really run jobs and really serve files, and a browser that looks at them."""

import logging
import re
from contextlib import contextmanager
from dataclasses import replace
from html import unescape

import httpx
import pytest
import structlog
from axe_playwright_python.base import AxeResults
from axe_playwright_python.sync_playwright import Axe

from exports_api.app import create_app
from exports_api.web.figures.drawing import Drawer
from exports_pipeline.adapters.signing import Ed25519Signer
from exports_pipeline.settings import Settings
from exports_pipeline.usecases.dispatch_exports import dispatch
from exports_pipeline_tests.api_client import SECRET, token_of
from exports_pipeline_tests.api_server import WorkingRuns, served, served_objects
from exports_pipeline_tests.browser import opened_chromium
from exports_pipeline_tests.fakes.counted_insights import CountedInsights
from exports_pipeline_tests.fakes.ports import fake_ports
from exports_pipeline_tests.web.schedule_pages import Person

WITHIN_MS = 20_000


@pytest.fixture(autouse=True)
def quiet():
    """No log on standard output."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.reset_defaults()


@pytest.fixture
def ports():
    with working_ports() as made:
        yield made


@pytest.fixture
def counted_ports():
    """Ports whose insights are counted over their own ledger; for modules that make it their `ports`."""
    with served_objects() as objects:
        runs, ports = WorkingRuns(), fake_ports(objects=objects)
        runs.ports = replace(ports, runs=runs, insights=CountedInsights(ports.jobs))
        yield runs.ports
        runs.worker.shutdown()


@pytest.fixture(scope="session")
def drawer(tmp_path_factory):
    """What draws charts; made once, and by the first test that draws one."""
    return Drawer(tmp_path_factory.mktemp("drawer"))


@pytest.fixture
def app(ports, drawer, tmp_path):
    made = pages_over(ports, tmp_path)
    made.state.drawer = drawer
    return made


@pytest.fixture
def url(app):
    with served(app) as address:
        yield address


@pytest.fixture
def visit(url):
    """Signs somebody in and hands out their client: a browser without scripts, in Prague."""
    clients = []

    def begin(user="ann", *permissions, zone="Europe/Prague", language="en-GB"):
        sent = {"headers": {"Accept-Language": language}, "cookies": {"exports_zone": zone}}
        client = httpx.Client(base_url=url, timeout=60, **sent)
        clients.append(client)
        assert client.post("/sign-in", data={"token": token_of(user, *permissions)}).status_code == 303
        return client

    yield begin
    for each in clients:
        each.close()


@pytest.fixture
def people(url):
    """Signs people in."""
    opened = []

    def person(*names, **more):
        opened.append(Person(url, *names, **more))
        return opened[-1]

    yield person
    for each in opened:
        each.client.close()


@pytest.fixture
def ann(people):
    return people("ann")


@pytest.fixture(scope="module")
def module_ports():
    """For tests that look and do not touch: everything is made once for a module."""
    with working_ports() as made:
        yield made


@pytest.fixture(scope="module")
def module_url(module_ports, tmp_path_factory):
    with served(pages_over(module_ports, tmp_path_factory.mktemp("home"))) as address:
        yield address


@contextmanager
def working_ports():
    """Fakes that really run jobs, and serve their files."""
    with served_objects() as objects:
        runs = WorkingRuns()
        runs.ports = fake_ports(objects=objects, runs=runs, signer=Ed25519Signer("a secret of tests"))
        yield runs.ports
        runs.worker.shutdown()


def pages_over(ports, home):
    """The application, with the people of the sample."""
    settings = Settings(home=home, jwt_secret=SECRET, sample_people=True)
    return create_app(ports, settings, dispatch_soon=lambda: dispatch(ports))


@pytest.fixture(scope="module")
def chromium():
    with opened_chromium() as browser:
        yield browser


@pytest.fixture
def viewer(chromium, url):
    """Opens pages as somebody; scripts may be off. Every error of a script fails the test."""
    contexts, errors = [], []

    def view(*, signed_in_as="ann", **context):
        opened = chromium.new_context(base_url=url, **{"locale": "en-GB", "timezone_id": "Europe/Prague", **context})
        opened.set_default_timeout(WITHIN_MS)
        contexts.append(opened)
        page = opened.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda said: errors.append(said.text) if "Content Security" in said.text else None)
        page.goto("/sign-in")
        if signed_in_as:
            page.get_by_label("Bearer token").fill(signed_in_as)
            page.get_by_role("button", name="Sign in", exact=True).click()
        return page

    yield view
    for each in contexts:
        each.close()
    assert errors == []


def text_of(answer):
    """What a page says, its marks left out, with plain spaces and hyphens."""
    said = unescape(re.sub(r"<[^>]*>", " ", answer.text.partition("<body>")[2]))
    return re.sub(r"\s+", " ", re.sub("[\N{EN DASH}\N{MINUS SIGN}]", "-", said))


def violations(page):
    """What axe-core finds on a page against WCAG 2.2 AA, in words, once the page is there as a whole."""
    page.wait_for_load_state()
    rules = {
        "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
    }
    found: AxeResults = Axe().run(page, options=rules)
    return [
        f"{each['id']}: {each['help']} at {[node['html'][:120] for node in each['nodes']]}"
        for each in found.response["violations"]
    ]
