"""Whose quota is which, and how a file of quotas is read."""

from dataclasses import replace
from textwrap import dedent

import pytest

from exports_pipeline.adapters.quotas_yaml import read_quotas
from exports_pipeline.core.errors import InvalidQuotas
from exports_pipeline.core.quota import Quota, QuotaExceeded, Usage, Used
from exports_pipeline_tests.builders import requester
from exports_pipeline_tests.fakes.clock import NOON

FILE = """
version: 1
default: {jobs_per_day: 5}
roles:
  exporter: {jobs_per_day: 100, rows_per_day: 1_000, bytes_per_day: 1.5 GB}
  manager: {jobs_per_day: 50, rows_per_day: 5_000}
  machine: {jobs_per_day: unlimited}
users:
  ann: {rows_per_day: 7, bytes_per_day: unlimited}
"""


@pytest.fixture
def quotas(tmp_path):
    path = tmp_path / "quotas.yaml"
    path.write_text(FILE)
    return read_quotas(path)


def with_roles(name, *roles):
    return replace(requester(name), roles=frozenset(roles))


def test_the_packaged_file_limits_nobody():
    assert not read_quotas().of(requester()).is_limited


def test_of_several_roles_the_most_generous_figure_counts(quotas):
    assert quotas.of(requester("bob")) == quotas.of(with_roles("bob", "viewer")) == Quota(jobs=5)
    assert quotas.of(with_roles("bob", "exporter")) == Quota(jobs=100, rows=1_000, bytes=1_500_000_000)
    assert quotas.of(with_roles("bob", "exporter", "manager", "viewer")) == Quota(jobs=100, rows=5_000)
    assert quotas.of(with_roles("bob", "machine", "manager")) == Quota()


def test_what_is_said_of_a_user_stands_above_their_roles(quotas):
    assert quotas.of(with_roles("ann", "exporter")) == Quota(jobs=100, rows=7)
    assert quotas.of(requester("ann")) == Quota(jobs=5, rows=7)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("- a", "must be a mapping"),
        ("version: 2", "version: must be 1"),
        ("rolls: {}", "rolls: unknown key"),
        ("roles: [a]", "roles: must be a mapping of names"),
        ("roles: {a: 5}", "must be a mapping as"),
        ("roles: {a: {jobs: 5}}", "jobs: unknown key"),
        ("roles: {a: {jobs_per_day: -1}}", "jobs_per_day: must be a whole number"),
        ("roles: {a: {jobs_per_day: true}}", "jobs_per_day: must be a whole number"),
        ("roles: {a: {jobs_per_day: 1.5}}", "jobs_per_day: must be a whole number"),
        ("roles: {a: {rows_per_day: 1 GB}}", "rows_per_day: must be a whole number"),
        ("users: {a: {bytes_per_day: 1 gig}}", "or a size as 10 GB"),
        ("default: {bytes_per_day: 9999999999 TB}", "bytes_per_day: must be a whole number"),
    ],
    ids=str,
)
def test_whatever_is_wrong_with_a_file_is_named(tmp_path, text, told):
    path = tmp_path / "mine.yaml"
    path.write_text(dedent(text))
    with pytest.raises(InvalidQuotas) as refused:
        read_quotas(path)
    assert told in refused.value.sentence
    assert "mine.yaml" in refused.value.sentence


def test_several_jobs_at_once_need_room_for_all_of_them():
    usage = Usage(jobs=Used(amount=8, first_at=NOON))
    usage.check(Quota(jobs=10), now=NOON, jobs=2)
    with pytest.raises(QuotaExceeded, match="2 are left; this needs 3"):
        usage.check(Quota(jobs=10), now=NOON, jobs=3)


def test_a_retry_needs_no_job_of_the_quota_but_rows():
    used = Usage(jobs=Used(amount=10), rows=Used(amount=10))
    used.check(Quota(jobs=10), now=NOON, jobs=0)
    with pytest.raises(QuotaExceeded, match="rows a day"):
        used.check(Quota(rows=10), now=NOON, jobs=0)
