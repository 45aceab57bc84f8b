"""One stack for all journeys, with datasets that take their time."""

import shutil
from pathlib import Path

import pytest

from exports_pipeline.adapters.catalog import SAMPLE_CATALOG
from exports_pipeline_tests.journey.far_ends import served_far_ends
from exports_pipeline_tests.journey.running_stack import RunningStack

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
def stack(tmp_path_factory, catalog, far_ends):
    stack = RunningStack(
        tmp_path_factory.mktemp("stack") / "home",
        EXPORTS_CATALOG=str(catalog),
        EXPORTS_LARGE_RUNNING="2",
        EXPORTS_SAMPLE_DAYS="60",
        EXPORTS_SCHEDULE_SPREAD_MINUTES="0",
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
