"""Signed heads in a bucket: locked where the bucket locks, plain where it does not."""

from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from exports_pipeline.adapters.audit_heads import S3AuditHeads
from exports_pipeline.core.audit_head import head_key, number_and_time
from exports_pipeline.local.object_store import BUCKET
from exports_pipeline_tests.chaos.s3_server import S3Server
from exports_pipeline_tests.fakes.clock import NOON

KEY = head_key(7, NOON)


def heads(gate, bucket, mode="COMPLIANCE"):
    return S3AuditHeads(gate.client(), bucket, mode=mode, lock=timedelta(days=30))


def test_a_head_is_found_and_read_again(gate):
    kept = heads(gate, "exports")
    for number in (2, 1, 10):
        kept.put(head_key(number, NOON), b"%d" % number)
    assert [number_and_time(key)[0] for key in kept.all_keys()] == [1, 2, 10]
    assert kept.read(head_key(10, NOON)) == b"10"
    assert number_and_time(KEY) == (7, NOON.replace(microsecond=0))
    assert number_and_time("audit/heads/readme.txt") is None


@pytest.mark.parametrize("mode", ["COMPLIANCE", "GOVERNANCE"])
def test_a_head_is_locked_where_the_bucket_has_object_lock(gate, mode):
    gate.client().create_bucket(
        Bucket="locked",
        CreateBucketConfiguration={"LocationConstraint": "eu-central-1"},
        ObjectLockEnabledForBucket=True,
    )
    heads(gate, "locked", mode).put(KEY, b"{}")
    (version,) = gate.client().list_object_versions(Bucket="locked")["Versions"]
    held = gate.client().head_object(Bucket="locked", Key=KEY)
    assert held["ObjectLockMode"] == mode
    assert timedelta(days=29) < held["ObjectLockRetainUntilDate"] - datetime.now(UTC) < timedelta(days=31)
    with pytest.raises(ClientError, match="AccessDenied"):
        gate.client().delete_object(Bucket="locked", Key=KEY, VersionId=version["VersionId"])


def test_a_bucket_without_lock_keeps_heads_all_the_same(gate):
    kept = heads(gate, "exports")
    kept.put(KEY, b"{}")
    assert not kept.has_lock()
    assert kept.read(KEY) == b"{}"


def test_the_embedded_store_knows_no_lock_and_keeps_heads_all_the_same(tmp_path):
    server = S3Server(tmp_path / "s3")
    server.start()
    try:
        server.create_bucket()
        with closing(server.client()) as client:
            kept = S3AuditHeads(client, BUCKET, mode="COMPLIANCE", lock=timedelta(days=30))
            kept.put(KEY, b"{}")
            assert (kept.has_lock(), kept.read(KEY), list(kept.all_keys())) == (False, b"{}", [KEY])
    finally:
        server.stop()
