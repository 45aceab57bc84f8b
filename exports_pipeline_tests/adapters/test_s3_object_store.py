"""S3 as we use it, over a server that verifies signatures."""

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from exports_pipeline.adapters.object_store import S3ObjectStore, content_disposition
from exports_pipeline.adapters.s3_bucket import setup_bucket
from exports_pipeline.adapters.s3_client import make_s3_client
from exports_pipeline.core.errors import ObjectStoreMisconfigured, ObjectStoreUnavailable
from exports_pipeline_tests.s3_gate import S3Gate, sha256

PART = 5 * 1024 * 1024
KEY = "exports/user/job/1/Příjmy, 100%.csv"


@pytest.fixture
def gate():
    gate = S3Gate()
    gate.start()
    setup_bucket(gate.client(), "exports", expiry=timedelta(hours=25))
    yield gate
    gate.stop()


@pytest.fixture
def store(gate):
    return S3ObjectStore(gate.client(), "exports", part_bytes=PART)


def put(store, body, key=KEY):
    upload = store.upload(key, content_type="text/csv; charset=utf-8", download_name="Příjmy.csv")
    upload.write(body)
    return upload.commit()


@pytest.mark.parametrize("size", [10, 2 * PART + 10])
def test_an_object_is_encrypted_and_says_what_it_is_and_how_to_save_it(gate, store, size):
    digest = put(store, b"x" * size)
    head = gate.client().head_object(Bucket="exports", Key=KEY)
    assert head["ServerSideEncryption"] == "AES256"
    assert head["ContentType"] == "text/csv; charset=utf-8"
    assert head["ContentLength"] == size
    assert head["ContentDisposition"] == ("attachment; filename=\"P__jmy.csv\"; filename*=UTF-8''P%C5%99%C3%ADjmy.csv")
    assert head["Metadata"] == ({"sha256": digest} if size < PART else {})


def test_a_small_file_is_one_request(gate, store):
    gate.requests.clear()
    put(store, b"x" * (PART - 1))
    assert [method for method, _ in gate.requests] == ["PUT"]


def test_more_objects_than_one_page_are_all_listed(gate, store):
    client = gate.client()
    keys = [f"exports/user/job/1/{number}.csv" for number in range(1_010)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda key: client.put_object(Bucket="exports", Key=key, Body=b""), keys))
    assert sorted(key for key, _ in store.keys("exports/")) == sorted(keys)


def test_a_plain_name_needs_no_second_form():
    assert content_disposition("a-1.csv") == 'attachment; filename="a-1.csv"'


def test_a_signed_url_gives_the_bytes_for_an_hour_and_no_longer(gate, store):
    digest = put(store, b"a,b\r\n" * 1000)
    url = store.presign(KEY, valid=timedelta(hours=1))
    assert sha256(httpx.get(url).content) == digest
    gate.now = lambda: datetime.now(UTC) + timedelta(minutes=59)
    assert httpx.get(url).status_code == 200
    gate.now = lambda: datetime.now(UTC) + timedelta(minutes=61)
    assert httpx.get(url).status_code == 403


@pytest.mark.parametrize(
    ("old", "new"), [("/1/", "/2/"), ("X-Amz-Expires=3600", "X-Amz-Expires=360000"), ("AKIATEST", "AKIAFAKE")]
)
def test_a_url_that_was_tampered_with_is_refused(store, old, new):
    put(store, b"x")
    url = store.presign(KEY, valid=timedelta(hours=1))
    assert httpx.get(url.replace(old, new)).status_code == 403


def test_a_url_is_signed_with_version_4(store):
    assert "X-Amz-Algorithm=AWS4-HMAC-SHA256" in store.presign(KEY, valid=timedelta(hours=1))


def unfinished(gate):
    return gate.client().list_multipart_uploads(Bucket="exports").get("Uploads", [])


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (503, "SlowDown", ObjectStoreUnavailable),
        (403, "AccessDenied", ObjectStoreMisconfigured),
        (403, "ExpiredToken", ObjectStoreMisconfigured),
        (404, "NoSuchUpload", ObjectStoreUnavailable),
    ],
)
def test_a_part_that_is_refused_fails_the_upload_and_leaves_nothing(gate, store, status, code, error):
    gate.refuse = lambda method, query: (status, code) if method == "PUT" and "partNumber=2" in query else None
    upload = store.upload(KEY, content_type="text/csv", download_name="x.csv")
    with pytest.raises(error):
        upload.write(b"x" * 12 * PART)
    upload.abort()
    assert unfinished(gate) == []
    assert list(store.keys("exports/")) == []


