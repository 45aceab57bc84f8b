"""What looking at an export costs the ledger: one statement, sent alone, whatever the job's status."""

import asyncio
from dataclasses import replace
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import event

from exports_api.app import create_app
from exports_api.shared_looks import SharedLooks
from exports_pipeline.adapters.acting import NOBODY, who_acts
from exports_pipeline.adapters.job_store import PostgresJobStore
from exports_pipeline.adapters.key_store import PostgresKeyStore
from exports_pipeline.adapters.user_store import PostgresUserStore
from exports_pipeline.core.catalog import user_id
from exports_pipeline.core.errors import LedgerUnavailable
from exports_pipeline.core.lifecycle import Status
from exports_pipeline.core.refusals import QueryTooLarge
from exports_pipeline_tests.api_client import EXPORTS, ApiClient
from exports_pipeline_tests.builders import entry, new_job, stored_file
from exports_pipeline_tests.fakes.clock import NOON
from exports_pipeline_tests.fakes.ports import fake_ports


@pytest.fixture
def store(engine):
    return PostgresJobStore(engine)


@pytest.fixture
def api(store, settings):
    return create_app(replace(fake_ports(), jobs=store), settings, dispatch_soon=lambda: None)


@pytest.fixture
def statements(engine, store):
    """Whatever is sent to Postgres while a test looks, pings and the frames of transactions included."""
    store.get(uuid4())  # the connection is there
    sent = []

    def note(_connection, cursor, statement, *_):
        sent.append((statement, cursor.connection.autocommit))

    event.listen(engine, "before_cursor_execute", note)
    engine.dialect.do_ping = lambda _connection: sent.append(("ping", None)) or True
    yield sent
    event.remove(engine, "before_cursor_execute", note)


def add(store, **changes):
    job = new_job("ann", **changes)
    store.add(job, entry(job))
    return job.id


def settled(store, status):
    job_id = add(store)
    if status is not Status.PENDING:
        store.claim(job_id, 1, run_id="r", now=NOON)
    if status is Status.COMPLETED:
        store.complete(job_id, 1, stored_file(), now=NOON, expires_at=NOON, recipients=[])
    if status is Status.FAILED:
        store.fail(job_id, 1, QueryTooLarge(), now=NOON)
    return job_id


@pytest.mark.parametrize("status", [Status.PENDING, Status.RUNNING, Status.COMPLETED, Status.FAILED])
def test_a_status_read_is_one_statement_without_a_transaction(api, store, statements, status):
    job_id = settled(store, status)
    statements.clear()
    answer = ApiClient(api).get(f"{EXPORTS}/{job_id}")
    assert (answer.json()["status"], answer.json()["queue_position"]) == (status, 1 if status == "pending" else None)
    assert [is_alone for _, is_alone in statements] == [True]


def test_a_status_read_with_a_key_is_one_statement_too(store, settings, engine, statements):
    keys, users = PostgresKeyStore(engine), PostgresUserStore(engine)
    ports = replace(fake_ports(), jobs=store, keys=keys, users=users)
    api = create_app(ports, settings, dispatch_soon=lambda: None, note_soon=lambda: None)
    key = ApiClient(api).post("/api/analytics/keys", json={"name": "load"}).json()["key"]
    job_id, client = add(store), ApiClient(api, token=key)
    assert client.get(f"{EXPORTS}/{job_id}").status_code == 200
    statements.clear()
    for _ in range(3):
        assert client.get(f"{EXPORTS}/{job_id}").status_code == 200
    assert len(statements) == 3


def test_reads_at_the_same_time_share_their_statements(api, store, statements):
    jobs = [add(store, minutes=minutes) for minutes in range(20)]
    statements.clear()
    client = ApiClient(api)

    async def look():
        async with httpx.AsyncClient(transport=httpx.ASGITransport(api), base_url="http://api.test") as http:
            return await asyncio.gather(*(http.get(f"{EXPORTS}/{job}", headers=client.headers) for job in jobs))

    answers = asyncio.run(look())
    assert [answer.json()["queue_position"] for answer in answers] == list(range(1, 21))
    assert len(statements) < len(jobs)


