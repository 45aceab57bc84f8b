"""The API over fakes, and people who call it."""

import logging

import pytest
import structlog

from exports_api.app import create_app
from exports_pipeline_tests.fakes.ports import fake_ports


@pytest.fixture(autouse=True)
def quiet():
    """No log on standard output, which belongs to what a test looks at."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.reset_defaults()


@pytest.fixture
def ports():
    return fake_ports()


@pytest.fixture
def app(ports, settings, dispatched):
    return create_app(ports, settings, dispatch_soon=lambda: dispatched.append(True))