def test_a_refused_end_publishes_nothing(gate, store):
    gate.refuse = lambda method, query: (500, "InternalError") if method == "POST" and "uploadId" in query else None
    upload = store.upload(KEY, content_type="text/csv", download_name="x.csv")
    upload.write(b"x" * (PART + 1))
    with pytest.raises(ObjectStoreUnavailable):
        upload.commit()
    upload.abort()
    assert unfinished(gate) == []
    assert list(store.keys("exports/")) == []


def test_an_abort_that_cannot_be_told_raises_nothing(gate, store):
    upload = store.upload(KEY, content_type="text/csv", download_name="x.csv")
    upload.write(b"x" * (PART + 1))
    gate.refuse = lambda _method, _query: (503, "SlowDown")
    upload.abort()
    gate.refuse = lambda _method, _query: None
    assert len(unfinished(gate)) == 1
    assert store.abort_uploads("exports/", started_before=datetime.now(UTC) + timedelta(hours=1)) == 1


def test_a_store_that_is_not_there_is_noticed_within_seconds():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    client = make_s3_client(region="us-east-1", endpoint_url=f"http://127.0.0.1:{port}", access_key="a", secret_key="b")
    began = time.monotonic()
    with pytest.raises(ObjectStoreUnavailable):
        S3ObjectStore(client, "exports").ping()
    assert time.monotonic() - began < 8


def test_a_wrong_secret_or_a_missing_bucket_is_told_from_an_outage(gate):
    with pytest.raises(ObjectStoreMisconfigured):
        S3ObjectStore(gate.client(secret_key="wrong"), "exports").ping()
    with pytest.raises(ObjectStoreMisconfigured, match="setup-bucket"):
        put(S3ObjectStore(gate.client(), "nowhere"), b"x")


def test_the_bucket_deletes_by_age_in_whole_days_and_keeps_the_rules_of_others(gate):
    client = gate.client()
    other = {"ID": "theirs", "Status": "Enabled", "Filter": {"Prefix": "logs/"}, "Expiration": {"Days": 7}}
    client.put_bucket_lifecycle_configuration(Bucket="exports", LifecycleConfiguration={"Rules": [other]})
    assert setup_bucket(client, "exports", expiry=timedelta(hours=25)) is None
    assert setup_bucket(client, "exports", expiry=timedelta(hours=25)) is None
    rules = {rule["ID"]: rule for rule in client.get_bucket_lifecycle_configuration(Bucket="exports")["Rules"]}
    assert set(rules) == {"theirs", "exports-expiry", "exports-unfinished-uploads"}
    assert rules["exports-expiry"]["Expiration"]["Days"] == 2
    assert rules["exports-expiry"]["Filter"]["Prefix"] == "exports/"
    assert rules["exports-unfinished-uploads"]["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"] == 1


@pytest.mark.parametrize(("status", "code"), [(409, "BucketAlreadyOwnedByYou"), (501, "NotImplemented")])
def test_a_server_without_lifecycle_rules_is_no_failure(gate, status, code):
    gate.refuse = lambda method, query: (status, code) if method == "PUT" and "lifecycle" in query else None
    assert code in setup_bucket(gate.client(), "exports", expiry=timedelta(hours=24))


def test_the_gate_refuses_what_is_not_signed(gate, store):
    put(store, b"x")
    assert httpx.get(f"{gate.url}/exports/?list-type=2").status_code == 403


def test_a_completion_whose_answer_is_lost_is_a_completion(gate, store):
    lost = []

    def refuse(method, query):
        if method == "POST" and "uploadId" in query and not lost:
            lost.append(query)
            upload_id = query.partition("uploadId=")[2]
            listed = gate.client().list_parts(Bucket="exports", Key=KEY, UploadId=upload_id)["Parts"]
            parts = [{"PartNumber": part["PartNumber"], "ETag": part["ETag"]} for part in listed]
            gate.client().complete_multipart_upload(
                Bucket="exports", Key=KEY, UploadId=upload_id, MultipartUpload={"Parts": parts}
            )
            return 500, "InternalError"
        return None

    gate.refuse = refuse
    body = b"x" * (2 * PART + 10)
    assert put(store, body) == sha256(body)
    assert gate.client().head_object(Bucket="exports", Key=KEY)["ContentLength"] == len(body)
    assert len(lost) == 1


def test_whoever_commits_hears_ticks_while_the_store_takes_its_time(gate, store):
    ticks = []

    def refuse(method, _query):
        if method == "PUT":
            time.sleep(0.5)

    gate.refuse = refuse
    upload = store.upload(KEY, content_type="text/csv", download_name="a.csv")
    upload.write(b"x")
    upload.commit(tick=lambda: ticks.append(time.monotonic()))
    assert len(ticks) >= 2
