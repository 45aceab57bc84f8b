"""Questions to Postgres that are asked at once go on by turns, in one thread."""

from functools import partial
from threading import Thread

import psycopg
import pytest
from sqlalchemy import text

from exports_pipeline.adapters import postgres_connection
from exports_pipeline.adapters.acting import Acting, act_as
from exports_pipeline.adapters.postgres import make_engine, reading, rows, transaction
from exports_pipeline.core.errors import LedgerUnavailable
from exports_pipeline.usecases.at_once import at_once, both

_WAIT = "SELECT pg_advisory_lock(4711), pg_advisory_unlock(4711)"


@pytest.fixture
def locked(migrated):
    """A connection that has a lock which `_WAIT` waits for."""
    with psycopg.connect(migrated, autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(4711)")
        yield other


def scalar(engine, statement):
    with reading(engine) as connection:
        return connection.execute(text(statement)).scalar_one()


def test_one_question_goes_on_while_postgres_makes_the_other_wait(engine, locked):
    told = []

    def waits():
        rows(engine, _WAIT, {})
        told.append("answered")

    def lets_go():
        told.append(scalar(engine, "SELECT 'asked'"))
        locked.execute("SELECT pg_advisory_unlock(4711)")

    both(waits, lets_go)
    assert told == ["asked", "answered"]


def test_many_large_answers_come_whole(engine):
    def large(place):
        asked = "SELECT n, convert_to(repeat(CAST(%(place)s AS text), 2000), 'UTF8') FROM generate_series(1, 300) AS n"
        return rows(engine, asked, {"place": place})

    for _ in range(20):
        assert at_once([partial(large, place) for place in range(4)]) == [
            [(n, str(place).encode() * 2000) for n in range(1, 301)] for place in range(4)
        ]


@pytest.mark.parametrize("place", [0, 1])
def test_an_error_of_one_leaves_the_other_and_the_connections_whole(engine, place):
    found = []
    questions = [lambda: found.append(scalar(engine, "SELECT 1"))] * 2
    questions[place] = lambda: rows(engine, "SELECT 1 / 0", {})
    with pytest.raises(psycopg.errors.DivisionByZero):
        both(*questions)
    assert found == [1]
    assert both(*[partial(scalar, engine, "SELECT 2")] * 2) == (2, 2)


def test_who_waits_too_long_is_given_up_and_the_other_is_answered(engine, locked, monkeypatch):
    monkeypatch.setattr(postgres_connection, "ANSWER_WITHIN_S", 0.5)
    found = []
    with pytest.raises(LedgerUnavailable):
        both(partial(rows, engine, _WAIT, {}), lambda: found.append(scalar(engine, "SELECT 1")))
    assert found == [1]
    with pytest.raises(LedgerUnavailable):
        both(*[partial(rows, engine, _WAIT, {})] * 2)
    assert scalar(engine, "SELECT 2") == 2


def test_connections_are_made_and_handed_out_without_giving_way(logins):
    """Each of a pool that is new; a walled one is told who acts before it is handed out."""
    tenant = "SELECT current_setting('exports.tenant')"
    for _ in range(5):
        walled = make_engine(logins("exports_api"), is_walled=True)
        act_as(Acting(tenant="ann"))
        try:
            assert at_once([partial(scalar, walled, tenant)] * 4) == ["ann"] * 4
        finally:
            act_as(Acting())
            walled.dispose()


def test_a_small_pool_lets_all_who_ask_several_questions_through(migrated):
    """Each holds a connection while another waits for one: as many as there are may not ask by turns."""
    engine, answered = make_engine(migrated, pool_size=5), []

    def asks():
        answered.extend(both(*[partial(scalar, engine, "SELECT 1 FROM pg_sleep(0.002)")] * 2) for _ in range(20))

    threads = [Thread(target=asks) for _ in range(25)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    engine.dispose()
    assert answered == [(1, 1)] * 500


def test_what_is_changed_in_a_transaction_waits_for_its_answers_itself(engine, locked):
    """A transaction may hold locks that the others wait for."""

    def changes():
        with transaction(engine) as connection:
            connection.exec_driver_sql("SET LOCAL statement_timeout = '200ms'")
            connection.exec_driver_sql(_WAIT)

    def never():
        locked.execute("SELECT pg_advisory_unlock(4711)")

    with pytest.raises(LedgerUnavailable):
        both(changes, never)
