"""The chain of the audit log: nothing can be changed in it, and whatever a superuser changes is found and named."""

import threading

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from exports_pipeline.adapters.audit_log import write_entry
from exports_pipeline.adapters.postgres import make_engine
from exports_pipeline.core.audit_chain import BEGINNING
from exports_pipeline.core.errors import AuditLogDamaged
from exports_pipeline.core.ledger import AuditEntry
from exports_pipeline_tests.audit_trail import Trail
from exports_pipeline_tests.builders import requester
from exports_pipeline_tests.fakes.clock import NOON

ENTRIES = 12
TABLES = ("audit_log", "audit_log_default", "audit_seals", "audit_anchors")


@pytest.fixture(scope="module")
def patient(migrated):
    engine = make_engine(migrated, pool_size=1, is_patient=True)
    yield engine
    engine.dispose()


@pytest.fixture
def trail(engine, patient):
    return Trail(engine, patient)


def test_a_log_that_nobody_touched_is_whole(trail):
    assert trail.verify().is_whole
    trail.write(3)
    assert (trail.verify().entries, trail.verify().pending) == (0, 3)
    trail.sign()
    found = trail.verify()
    assert (found.is_whole, found.entries, found.pending, found.heads, found.last) == (True, 3, 0, 1, 3)


def test_each_seal_carries_the_hash_before_and_entries_their_origin(trail):
    trail.write(2)
    trail.chain.seal()
    first, second = trail.ask("SELECT previous_hash, hash FROM audit_seals ORDER BY sequence")
    assert (first.previous_hash, second.previous_hash) == (BEGINNING, first.hash)
    entry = trail.ask("SELECT * FROM audit_log ORDER BY id")[0]
    assert (entry.request_id, entry.address, entry.agent) == ("r-1", "203.0.113.7", "curl/8")
    assert (entry.details, entry.personal) == ({"fields": ["cron"]}, {"details": {"address": "ann@example.com"}})


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("how", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {}"])
def test_even_the_owner_can_change_nothing(trail, table, how):
    trail.write(1)
    trail.chain.seal()
    trail.attack("INSERT INTO audit_anchors VALUES ('2020-01-01', 0, '', 0, now())")
    if table == "audit_log_default" and how != "TRUNCATE {}":
        trail.write(1, at=NOON.replace(year=1999))
    column = {"audit_seals": "sequence", "audit_anchors": "sequence"}.get(table, "action")
    with pytest.raises(DBAPIError, match="append-only"), trail.engine.begin() as connection:
        connection.execute(text(how.format(table, column, column)))


def test_a_writers_role_can_append_and_nothing_else(trail, migrated):
    trail.write(1)
    trail.attack(
        "DROP ROLE IF EXISTS audit_writer",
        "CREATE ROLE audit_writer",
        "GRANT INSERT ON audit_log TO audit_writer",
        "CREATE POLICY writes ON audit_log FOR INSERT TO audit_writer WITH CHECK (true)",
    )
    refused = [
        "SELECT id FROM audit_log",
        "UPDATE audit_log SET action = 'x'",
        "DELETE FROM audit_unsealed",
        "INSERT INTO audit_seals VALUES (9, 9, now(), '', '', '')",
        "SELECT seal_audit_log(1)",
        "SELECT erase_audit_person(gen_random_uuid(), gen_random_uuid(), now())",
        "SELECT drop_audit_month('2020-01-01', now())",
        "INSERT INTO audit_log_default (at, actor, action) VALUES (now(), gen_random_uuid(), 'x')",
    ]
    with psycopg.connect(migrated, autocommit=True) as connection:
        connection.execute("SET ROLE audit_writer")
        connection.execute("INSERT INTO audit_log (id, at, actor, action) VALUES (-1, now(), gen_random_uuid(), 'x')")
        for statement in refused:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)
    trail.attack("DROP OWNED BY audit_writer", "DROP ROLE audit_writer")
    trail.chain.seal()
    assert trail.ask("SELECT min(id) AS least FROM audit_log")[0].least > 0
    assert trail.verify().is_whole


