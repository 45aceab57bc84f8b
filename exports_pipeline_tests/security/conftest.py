"""A small bank over a real DuckDB, behind the API, whose people try what they should not."""

import logging

import pytest
import structlog
from sqlalchemy import text

from exports_api.app import create_app
from exports_pipeline.core.catalog import Catalog, TimeColumn
from exports_pipeline.settings import Settings
from exports_pipeline_tests.api_client import SECRET
from exports_pipeline_tests.every_table import EMPTIED, fill_every_table
from exports_pipeline_tests.fakes.ports import fake_ports

BOOKINGS = """SELECT * FROM (VALUES
  ('ann', 1, 'food', ['shop', 'card'], DATE '2026-01-01', 10.50),
  ('ann', 2, 'rent', ['home'], DATE '2026-01-02', 900.00),
  ('bob', 3, 'wine', ['bobs secret'], DATE '2026-01-03', 66.60)
) AS t(who, account, kind, labels, booked_on, amount)"""


@pytest.fixture(autouse=True)
def quiet():
    """No log on standard output, which belongs to what a test looks at."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.reset_defaults()


@pytest.fixture
def catalog(tables):
    """One table as three datasets, filtered by numbers, by text and by lists of text."""
    day = TimeColumn(column="booked_on")
    return Catalog(
        (
            tables.dataset(BOOKINGS, name="bookings", owner="who", account="account", tag="kind", time=day),
            tables.dataset(BOOKINGS, name="labelled", owner="who", account="kind", tag="labels", time=day),
        )
    )


@pytest.fixture
def ports(tables, catalog):
    return fake_ports(catalog=catalog, warehouse=tables.warehouse)


@pytest.fixture
def app(ports, tmp_path):
    return create_app(ports, Settings(home=tmp_path, jwt_secret=SECRET), dispatch_soon=lambda: None)


@pytest.fixture
def bobs(engine):
    """The ids of a done and of a waiting job of Bob's, who has something in every table; Ann is only known."""
    with engine.begin() as connection:
        connection.execute(text(EMPTIED))
    found = fill_every_table(engine)
    yield found
    with engine.begin() as connection:
        connection.execute(text(EMPTIED))
        months = text("SELECT relid::regclass FROM pg_partition_tree('analytics_events') WHERE isleaf")
        for month in connection.execute(months).scalars().all():
            connection.execute(text(f"DROP TABLE {month}"))
