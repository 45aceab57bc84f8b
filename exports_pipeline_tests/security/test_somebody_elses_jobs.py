"""Another user's export jobs: every door answers as if they did not exist, and nothing happens to them."""

import json
from uuid import UUID, uuid4

import pytest

from exports_pipeline.core.requester import Permission
from exports_pipeline_tests.api_client import DATASETS, EXPORTS, ApiClient, run

OTHER = UUID(int=7)
HARMLESS = [permission for permission in Permission if permission is not Permission.MANAGE_EXPORTS]


@pytest.fixture
def pending(ann):
    return ann.export(dataset_id="bookings").json()["job_id"]


@pytest.fixture
def completed(ann, ports):
    job_id = ann.export(dataset_id="bookings").json()["job_id"]
    run(ports, job_id)
    return job_id


def doors(app):
    """Method and path of every route that names an export job."""
    paths = app.openapi()["paths"].items()
    return [(method.upper(), path) for path, verbs in paths for method in verbs if "{job_id}" in path]


def sent_to(path):
    """The body that a door does not open without."""
    bodies = {"renditions": {"format": "csv"}, "sharing": {"share_with": []}}
    body = bodies.get(path.rpartition("/")[2])
    return {"json": body} if body else {}


def test_every_door_to_a_job_is_tried_here(app):
    assert sorted(doors(app)) == [
        ("GET", f"{EXPORTS}/{{job_id}}"),
        ("GET", f"{EXPORTS}/{{job_id}}/deliveries"),
        ("GET", f"{EXPORTS}/{{job_id}}/download"),
        ("GET", f"{EXPORTS}/{{job_id}}/manifest"),
        ("GET", "/api/analytics/reports/{job_id}"),
        ("POST", f"{EXPORTS}/{{job_id}}/cancel"),
        ("POST", f"{EXPORTS}/{{job_id}}/deliveries/{{delivery_id}}/retry"),
        ("POST", f"{EXPORTS}/{{job_id}}/deliveries/{{delivery_id}}/revoke"),
        ("POST", f"{EXPORTS}/{{job_id}}/renditions"),
        ("POST", f"{EXPORTS}/{{job_id}}/retry"),
        ("PUT", f"{EXPORTS}/{{job_id}}/sharing"),
    ]


@pytest.mark.parametrize("permissions", [(), HARMLESS], ids=["none", "all but MANAGE_EXPORTS"])
def test_a_strangers_answer_does_not_tell_whether_the_job_exists(app, ports, pending, completed, permissions):
    bob = ApiClient(app, user="bob", permissions=permissions)
    before = dict(ports.jobs.jobs)
    for method, path in doors(app):
        for job_id in (pending, completed):
            other_id = str(uuid4())
            theirs = bob.call(method, path.format(job_id=job_id, delivery_id=OTHER), **sent_to(path))
            nobodys = bob.call(method, path.format(job_id=other_id, delivery_id=OTHER), **sent_to(path))
            assert theirs.status_code == nobodys.status_code == 404
            theirs_told, nobodys_told = (answer.json() | {"request_id": ""} for answer in (theirs, nobodys))
            assert json.dumps(theirs_told).replace(job_id, other_id) == json.dumps(nobodys_told)
            assert set(theirs.headers) == set(nobodys.headers)
    assert ports.jobs.jobs == before


def test_no_spelling_of_an_id_opens_the_door(app, bob, completed):
    plain = UUID(completed)
    spellings = [completed.upper(), plain.hex, f"%7B{completed}%7D", f"urn:uuid:{completed}", f"{completed}%00"]
    for method, path in doors(app):
        for each in (*spellings, f"../exports/{completed}", f"..%2Fexports%2F{completed}", f"{uuid4()}/../{completed}"):
            assert bob.call(method, path.format(job_id=each, delivery_id=OTHER), **sent_to(path)).status_code in {
                404,
                405,
            }


def test_a_list_and_its_cursors_show_ones_own_jobs(ann, bob, pending, completed):
    first = ann.get(f"{EXPORTS}?limit=1").json()
    assert first["next_cursor"]
    for query in ("", "?status=completed", f"?cursor={first['next_cursor']}", "?limit=200"):
        assert bob.get(EXPORTS + query).json()["items"] == []
    assert {pending, completed} == {each["job_id"] for each in ann.get(EXPORTS).json()["items"]}


def test_an_idempotency_key_of_somebody_else_gives_a_job_of_ones_own(ann, bob):
    body, key = {"dataset_id": "bookings", "format": "csv"}, {"Idempotency-Key": "monthly"}
    mine, theirs = (client.post(EXPORTS, json=body, headers=key).json()["job_id"] for client in (ann, bob))
    assert mine != theirs
    assert bob.get(f"{EXPORTS}/{mine}").status_code == 404


def test_filters_find_no_value_of_somebody_else(ann, bob):
    assert bob.get(f"{DATASETS}/bookings/values/tag").json()["items"] == ["wine"]
    assert ann.get(f"{DATASETS}/labelled/values/tag?prefix=bob").json()["items"] == []
    theirs = ann.export(dataset_id="labelled", tag_ids=["bobs secret"])
    nobodys = ann.export(dataset_id="labelled", tag_ids=["bobs secreu"])
    assert (theirs.status_code, theirs.json()["code"]) == (nobodys.status_code, nobodys.json()["code"])
    assert theirs.json()["detail"].replace("secret", "secreu") == nobodys.json()["detail"]


def test_the_file_of_a_user_lies_under_that_users_prefix(ports, completed):
    job = ports.jobs.get(UUID(completed))
    assert job.result.object_key.startswith(f"exports/{job.requester.user_id}/{completed}/1/")


def test_a_token_whose_user_is_named_like_a_path_stays_in_its_folder(app, ports):
    mallory = ApiClient(app, user="../../ann")
    job_id = mallory.export(dataset_id="bookings").json()["job_id"]
    run(ports, job_id)
    key = ports.jobs.get(UUID(job_id)).result.object_key
    assert (key.count("/"), ".." in key) == (4, False)


def test_who_manages_exports_gets_no_file_of_others_that_the_log_does_not_tell_of(app, ports, completed):
    manager = ApiClient(app, user="root", permissions=("MANAGE_EXPORTS",))
    listed = manager.get(f"{EXPORTS}?user=all").json()["items"]
    shown = manager.get(f"{EXPORTS}/{completed}").json()
    assert {each["download_url"] for each in [*listed, shown]} == {None}
    assert manager.get(f"{EXPORTS}/{completed}/download").status_code == 307
    entry = ports.audit.audit[-1]
    whose = ports.jobs.get(UUID(completed)).requester.user_id
    assert (entry.action, entry.subject, entry.actor == whose) == ("export.download_link", whose, False)