MUTATIONS = {
    "edit": "UPDATE audit_log SET {column} WHERE id = :n",
    "remove": "DELETE FROM audit_log WHERE id = :n",
    "remove_with_seal": "DELETE FROM audit_log WHERE id = :n; DELETE FROM audit_seals WHERE entry_id = :n",
    "insert": "INSERT INTO audit_log (id, at, actor, action, personal_digest, salt) "
    "SELECT 900, at, actor, 'key.created', personal_digest, salt FROM audit_log WHERE id = :n",
    "edit_seal": "UPDATE audit_seals SET {seal} WHERE sequence = :n",
    "reorder": "UPDATE audit_seals SET sequence = -1 WHERE sequence = :n; "
    "UPDATE audit_seals SET sequence = :n WHERE sequence = :m; "
    "UPDATE audit_seals SET sequence = :m WHERE sequence = -1",
    "exchange": "UPDATE audit_log SET id = -1 WHERE id = :n; "
    "UPDATE audit_log SET id = :n WHERE id = :m; UPDATE audit_log SET id = :m WHERE id = -1",
    "truncate_tail": "DELETE FROM audit_log WHERE id >= :n; DELETE FROM audit_seals WHERE sequence >= :n",
}
COLUMNS = [
    "action = 'x'",
    "actor = gen_random_uuid()",
    "outcome = 'refused'",
    "after = NULL",
    "details = '{}'",
    "at = at + interval '1 microsecond'",
    "request_id = ''",
    "address = '10.0.0.1'",
    "salt = NULL",
    "address = NULL, agent = NULL, personal = NULL, salt = NULL",
    "personal_digest = sha256('')",
]
SEALS = ["digest = sha256('')", "hash = sha256('')", "previous_hash = sha256('')", "at = now()", "entry_id = 901"]


