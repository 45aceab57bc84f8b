"""Doors to somebody else's jobs again, over Postgres behind its second wall."""

# ruff: noqa: F401, F811 - pytest finds here what is imported
from dataclasses import replace

import pytest

from exports_pipeline_tests.security.conftest import catalog
from exports_pipeline_tests.security.test_somebody_elses_jobs import (
    completed,
    pending,
    test_a_list_and_its_cursors_show_ones_own_jobs,
    test_a_token_whose_user_is_named_like_a_path_stays_in_its_folder,
    test_an_idempotency_key_of_somebody_else_gives_a_job_of_ones_own,
)


@pytest.fixture
def ports(ports, tables, catalog):
    return replace(ports, catalog=catalog, warehouse=tables.warehouse)
