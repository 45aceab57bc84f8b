"""What every object store keeps: the one in memory, and S3 behind a gate that verifies signatures."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest

from exports_pipeline.adapters.object_store import S3ObjectStore
from exports_pipeline.adapters.s3_bucket import setup_bucket
from exports_pipeline.core.errors import ObjectStoreUnavailable
from exports_pipeline_tests.fakes.objects import InMemoryObjectStore
from exports_pipeline_tests.s3_gate import S3Gate

PART = 5 * 1024 * 1024
SIZES = pytest.mark.parametrize("size", [0, 1, PART - 1, PART, PART + 1, 3 * PART + 17], ids=str)


@pytest.fixture(params=["memory", "s3"])
def store(request):
    if request.param == "memory":
        yield InMemoryObjectStore()
        return
    gate = S3Gate()
    gate.start()
    setup_bucket(gate.client(), "exports", expiry=timedelta(hours=24))
    yield S3ObjectStore(gate.client(), "exports", part_bytes=PART)
    gate.stop()


def upload(store, key="exports/a/b/1/x.csv"):
    return store.upload(key, content_type="text/csv; charset=utf-8", download_name="x.csv")


def keys(store, prefix="exports/"):
    return [key for key, _ in store.keys(prefix)]


@SIZES
def test_a_committed_upload_is_an_object_with_the_hash_of_its_bytes(store, size):
    body = bytes(range(256)) * (size // 256 + 1)
    body = body[:size]
    started = upload(store)
    for start in range(0, size, 1_000_003):
        piece = body[start : start + 1_000_003]
        assert started.write(memoryview(piece)) == len(piece)
    assert started.size_bytes == size
    assert keys(store) == []
    assert started.commit() == hashlib.sha256(body).hexdigest()
    assert keys(store) == ["exports/a/b/1/x.csv"]


@SIZES
def test_the_pieces_of_an_object_are_its_bytes(store, size):
    started = upload(store)
    started.write(b"x" * size)
    started.commit()
    assert b"".join(store.chunks("exports/a/b/1/x.csv")) == b"x" * size


def test_the_pieces_of_an_object_that_is_not_there_are_unavailable(store):
    with pytest.raises(ObjectStoreUnavailable):
        next(store.chunks("exports/a/b/1/x.csv"))


@SIZES
def test_an_aborted_upload_leaves_nothing(store, size):
    started = upload(store)
    started.write(b"x" * size)
    started.abort()
    started.abort()
    assert keys(store) == []
    assert store.abort_uploads("exports/", started_before=datetime.now(UTC) + timedelta(days=3650)) == 0


def test_an_abort_after_the_commit_changes_nothing(store):
    started = upload(store)
    started.write(b"x")
    started.commit()
    started.abort()
    assert keys(store) == ["exports/a/b/1/x.csv"]


def test_a_deleted_object_is_gone_and_may_be_deleted_again(store):
    started = upload(store)
    started.write(b"x")
    started.commit()
    store.delete("exports/a/b/1/x.csv")
    store.delete("exports/a/b/1/x.csv")
    assert keys(store) == []


def test_keys_are_found_by_prefix_with_the_time_they_were_stored(store):
    for key in ("exports/a/1", "exports/b/1", "other/1"):
        started = upload(store, key)
        started.write(b"x")
        started.commit()
    assert keys(store) == ["exports/a/1", "exports/b/1"]
    [(_, stored_at)] = store.keys("exports/b/")
    assert stored_at.utcoffset() == timedelta(0)


def test_unfinished_uploads_are_aborted_by_age(store):
    started = upload(store)
    started.write(b"x" * (PART + 1))
    # moto says of every upload that it was started on 2010-11-10
    assert store.abort_uploads("exports/", started_before=datetime(2010, 1, 1, tzinfo=UTC)) == 0
    later = datetime.now(UTC) + timedelta(days=3650)
    assert store.abort_uploads("other/", started_before=later) == 0
    assert store.abort_uploads("exports/", started_before=later) == 1
    assert store.abort_uploads("exports/", started_before=later) == 0
    started.abort()


def test_a_store_that_is_there_answers(store):
    store.ping()
