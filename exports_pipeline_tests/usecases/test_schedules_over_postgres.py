"""Schedules over rows of Postgres: sent when something has changed, with the rows of their owner."""

from dataclasses import replace
from datetime import timedelta

import pytest

from exports_pipeline.adapters.duckdb_instance import DuckDbLimits
from exports_pipeline.adapters.kept_rows import DuckDbKeptRows
from exports_pipeline.core.catalog import Catalog
from exports_pipeline.core.schedule import WindowState
from exports_pipeline.core.scheduled_window import Condition
from exports_pipeline_tests.fakes.ports import fake_ports
from exports_pipeline_tests.postgres_tables import all_sources
from exports_pipeline_tests.ticking import added, run_all, ticked, windows


@pytest.fixture
def ports(tables, postgres_tables):
    types = {"seller": "VARCHAR", "amount": "DECIMAL(38,9)"}
    dataset = postgres_tables.dataset("sales", types, [["ann", "1.5"], ["bob", "2"]], owner="seller")
    ports = fake_ports(
        catalog=Catalog((dataset,)),
        warehouse=all_sources(tables, postgres_tables),
        kept=DuckDbKeptRows(DuckDbLimits()),
    )
    return replace(ports, limits=replace(ports.limits, schedule_spread=timedelta(0)))


def test_a_result_goes_out_when_rows_of_its_owner_have_changed(ports, postgres_tables):
    schedule = added(ports, condition=Condition.CHANGED)
    changes = ("SELECT 1", "SELECT 1", "UPDATE sales SET amount = 3 WHERE seller = 'bob'", "DELETE FROM sales")
    for change in changes:
        postgres_tables.run(change)
        ticked(ports)
        run_all(ports)
    ends = windows(ports, schedule)
    assert [state for state, _ in ends] == [
        WindowState.RAN,
        WindowState.SKIPPED,
        WindowState.SKIPPED,
        WindowState.RAN,
    ]
