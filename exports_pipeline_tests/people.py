"""Fixtures of the folders that call the API: people who call their `app`, and what it was made with."""

import pytest

from exports_pipeline.settings import Settings
from exports_pipeline_tests.api_client import SECRET, ApiClient, run


@pytest.fixture
def settings(tmp_path):
    return Settings(home=tmp_path, jwt_secret=SECRET)


@pytest.fixture
def dispatched():
    """One entry for each time the app had pending jobs launched."""
    return []


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
