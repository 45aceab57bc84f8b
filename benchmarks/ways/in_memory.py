"""Ways that hold the whole result, several times over, as the exports of well-known dashboards do today.

Written here after what their public sources do. Superset: the rows become a DataFrame, `csv.df_to_escaped_csv` guards
its texts and makes one string of it, which is encoded and sent. Redash: the rows are dicts in one JSON document, from
which `serialize_query_result_to_dsv` makes one string. Both are what the HTTP answer is made from.
"""

import csv
import io
import json
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from exports_pipeline.core.formats import Format

FORMULA_STARTS = tuple("=+-@|%")


def data_frame(folder: Path, _format: Format, _port: int) -> int:
    """All rows, their DataFrame, a guarded copy of each text column, one string, its bytes."""
    frame = _frame(folder)
    for name, column in frame.items():
        if pd.api.types.is_string_dtype(column.dtype):
            frame[name] = column.map(_guarded)
    return len(frame.to_csv(index=False).encode("utf-8"))


def json_rows(folder: Path, _format: Format, _port: int) -> int:
    """All rows as dicts, their JSON as it is stored, the dicts read from it again, one string, its bytes."""
    stored = _stored_json(folder)
    rows = json.loads(stored)["rows"]
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]))
    writer.writeheader()
    for row in rows:
        writer.writerow(row)
    return len(text.getvalue().encode("utf-8"))


def excel(folder: Path, _format: Format, _port: int) -> int:
    """All rows, their DataFrame, a workbook in memory."""
    book = io.BytesIO()
    _frame(folder).to_excel(book, index=False, engine="xlsxwriter")
    return len(book.getvalue())


def _frame(folder: Path) -> pd.DataFrame:
    with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as connection:
        found = connection.execute("FROM fct_transactions")
        names = [column[0] for column in found.description or ()]
        return pd.DataFrame.from_records(found.fetchall(), columns=names)


def _stored_json(folder: Path) -> str:
    with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as connection:
        found = connection.execute("FROM fct_transactions")
        names = [column[0] for column in found.description or ()]
        rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    return json.dumps({"columns": names, "rows": rows}, default=str)


def _guarded(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_STARTS) else value
