"""Sketches of many customers that were stored out of line stand in their rows when the tables are migrated."""

from sqlalchemy import text

from exports_pipeline.adapters.customer_count import customers_in
from exports_pipeline.adapters.customer_sketch import sketch_of
from exports_pipeline.adapters.migrations import downgrade, migrate

BEFORE = "0026_keep_labels_of_jobs"
PUT = text("""
    INSERT INTO metric_rollups (tenant, metric, granularity, bucket, dimensions, count, sketch)
    VALUES ('acme', 'customers', 'day', :day, '{}', 5000, :sketch)""")
OUT_OF_LINE = text("SELECT reltoastrelid::regclass::text FROM pg_class WHERE relname = 'metric_rollups'")


def out_of_line(connection):
    table = connection.execute(OUT_OF_LINE).scalar_one()
    return connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()


def test_no_sketch_is_out_of_line_after_it(events_engine, events_migrated):
    downgrade(events_migrated, revision=BEFORE)
    with events_engine.begin() as connection:
        connection.execute(PUT, {"day": "2026-03-01", "sketch": sketch_of(map(str, range(5_000)))})
        assert out_of_line(connection) > 0
    migrate(events_migrated)
    with events_engine.begin() as connection:
        connection.execute(PUT, {"day": "2026-03-02", "sketch": sketch_of(map(str, range(5_000, 9_000)))})
        assert out_of_line(connection) == 0
        stored = (
            connection.execute(text("SELECT sketch FROM metric_rollups WHERE metric = 'customers'")).scalars().all()
        )
    assert 8_500 < customers_in(stored) < 9_500
