import time

import duckdb
import pytest

from exports_pipeline.adapters.watched_query import watch_answer
from exports_pipeline.core.errors import LostClaim, QueryFailed

ENDLESS = "SELECT count(*) FROM range(10000000) AS a CROSS JOIN range(1000000) AS b WHERE hash(a.range, b.range) = 1"


@pytest.fixture
def connection():
    with duckdb.connect() as connection:
        yield connection


def test_a_query_without_a_first_row_is_ticked_and_stopped_by_what_the_tick_raises(connection):
    ticks = []

    def tick():
        ticks.append(time.monotonic())
        if len(ticks) == 3:
            raise LostClaim

    with pytest.raises(LostClaim):
        watch_answer(lambda: connection.execute(ENDLESS).fetchall(), connection, tick=tick)
    assert time.monotonic() - ticks[-1] < 2
    assert connection.execute("SELECT 1").fetchall() == [(1,)]


def test_an_answer_comes_back_and_an_error_is_translated(connection):
    ask = connection.execute
    assert watch_answer(lambda: ask("SELECT 42").fetchall(), connection, tick=lambda: None) == [(42,)]
    with pytest.raises(QueryFailed):
        watch_answer(lambda: ask("SELECT CAST('x' AS INTEGER)").fetchall(), connection, tick=lambda: None)
