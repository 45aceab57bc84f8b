"""A short chaos run with a seed of its own each time; `make chaos` is the long one."""

import secrets

import pytest

from exports_pipeline_tests.chaos.campaign import run_campaign

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

SECONDS = 90


def test_nothing_is_lost_stuck_doubled_or_truncated_whatever_dies(tmp_path):
    seed = secrets.randbelow(1_000_000)
    report = run_campaign(tmp_path, seconds=SECONDS, seed=seed)
    assert report.violations == [], f"seed {seed}: {report.figures}"
    assert report.figures["completed"] > 20
    assert report.figures["compared_by_bytes"] > 0
    assert report.figures["deliveries"] > 0
