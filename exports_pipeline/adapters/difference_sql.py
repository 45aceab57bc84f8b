"""The difference of two relations, found by DuckDB.

Whole rows are counted on both sides, and what both have is taken away. What is left, the surplus, is little where
results are alike; the numbers and the examples come out of it. A row that is no key of its own stands for itself.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import duckdb

from exports_pipeline.adapters.totals_sql import is_summed
from exports_pipeline.core.catalog import Column
from exports_pipeline.core.difference import Change, Difference, Example, Total
from exports_pipeline.core.formats import FormatOptions
from exports_pipeline.writers.cells import FLOATS, INTEGERS, UNSIGNED, csv_cell, is_formula_proof
from exports_pipeline.writers.sql_text import identifier
from exports_pipeline.writers.time_text import TIMES
from exports_pipeline.writers.type_text import Type, parse_type

Named = tuple[str, Sequence[Column]]
"""The name of a relation, and its columns."""
_AS_IT_IS = INTEGERS | UNSIGNED | FLOATS | TIMES | {"DECIMAL", "BOOLEAN", "DATE", "TIME", "UUID", "VARCHAR", "BLOB"}
"""What is compared in its own type; all else as text."""
_MOST_CHARACTERS = 20_000_000
"""Of all examples together."""


def find_difference(
    connection: duckdb.DuckDBPyConnection, earlier: Named, later: Named, *, key: tuple[str, ...], most: int
) -> Difference:
    """What the later relation has and the earlier one has not, and the other way round."""
    (name_before, columns_before), (name_after, columns_after) = earlier, later
    before, after = ({each.name: each for each in columns} for columns in (columns_before, columns_after))
    columns = tuple(name for name in after if name in before)
    retyped = tuple(name for name in columns if _type(before[name]) != _type(after[name]))
    alike = [after[name] for name in columns if name not in retyped]
    connection.execute(_surplus(name_before, name_after, {name: after[name] for name in columns}, retyped))
    texts = [_text(f"c{place}", after[name], name in retyped) for place, name in enumerate(columns)]
    places = [f"c{columns.index(name)}" for name in key or columns] or ["one"]
    [(added, removed, changed)] = connection.execute(_counts(places)).fetchall()
    found = _fetched(connection.execute(_examples(places, texts, most)), most)
    return Difference(
        key=key,
        rows_before=_rows(connection, name_before),
        rows_after=_rows(connection, name_after),
        added=added,
        removed=removed,
        changed=changed,
        columns=columns,
        appeared=tuple(name for name in after if name not in before),
        vanished=tuple(name for name in before if name not in after),
        retyped=retyped,
        texts=tuple(name for name in columns if name in retyped or not is_formula_proof(_kind(after[name]))),
        totals=tuple(_totals(connection, name_before, name_after, alike)),
        examples=tuple(Example(change=Change(change), values=tuple(values)) for change, *values in found),
        is_cut=len(found) < added + removed + 2 * changed,
    )


def _type(column: Column) -> str:
    """The type of a column as it was kept."""
    return column.shown_type


def _kind(column: Column) -> Type:
    return parse_type(_type(column))


def _is_plain(column: Column, is_retyped: bool) -> bool:
    """Whether a column is compared in its own type."""
    return not is_retyped and _kind(column).kind in _AS_IT_IS


def _text(cell: str, column: Column, is_retyped: bool) -> str:
    """A cell as a CSV file has it in UTC; what is compared as text, as that text."""
    text = csv_cell(cell, _kind(column), FormatOptions()) if _is_plain(column, is_retyped) else cell
    return f"CAST({text} AS VARCHAR)"


def _fetched(answer: duckdb.DuckDBPyConnection, most: int) -> list[tuple[Any, ...]]:
    """The first rows, as far as their texts do not become too long together."""
    rows: list[tuple[Any, ...]] = []
    length = 0
    while len(rows) < most and (batch := answer.fetchmany(100)):
        for row in batch:
            length += sum(len(text or "") for text in row)
            if len(rows) == most or length > _MOST_CHARACTERS:
                return rows
            rows.append(row)
    return rows


def _surplus(before: str, after: str, columns: Mapping[str, Column], retyped: Sequence[str]) -> str:
    """Distinct rows with how many more of them there are now."""
    cells = "1 AS one"
    for place, (name, column) in enumerate(columns.items()):
        value = identifier(name)
        cells += f", {value if _is_plain(column, name in retyped) else f'CAST({value} AS VARCHAR)'} AS c{place}"
    return (
        f"CREATE OR REPLACE TEMP TABLE surplus AS SELECT * EXCLUDE side, CAST(sum(side) AS BIGINT) AS surplus FROM ("  # noqa: S608 - names are quoted
        f"SELECT {cells}, -1 AS side FROM {identifier(before)} UNION ALL "
        f"SELECT {cells}, 1 AS side FROM {identifier(after)}) GROUP BY ALL HAVING sum(side) <> 0"
    )


def _counts(key: Sequence[str]) -> str:
    """How many rows were added, removed and changed."""
    both = "least(added, removed)"
    sums = ", ".join(
        f"CAST(coalesce(sum({each}), 0) AS BIGINT)" for each in (f"added - {both}", f"removed - {both}", both)
    )
    return (
        f"SELECT {sums} FROM (SELECT sum(greatest(surplus, 0)) AS added, sum(greatest(-surplus, 0)) AS removed "  # noqa: S608 - as above
        f"FROM surplus GROUP BY {', '.join(key)})"
    )


def _examples(key: Sequence[str], texts: Sequence[str], most: int) -> str:
    """The first rows that differ: of each key the n-th that is gone beside the n-th that came."""
    keys, cells = ", ".join(key), ", ".join(f"c{place}" for place in range(len(texts))) or "one"
    same_key = " AND ".join(f"surplus.{each} IS NOT DISTINCT FROM first_keys.{each}" for each in key)
    return f"""
        WITH first_keys AS (SELECT DISTINCT {keys} FROM surplus ORDER BY {keys} LIMIT {most + 1}),
        copies AS (
            SELECT surplus.*, surplus > 0 AS is_new, unnest(range(least(abs(surplus), {most + 1})))
            FROM surplus JOIN first_keys ON {same_key}
        ),
        placed AS (
            SELECT *, row_number() OVER (PARTITION BY {keys}, is_new ORDER BY {cells}) AS place,
                count(*) FILTER (is_new) OVER of_key AS new, count(*) FILTER (NOT is_new) OVER of_key AS old
            FROM copies WINDOW of_key AS (PARTITION BY {keys})
        )
        SELECT CASE WHEN place <= least(new, old) THEN if(is_new, 'after', 'before')
            ELSE if(is_new, 'added', 'removed') END{"".join(f", {each}" for each in texts)}
        FROM placed ORDER BY {keys}, place, is_new LIMIT {most}
    """  # noqa: S608 - names are our own


def _rows(connection: duckdb.DuckDBPyConnection, relation: str) -> int:
    [(rows,)] = connection.execute(f"SELECT count(*) FROM {identifier(relation)}").fetchall()  # noqa: S608 - as above
    return int(rows)


def _totals(
    connection: duckdb.DuckDBPyConnection, before: str, after: str, columns: Sequence[Column]
) -> Iterator[Total]:
    """Sums of the columns that have one; of floats, those of their finite values, to about fifteen digits."""
    summed = {each.name: _sum(each) for each in columns if _sum(each)}
    if summed:
        cells = ", ".join(f"CAST({each} AS VARCHAR)" for each in summed.values())
        sums = [connection.execute(f"SELECT {cells} FROM {identifier(name)}").fetchall()[0] for name in (before, after)]  # noqa: S608 - as above
        for name, old, new in zip(summed, *sums, strict=True):
            yield Total(column=name, before=old, after=new)


def _sum(column: Column) -> str:
    name = identifier(column.name)
    if is_summed(column):
        return f"sum({name})"
    is_whole = column.sensitive is None and _type(column) in FLOATS
    return f"fsum({name}) FILTER (isfinite({name}))" if is_whole else ""
