"""A signed link opens one object, by GET, for its hour; whoever changes a letter of it has nothing."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import httpx
import pytest

from exports_pipeline.adapters.object_store import S3ObjectStore

MINE, THEIRS = "exports/ann/j1/1/mine.csv", "exports/bob/j2/1/theirs.csv"
HOUR = timedelta(hours=1)


@pytest.fixture
def store(gate):
    store = S3ObjectStore(gate.client(), "exports")
    for key in (MINE, THEIRS):
        upload = store.upload(key, content_type="text/csv", download_name="x.csv")
        upload.write(key.encode())
        upload.commit()
    return store


@pytest.fixture
def link(store):
    return store.presign(MINE, valid=HOUR)


def changed(link, *, path=None, drop=(), **query):
    parts = urlsplit(link)
    old = {name: value for name, value in parse_qsl(parts.query) if name not in drop}
    new = urlencode(old | {name.replace("_", "-"): value for name, value in query.items()})
    return urlunsplit(parts._replace(path=path or parts.path, query=new))


def test_the_link_itself_opens_its_object_and_its_query_opens_no_other(link):
    assert httpx.get(link).text == MINE
    for path in (f"/exports/{THEIRS}", "/exports/", "/", f"/other/{MINE}", f"/exports/{MINE}/../{THEIRS}"):
        assert httpx.get(changed(link, path=path)).status_code == 403


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE", "HEAD"])
def test_a_link_to_read_changes_nothing(link, store, method):
    assert httpx.request(method, link, content=b"x" if method in {"PUT", "POST"} else None).status_code == 403
    assert [key for key, _ in store.keys("exports/")] == [MINE, THEIRS]
    assert httpx.get(link).text == MINE


def test_nothing_can_be_added_to_a_link_or_taken_from_it(link):
    later = (datetime.now(UTC) + HOUR).strftime("%Y%m%dT%H%M%SZ")
    for other in (
        changed(link, X_Amz_Expires="604800"),
        changed(link, X_Amz_Date=later),
        changed(link, response_content_disposition='attachment; filename="evil.exe"'),
        changed(link, response_content_type="text/html"),
        changed(link, versionId="null"),
        changed(link, acl=""),
        changed(link, X_Amz_Signature="0" * 64),
        changed(link, drop=("X-Amz-Signature",)),
        changed(link, drop=tuple(name for name, _ in parse_qsl(urlsplit(link).query))),
    ):
        assert httpx.get(other).status_code == 403


def test_a_link_is_dead_after_its_hour_and_after_its_object(gate, link, store):
    gate.now = lambda: datetime.now(UTC) + HOUR + timedelta(seconds=5)
    assert httpx.get(link).status_code == 403
    gate.now = lambda: datetime.now(UTC)
    store.delete(MINE)
    assert httpx.get(link).status_code == 404


def test_links_of_two_objects_share_no_signature(store, link):
    one, two = (dict(parse_qsl(urlsplit(each).query)) for each in (link, store.presign(THEIRS, valid=HOUR)))
    assert one["X-Amz-Signature"] != two["X-Amz-Signature"]
    swapped = changed(link, path=f"/exports/{THEIRS}", X_Amz_Signature=one["X-Amz-Signature"])
    assert httpx.get(swapped).status_code == 403
