"""One stack for all journeys, with datasets that take their time."""

import shutil
from pathlib import Path

import pytest

from exports_pipeline.adapters.catalog import SAMPLE_CATALOG
from exports_pipeline_tests.another_site import served_site
from exports_pipeline_tests.browser import opened_chromium
from exports_pipeline_tests.journey.far_ends import served_far_ends
from exports_pipeline_tests.journey.running_stack import WITHIN_S, RunningStack
from exports_pipeline_tests.journey.visitor import Visitor

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def far_ends(tmp_path_factory):
    with served_far_ends(tmp_path_factory.mktemp("sftp")) as servers:
        yield servers


@pytest.fixture(scope="session")
def bot_api(far_ends):
    return far_ends.telegram


@pytest.fixture(scope="session")
def catalog(tmp_path_factory):
    """The sample's catalogue, and a few datasets that take their time or break."""
    folder = tmp_path_factory.mktemp("catalog")
    shutil.copytree(SAMPLE_CATALOG.parent / "sql", folder / "sql")
    shutil.copytree(HERE / "sql", folder / "sql", dirs_exist_ok=True)
    path = folder / "catalog.yaml"
    path.write_text(SAMPLE_CATALOG.read_text() + (HERE / "catalog_extra.yaml").read_text())
    return path


@pytest.fixture(scope="session")
def another_site():
    """The origin of a site that may show the widget of the insights."""
    with served_site() as origin:
        yield origin


@pytest.fixture(scope="session")
def stack(tmp_path_factory, catalog, far_ends, another_site):
    stack = RunningStack(
        tmp_path_factory.mktemp("stack") / "home",
        EXPORTS_CATALOG=str(catalog),
        EXPORTS_LARGE_RUNNING="2",
        EXPORTS_SAMPLE_DAYS="60",
        EXPORTS_SCHEDULE_SPREAD_MINUTES="0",
        EXPORTS_EMBED_ORIGINS=another_site,
        **far_ends.variables,
    )
    try:
        stack.up()
        yield stack
    finally:
        stack.close()


@pytest.fixture(scope="session")
def demo(stack):
    """A user of the sample with transactions of her own."""
    return stack.caller("demo")


@pytest.fixture(scope="module")
def chromium():
    with opened_chromium() as browser:
        yield browser


@pytest.fixture
def visit(chromium, stack):
    """Opens the pages as one of the people of the sample, in Prague; every error of a script fails the test."""
    contexts, errors = [], []

    def visit(person="", **look):
        opened = chromium.new_context(base_url=stack.api_url, locale="en-GB", timezone_id="Europe/Prague", **look)
        opened.set_default_timeout(1000 * WITHIN_S)
        contexts.append(opened)
        page = opened.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto("/")
        if person:
            page.get_by_role("button", name=person, exact=True).click()
        return Visitor(page, look)

    yield visit
    for each in contexts:
        each.close()
    assert errors == []
