"""A small real warehouse for tests: a DuckDB file with tables made of SQL or Arrow, and exports of them in memory."""

from dataclasses import replace

import duckdb

from exports_pipeline.adapters.warehouse import DuckDbWarehouse
from exports_pipeline.core.catalog import Column, Dataset
from exports_pipeline.core.filters import Selection
from exports_pipeline.core.formats import Format, FormatOptions
from exports_pipeline_tests.builders import facts
from exports_pipeline_tests.fakes.objects import InMemoryObjectStore

KEY = b"a key of tests"


class Tables:
    """A DuckDB file that is written between exports, and the warehouse over it."""

    def __init__(self, folder) -> None:
        self.path = folder / "tables.duckdb"
        self.warehouse = DuckDbWarehouse(self.path, mask_key=KEY)

    def run(self, statement, **arrow):
        """Run a statement as the owner of the file, with Arrow tables by name."""
        with duckdb.connect(str(self.path)) as connection:
            for name, table in arrow.items():
                connection.register(name, table)
            connection.execute(statement)

    def run_with(self, statement, rows):
        """Run a statement for each row, with its values for the question marks."""
        with duckdb.connect(str(self.path)) as connection:
            connection.executemany(statement, rows)

    def dataset(self, query, *, name="things", **about):
        """A dataset over a new table that holds the rows of a query."""
        self.run(f'CREATE OR REPLACE TABLE "{name}" AS {query}')
        return self.described(name, **about)

    def described(self, name, **about):
        """A dataset over a table that is there."""
        columns = tuple(Column(name=key, type=kind) for key, kind in self.warehouse.relation_types(name).items())
        return Dataset(name=name, relation=name, columns=columns, **about)

    def of_arrow(self, table, **about):
        """A dataset over a new table that holds an Arrow table."""
        self.run("CREATE OR REPLACE TABLE things AS FROM given", given=table)
        return self.described("things", **about)


def everything(dataset, **changes):
    """All rows and columns of a dataset."""
    selection = Selection(dataset=dataset, columns=dataset.columns, owner_key=None)
    return replace(selection, **changes)


def exported(warehouse, selection, file_format=Format.CSV, *, on_tick=lambda _share: None, **options):
    """The file of an export, and its number of rows."""
    store = InMemoryObjectStore()
    upload = store.upload("key", content_type="", download_name="")
    with warehouse.open() as session:
        rows = session.write(
            selection,
            upload,
            file_format=file_format,
            options=FormatOptions(**options),
            about=facts(selection, rows=session.count(selection)),
            tick=on_tick,
        )
    upload.commit()
    return store.objects["key"].body, rows
