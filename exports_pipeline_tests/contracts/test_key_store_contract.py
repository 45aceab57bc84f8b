"""What every store of API keys keeps, the one in memory and the one in Postgres."""

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from uuid import UUID, uuid4

import pytest

from exports_pipeline.adapters.job_store import PostgresJobStore
from exports_pipeline.adapters.key_store import PostgresKeyStore
from exports_pipeline.adapters.user_store import PostgresUserStore
from exports_pipeline.core.api_key import ApiKey, key_digest
from exports_pipeline.core.ledger import AuditEntry
from exports_pipeline_tests.builders import entry, new_job, requester
from exports_pipeline_tests.fakes.clock import NOON
from exports_pipeline_tests.fakes.keys import InMemoryKeys
from exports_pipeline_tests.fakes.ledger import InMemoryLedger

ANN = requester("ann", "UNMASK", "EXPORT_ALL")
LATER = NOON + timedelta(hours=1)
DIGEST = key_digest("xk_...")
MADE = AuditEntry(at=NOON, actor=ANN.user_id, action="key.created")
REVOKED = AuditEntry(at=LATER, actor=ANN.user_id, action="key.revoked")


@pytest.fixture(params=["memory", "postgres"])
def kept(request):
    if request.param == "memory":
        jobs = InMemoryLedger()
        return SimpleNamespace(jobs=jobs, users=jobs.users, keys=InMemoryKeys(jobs.audit))
    engine = request.getfixturevalue("engine")
    return SimpleNamespace(
        jobs=PostgresJobStore(engine), users=PostgresUserStore(engine), keys=PostgresKeyStore(engine)
    )


def a_key(**changes):
    key = ApiKey(
        id=uuid4(),
        user_id=ANN.user_id,
        owner_key="ann",
        name="load",
        scopes=frozenset({"UNMASK"}),
        act_for=("bob", "owner:7"),
        created_by=ANN.user_id,
        created_at=NOON,
        expires_at=NOON + timedelta(days=90),
    )
    return replace(key, **changes)


def added(kept, **changes):
    key = a_key(**changes)
    kept.users.seen(ANN, at=NOON)
    assert kept.keys.add(key, DIGEST, MADE)
    return key


def test_a_key_comes_back_by_what_it_begins_with(kept):
    key = added(kept)
    assert kept.keys.find(key.prefix) == (key, DIGEST)
    assert kept.keys.get(key.id) == key
    assert kept.keys.find("xk_00000000") is None
    assert kept.keys.get(uuid4()) is None


def test_two_keys_never_begin_alike(kept):
    key = added(kept)
    twin = a_key(id=UUID(hex=key.id.hex[:8] + uuid4().hex[8:]))
    assert not kept.keys.add(twin, key_digest("another"), MADE)
    assert kept.keys.find(key.prefix) == (key, DIGEST)


def test_keys_are_listed_newest_first_for_one_user_or_for_all(kept):
    first, second = added(kept), added(kept, created_at=LATER)
    assert kept.keys.of_user(ANN.user_id) == kept.keys.of_user(None) == [second, first]
    assert kept.keys.of_user(uuid4()) == []


def test_a_key_is_revoked_once(kept):
    key = added(kept)
    assert kept.keys.revoke(key.id, REVOKED) == replace(key, revoked_at=LATER)
    assert kept.keys.revoke(key.id, replace(REVOKED, at=LATER + timedelta(days=1))) is None
    assert kept.keys.find(key.prefix)[0].revoked_at == LATER


def test_the_last_use_is_noted_once_a_minute(kept):
    key = added(kept)
    for seconds, noted in ((0, 0), (59, 0), (60, 60), (30, 60), (121, 121)):
        kept.keys.used({key.id: NOON + timedelta(seconds=seconds)})
        assert kept.keys.get(key.id).last_used_at == NOON + timedelta(seconds=noted)


def test_whoever_asks_with_a_key_changes_nothing_that_is_known_of_its_user(kept):
    key = added(kept)
    narrow = replace(key.requester(ANN), owner_key="mallory", email="mallory@example.com")
    kept.users.seen(narrow, at=LATER)
    new = new_job(requester=narrow)
    kept.jobs.add(new, entry(new))
    assert kept.users.requester(ANN.user_id) == ANN


def test_a_job_remembers_by_which_service_and_key_it_was_requested(kept):
    key = added(kept)
    through = replace(key.requester(ANN), service=uuid4())
    new = new_job(requester=through)
    job = kept.jobs.add(new, entry(new))
    assert kept.jobs.get(job.id).requester.through == {"service": str(through.service), "key": str(key.id)}
