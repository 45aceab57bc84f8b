"""The API over Postgres: for whoever asks behind the second wall, on its own account as the pipeline's role."""

import logging
from dataclasses import replace

import pytest
import structlog
from sqlalchemy import text

from exports_api.app import create_app
from exports_pipeline.stores import stores_over
from exports_pipeline_tests.every_table import EMPTIED
from exports_pipeline_tests.fakes.ports import fake_ports


@pytest.fixture(autouse=True)
def quiet():
    """No log on standard output, which belongs to what a test looks at."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.reset_defaults()


@pytest.fixture
def ports(engine, working, settings):
    """What tests and workers reach: everything, as the pipeline's role; who people are, as the owner."""
    with engine.begin() as connection:
        connection.execute(text(EMPTIED))
    stores = stores_over(working, settings, owner=engine) | {"users": stores_over(engine, settings)["users"]}
    return replace(fake_ports(), **stores)


@pytest.fixture
def app(ports, walled, settings, dispatched):
    behind = replace(ports, **stores_over(walled, settings))
    return create_app(behind, settings, own=ports, dispatch_soon=lambda: dispatched.append(True))
