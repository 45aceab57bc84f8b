"""One stack for all journeys, with datasets that take their time."""

import shutil
from pathlib import Path

import pytest

from exports_pipeline.adapters.catalog import SAMPLE_CATALOG
from exports_pipeline_tests.journey.running_stack import RunningStack
from exports_pipeline_tests.telegram_bot_api import TOKEN, served_bot_api

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def bot_api():
    with served_bot_api() as server:
        yield server


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
def stack(tmp_path_factory, catalog, bot_api):
    stack = RunningStack(
        tmp_path_factory.mktemp("stack") / "home",
        EXPORTS_CATALOG=str(catalog),
        EXPORTS_LARGE_RUNNING="2",
        EXPORTS_SAMPLE_DAYS="60",
        TELEGRAM_BOT_TOKEN=TOKEN,
        TELEGRAM_API_URL=f"http://127.0.0.1:{bot_api.server_port}",
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
