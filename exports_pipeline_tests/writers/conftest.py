"""A warehouse for writers."""

import pytest

from exports_pipeline_tests.tables import Tables


@pytest.fixture
def tables(tmp_path):
    return Tables(tmp_path)
