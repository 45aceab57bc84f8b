"""The pages over fakes that really run jobs and really serve files, and a browser that looks at them."""

import logging
import shutil

import pytest
import structlog
from axe_playwright_python.base import AxeResults
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

from exports_api.app import create_app
from exports_pipeline.settings import Settings
from exports_pipeline.usecases.dispatch_exports import dispatch
from exports_pipeline_tests.api_client import SECRET
from exports_pipeline_tests.api_server import WorkingRuns, served, served_objects
from exports_pipeline_tests.fakes.ports import fake_ports

CHROMIUM = shutil.which("chromium")
WITHIN_MS = 20_000


@pytest.fixture(autouse=True)
def quiet():
    """No log on standard output."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.reset_defaults()


@pytest.fixture
def ports():
    with served_objects() as objects:
        runs = WorkingRuns()
        runs.ports = fake_ports(objects=objects, runs=runs)
        yield runs.ports
        runs.worker.shutdown()


@pytest.fixture
def app(ports, tmp_path):
    settings = Settings(home=tmp_path, jwt_secret=SECRET, sample_people=True)
    return create_app(ports, settings, dispatch_soon=lambda: dispatch(ports))


@pytest.fixture
def url(app):
    with served(app) as address:
        yield address


@pytest.fixture(scope="module")
def chromium():
    """Debian's own; for one module, since Playwright leaves its loop running in the thread that other tests use."""
    if CHROMIUM is None:
        pytest.skip("chromium is not installed; `make tools` does it")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


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


def violations(page):
    """What axe-core finds on a page against WCAG 2.2 AA, in words."""
    rules = {
        "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
    }
    found: AxeResults = Axe().run(page, options=rules)
    return [
        f"{each['id']}: {each['help']} at {[node['html'][:120] for node in each['nodes']]}"
        for each in found.response["violations"]
    ]
