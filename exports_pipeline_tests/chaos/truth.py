"""Compares a downloaded file with what DuckDB says when it is asked directly."""

from hashlib import sha256

import duckdb


class Truth:
    """A connection to the warehouse, past the service; answers are kept, since the same wish comes often."""

    def __init__(self, warehouse, folder) -> None:
        self._connection = duckdb.connect(warehouse, read_only=True)
        self._connection.execute("SET TimeZone = 'UTC'; SET threads = 2; SET memory_limit = '1GB'")
        self._folder = folder
        self._known: dict[tuple[str, str], str] = {}
        self.by_bytes = self.by_rows = 0
        """How many files were compared in which way."""

    def close(self) -> None:
        self._connection.close()

    def fault(self, wish, body: bytes) -> str | None:
        """What is wrong with a file; None if nothing is."""
        digest = sha256(body).hexdigest()
        key = (wish.query, wish.file_format)
        if wish.file_format == "csv" and wish.is_ordered:
            self.by_bytes += 1
            if key not in self._known:
                self._known[key] = sha256(self._as_csv(wish.query)).hexdigest()
            return None if digest == self._known[key] else "its bytes differ from a direct query"
        self.by_rows += 1
        if self._known.get(key) == digest:
            return None
        fault = self._row_fault(wish, body)
        if fault is None:
            self._known[key] = digest
        return fault

    def _as_csv(self, query) -> bytes:
        path = self._folder / "expected.csv"
        self._connection.execute(f"COPY ({query}) TO '{path}' (FORMAT csv, HEADER, NEW_LINE '\\r\\n')")
        return path.read_bytes()

    def _row_fault(self, wish, body) -> str | None:
        path = self._folder / "actual"
        path.write_bytes(body)
        described = self._connection.execute(f"DESCRIBE {wish.query}").fetchall()
        names = [name for name, *_ in described]
        texts = ", ".join(f"'{name}': 'VARCHAR'" for name in names)
        source = {
            "csv": f"read_csv('{path}', header = true, columns = {{{texts}}}, nullstr = '')",
            "parquet": f"read_parquet('{path}')",
            "json": f"read_json('{path}', format = 'array', columns = {{{texts}}})",
            "jsonl": f"read_json('{path}', format = 'newline_delimited', columns = {{{texts}}})",
        }[wish.file_format]
        cells = ", ".join(f'CAST("{name}" AS {kind}) AS "{name}"' for name, kind, *_ in described)
        actual = f"SELECT {cells} FROM {source}"
        if wish.is_ordered:
            same = self._connection.execute(actual).fetchall() == self._connection.execute(wish.query).fetchall()
            return None if same else "its rows differ from a direct query"
        differences = [
            self._connection.execute(f"SELECT count(*) FROM (({one}) EXCEPT ALL ({other}))").fetchone()[0]
            for one, other in ((actual, wish.query), (wish.query, actual))
        ]
        return None if differences == [0, 0] else f"{differences} of its rows differ from a direct query"