def test_nobody_sees_the_job_of_somebody_who_looks_at_the_same_time(api, store):
    job_id = add(store)
    bob, ann = ApiClient(api, user="bob"), ApiClient(api)

    async def look():
        async with httpx.AsyncClient(transport=httpx.ASGITransport(api), base_url="http://api.test") as http:
            asked = (http.get(f"{EXPORTS}/{job_id}", headers=each.headers) for each in (ann, bob, ann))
            return await asyncio.gather(*asked)

    assert [answer.status_code for answer in asyncio.run(look())] == [200, 404, 200]


def test_whoever_looks_together_acts_together_and_no_right_is_lent(settings):
    acted = []

    class Noted(type(fake_ports().jobs)):
        def look(self, job_ids, *, slots):
            acted.append(who_acts())
            return super().look(job_ids, slots=slots)

    api = create_app(fake_ports(jobs=Noted()), settings, dispatch_soon=lambda: None)
    people = [ApiClient(api), ApiClient(api, user="bob"), ApiClient(api, user="root", permissions=("MANAGE_EXPORTS",))]

    async def look():
        async with httpx.AsyncClient(transport=httpx.ASGITransport(api), base_url="http://api.test") as http:
            asked = (http.get(f"{EXPORTS}/{uuid4()}", headers=each.headers) for each in people * 3)
            return await asyncio.gather(*asked)

    asyncio.run(look())
    managing = [each for each in acted if "MANAGE_EXPORTS" in each.permissions]
    assert {each.users for each in managing} == {frozenset({user_id("root")})}
    assert frozenset().union(*(each.users for each in acted if each not in managing)) == {
        user_id("ann"),
        user_id("bob"),
    }
    assert len(acted) < len(people) * 3
    assert who_acts() == NOBODY


def test_an_id_in_capitals_is_the_same_job_and_what_is_no_id_is_not_found(api, store):
    job_id = str(add(store))
    assert ApiClient(api).get(f"{EXPORTS}/{job_id.upper()}").json()["job_id"] == job_id
    assert ApiClient(api).get(f"{EXPORTS}/{'g' * 36}").status_code == 404


def test_refusals_read_alike_however_an_id_is_spelt(api, store):
    job_id = str(add(store))
    for client in (ApiClient(api, user="bob"), ApiClient(api, user="bob", permissions=("EXPORT_ALL",))):
        ours, theirs = (client.get(f"{EXPORTS}/{spelt}") for spelt in (job_id, job_id.upper()))
        assert (ours.status_code, ours.headers["content-type"]) == (404, "application/problem+json")
        assert without_request(ours) == without_request(theirs)
    ours, theirs = (ApiClient(api).get(f"{EXPORTS}/{spelt}", anonymous=True) for spelt in (job_id, job_id.upper()))
    assert (ours.status_code, ours.headers["www-authenticate"]) == (401, theirs.headers["www-authenticate"])
    assert without_request(ours) == without_request(theirs)


def without_request(answer):
    """What a problem says, but for the request it answers."""
    return {name: value for name, value in answer.json().items() if name not in {"instance", "request_id"}}


def test_a_look_begins_after_it_was_asked_for():
    begun, asked = [], []

    def look(job_ids):
        begun.append(list(job_ids))
        return {}

    async def ask():
        looks = SharedLooks(look)
        for _ in range(3):
            job_id = uuid4()
            asked.append(job_id)
            assert await looks.look(job_id) is None

    asyncio.run(ask())
    assert begun == [[job_id] for job_id in asked]


def test_a_ledger_that_is_away_is_told_to_everybody_who_looked():
    def look(_job_ids):
        raise LedgerUnavailable

    async def ask():
        looks = SharedLooks(look)
        return await asyncio.gather(*(looks.look(uuid4()) for _ in range(5)), return_exceptions=True)

    assert {type(each) for each in asyncio.run(ask())} == {LedgerUnavailable}


def test_a_client_that_leaves_takes_nobodys_answer_away():
    async def ask():
        looks = SharedLooks(lambda job_ids: dict.fromkeys(job_ids, "seen"))
        job_id = uuid4()
        leaving, staying = (asyncio.create_task(looks.look(job_id)) for _ in range(2))
        await asyncio.sleep(0)
        leaving.cancel()
        return await staying

    assert asyncio.run(ask()) == "seen"
