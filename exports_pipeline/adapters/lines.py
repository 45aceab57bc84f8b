"""The lines of a text file as DuckDB makes them, many at a time and without a copy."""

from collections.abc import Iterator, Mapping
from typing import Any

import duckdb

from exports_pipeline.writers.arrow_text import text_of

BATCH_ROWS = 2048
"""One vector of DuckDB: a larger batch costs more page faults than it saves calls."""


class Lines:
    """A query of one text column, read as the bytes that its texts make together.

    The texts of an Arrow column lie side by side in one buffer: where each is a line with its line break, the
    buffer is a piece of the file.
    """

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, statement: str, values: Mapping[str, Any], *, skipped: int = 0
    ) -> None:
        self._connection, self._statement, self._values = connection, statement, dict(values)
        self._skipped = skipped
        self.rows = 0
        """Lines read so far."""

    def __iter__(self) -> Iterator[memoryview]:
        relation = self._connection.sql(self._statement, params=self._values)
        for batch in relation.to_arrow_reader(BATCH_ROWS):
            text = text_of(batch.column(0))
            yield text if self.rows else text[self._skipped :]
            self.rows += batch.num_rows
