"""The API over fakes, and people who call it."""

import logging

import pytest
import structlog

from exports_api.app import create_app
from exports_pipeline.settings import Settings
from exports_pipeline_tests.api_client import SECRET, ApiClient, run
from exports_pipeline_tests.fakes.ports import fake_ports


@pytest.fixture(autouse=True)
def quiet():
    """No log on standard output, which belongs to what a test looks at."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.reset_defaults()


@pytest.fixture
def settings(tmp_path):
    return Settings(home=tmp_path, jwt_secret=SECRET)


@pytest.fixture
def ports():
    return fake_ports()


@pytest.fixture
def dispatched():
    """One entry for each time the app had pending jobs launched."""
    return []


@pytest.fixture
def app(ports, settings, dispatched):
    return create_app(ports, settings, dispatch_soon=lambda: dispatched.append(True))


@pytest.fixture
def ann(app):
    return ApiClient(app)


@pytest.fixture
def bob(app):
    return ApiClient(app, user="bob")


@pytest.fixture
def admin(app):
    return ApiClient(app, user="root", permissions=("EXPORT_ALL", "MANAGE_EXPORTS", "UNMASK"))


@pytest.fixture
def completed(ann, ports):
    """The id of a job of Ann's that is completed."""
    job_id = ann.export().json()["job_id"]
    run(ports, job_id)
    return job_id
