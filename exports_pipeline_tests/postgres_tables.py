"""The same small tables in Postgres and in DuckDB, and datasets over both."""

from dataclasses import replace
from uuid import uuid4

import psycopg

from exports_pipeline.adapters.all_sources import AllSources
from exports_pipeline.adapters.postgres_warehouse import PostgresWarehouse
from exports_pipeline.core.catalog import Column, Dataset, DataSource
from exports_pipeline.writers.sql_text import identifier
from exports_pipeline_tests.tables import KEY

_POSTGRES = {
    "DOUBLE": "double precision",
    "HUGEINT": "numeric",
    "BLOB": "bytea",
    "TIMESTAMP WITH TIME ZONE": "timestamptz",
}


class PostgresTables:
    """A database of our own, and the source over it."""

    def __init__(self, server) -> None:
        self.name = f"data_{uuid4().hex}"
        self._server = server
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {self.name}")
        self.url = f"{server.rpartition('/')[0]}/{self.name}"
        self.warehouse = PostgresWarehouse(self.url, mask_key=KEY)

    def run(self, statement, values=None):
        """Run a statement as the owner of the database."""
        with psycopg.connect(self.url, options="-c timezone=UTC") as connection:
            connection.execute(statement, values)

    def drop(self):
        """Remove it; whoever still reads it is thrown out."""
        with psycopg.connect(self._server, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {self.name} WITH (FORCE)")

    def dataset(self, name, types, rows=(), **about):
        """A dataset over a new table with columns of these DuckDB types."""
        columns = ", ".join(f"{identifier(column)} {_POSTGRES.get(kind, kind)}" for column, kind in types.items())
        with psycopg.connect(self.url, options="-c timezone=UTC") as connection, connection.cursor() as cursor:
            cursor.execute(f"CREATE TABLE {identifier(name)} ({columns})")
            if rows:
                table = identifier(name).replace("%", "%%")
                cursor.executemany(f"INSERT INTO {table} VALUES ({', '.join(['%s'] * len(types))})", rows)
        return self.described(name, types, relation=name, **about)

    def described(self, name, types, **about):
        """A dataset of Postgres with columns of these DuckDB types."""
        columns = tuple(Column(name=column, type=kind) for column, kind in types.items())
        return Dataset(**{"name": name, "source": DataSource.POSTGRES, "columns": columns, **about})


def in_duckdb(tables, dataset, rows):
    """The same dataset over a table of DuckDB with the same rows."""
    columns = ", ".join(f'"{name}" {kind}' for name, kind in dataset.types.items())
    tables.run(f'CREATE TABLE "{dataset.relation}" ({columns})')
    tables.run_with(f'INSERT INTO "{dataset.relation}" VALUES ({", ".join("?" * len(rows[0]))})', rows)
    return replace(dataset, source=DataSource.WAREHOUSE)


def all_sources(tables, postgres):
    """Both behind one port."""
    return AllSources({DataSource.WAREHOUSE: tables.warehouse, DataSource.POSTGRES: postgres.warehouse})