@pytest.fixture
def signed(trail):
    trail.write(ENTRIES // 2)
    trail.sign()
    trail.write(ENTRIES - ENTRIES // 2, actor="bob")
    trail.sign()
    assert trail.flaws() == set()
    return trail


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kind=st.sampled_from(sorted(MUTATIONS)),
    n=st.integers(1, ENTRIES),
    step=st.integers(1, ENTRIES - 1),
    column=st.sampled_from(COLUMNS),
    seal=st.sampled_from(SEALS),
)
def test_any_mutation_by_a_superuser_is_found_and_named(signed, kind, n, step, column, seal):
    m = (n - 1 + step) % ENTRIES + 1
    flaws = signed.flaws_after(*MUTATIONS[kind].format(column=column, seal=seal).split("; "), n=n, m=m)
    entries, places = {entry for _, _, entry in flaws}, {place for flaw, place, _ in flaws if flaw != "rewritten"}
    if kind == "insert":
        assert flaws == {("inserted", None, 900)}
    elif kind == "remove_with_seal" and n < ENTRIES:
        assert ("removed", n, None) in flaws
    elif kind in {"truncate_tail", "remove_with_seal"}:
        assert ("tail_removed", n, None) in flaws
    elif kind == "reorder":
        assert {("reordered", n, m), ("reordered", m, n)} <= flaws
    elif kind == "exchange":
        assert {n, m} <= entries
    else:
        assert n in entries or n in places
        assert {place for place in places if place} <= {n, n + 1}


def test_a_chain_made_anew_is_found_by_the_heads(trail):
    trail.write(4)
    trail.sign()
    trail.write(4)
    trail.sign()
    trail.attack(
        "UPDATE audit_log SET action = 'x' WHERE id = 6",
        "DELETE FROM audit_seals WHERE sequence >= 6",
        "INSERT INTO audit_unsealed SELECT id, at FROM audit_log WHERE id >= 6",
    )
    assert trail.chain.seal() == 3
    assert trail.flaws() == {("rewritten", 5, None)}
    with pytest.raises(AuditLogDamaged, match="place 8"):
        trail.sign()


def test_heads_that_are_forged_or_gone_are_found(trail):
    for _ in range(4):
        trail.write(1)
        trail.sign()
        trail.clock.pause(3600)
    first, second, third, _ = sorted(trail.heads.kept)
    trail.heads.kept[third] = trail.heads.kept[third].replace(b'"sequence": 3', b'"sequence": 2')
    assert [str(each.flaw) for each in trail.verify().findings] == ["head_forged"]
    del trail.heads.kept[second], trail.heads.kept[third]
    assert [str(each.flaw) for each in trail.verify().findings] == ["head_removed"]
    assert first in trail.heads.kept


def test_an_entry_removed_before_it_was_sealed_is_named(trail):
    trail.write(3)
    trail.attack("DELETE FROM audit_log WHERE id = 2")
    trail.chain.seal()
    trail.chain.seal()
    assert trail.flaws() == {("removed_unsealed", None, 2)}


def test_the_personal_part_can_be_erased_and_the_chain_still_verifies(trail):
    trail.write(3)
    trail.write(2, actor="bob")
    trail.sign()
    ann = requester("ann").user_id
    assert trail.chain.erase_person(ann, by=requester("root").user_id, now=NOON) == 3
    trail.chain.seal()
    found = trail.verify()
    assert (found.is_whole, found.erased, found.entries) == (True, 3, 6)
    kept = trail.ask("SELECT * FROM audit_log WHERE actor = :ann", ann=ann)
    assert {(each.address, each.agent, each.personal, each.salt) for each in kept} == {(None, None, None, None)}
    assert "example.com" not in str(kept)


def test_months_are_made_ahead_and_dropped_behind_an_anchor(trail):
    old, new = NOON.replace(year=2015, month=1, day=31), NOON.replace(year=2015, month=3)
    trail.write(2, at=old)
    trail.chain.make_months([old.date().replace(day=1), new.date().replace(day=1)])
    trail.write(2, at=new)
    trail.write(1, at=old)
    trail.write(1, at=new)
    trail.sign()
    assert trail.ask("SELECT count(*) AS count FROM audit_log_default")[0].count == 0
    assert trail.chain.drop_month(old.date().replace(day=1), now=NOON) == 3
    trail.sign()
    found = trail.verify()
    assert (found.findings, found.first, found.entries, found.expired, found.dropped) == ((), 3, 5, 1, 3)
    trail.attack("DELETE FROM audit_log WHERE action = 'audit.month_dropped'")
    assert {flaw for flaw, *_ in trail.flaws()} == {"drop_unnoted", "removed"}
    trail.attack("DROP TABLE audit_log_2015_03")


def test_a_part_of_the_time_is_verified_by_itself(trail):
    trail.write(5, at=NOON)
    trail.write(5, at=NOON.replace(hour=15))
    trail.sign()
    trail.attack("UPDATE audit_log SET action = 'x' WHERE id = 2")
    assert trail.verify(since=NOON.replace(hour=14)).is_whole
    found = trail.verify(until=NOON.replace(hour=14))
    assert (found.entries, [each.entry_id for each in found.findings]) == (5, [2])


def test_writers_and_sealers_at_once_leave_one_chain(trail):
    def write(actor):
        for place in range(40):
            with trail.engine.connect() as connection:
                entry = AuditEntry(at=NOON, actor=requester(actor).user_id, action="x.done", details={"n": place})
                write_entry(connection, entry)
                if place % 4:
                    connection.commit()
                else:
                    connection.rollback()
            trail.chain.seal()

    threads = [threading.Thread(target=write, args=(name,)) for name in ("ann", "bob", "cid")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    trail.sign()
    found = trail.verify()
    assert (found.is_whole, found.entries, found.pending) == (True, 90, 0)
