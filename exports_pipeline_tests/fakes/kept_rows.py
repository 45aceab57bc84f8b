"""Kept results in memory, and their comparison in plain Python."""

import json
from collections import Counter
from contextlib import contextmanager
from decimal import Decimal

from exports_pipeline.core.difference import Change, Difference, Example, Total
from exports_pipeline_tests.fakes.warehouse import InMemoryWarehouse


class InMemoryKeptRows:
    """`KeptRows` over the JSON lines that `InMemoryWarehouse` keeps."""

    @contextmanager
    def open(self, kept, *, snapshot):
        session = _KeptSession()
        session.kept = _rows(kept)
        session.snapshot_name = snapshot.name
        yield session

    def compare(self, earlier, later, *, key, most, tick):
        tick()
        names = [[column.name for column in kept.result.columns] for kept in (earlier, later)]
        texts = [column.name for column in later.result.columns if column.sensitive or column.type == "VARCHAR"]
        return difference(names[0], _rows(earlier), names[1], _rows(later), key=key, most=most, texts=texts)


def difference(names_before, before, names_after, after, *, key=(), most=1000, summed=(), texts=()):
    """The difference of two lists of rows, which map names to values; equal types are taken for granted."""
    columns = tuple(name for name in names_after if name in names_before)
    old, new = (Counter(tuple(row[name] for name in columns) for row in rows) for rows in (before, after))
    by_key = {}
    for side, surplus in enumerate((old - new, new - old)):
        for row in sorted(surplus.elements(), key=_sortable):
            values = dict(zip(columns, row, strict=True))
            by_key.setdefault(tuple(values[name] for name in key or columns), ([], []))[side].append(row)
    examples, both = [], 0
    for _, (gone, come) in sorted(by_key.items(), key=lambda item: _sortable(item[0])):
        pairs = min(len(gone), len(come))
        both += pairs
        for place in range(max(len(gone), len(come))):
            if place < len(gone):
                examples.append((Change.BEFORE if place < pairs else Change.REMOVED, gone[place]))
            if place < len(come):
                examples.append((Change.AFTER if place < pairs else Change.ADDED, come[place]))
    return Difference(
        key=tuple(key),
        rows_before=len(before),
        rows_after=len(after),
        added=(new - old).total() - both,
        removed=(old - new).total() - both,
        changed=both,
        columns=columns,
        appeared=tuple(name for name in names_after if name not in names_before),
        vanished=tuple(name for name in names_before if name not in names_after),
        texts=tuple(name for name in columns if name in texts),
        totals=tuple(Total(column=name, before=_sum(before, name), after=_sum(after, name)) for name in summed),
        examples=tuple(Example(change=change, values=tuple(map(_text, row))) for change, row in examples[:most]),
        is_cut=len(examples) > most,
    )


class _KeptSession(InMemoryWarehouse):
    def _owned(self, _selection):
        return self.kept


def _rows(kept):
    return [json.loads(line) for line in b"".join(kept.pieces).splitlines()]


def _sortable(values):
    """NULL comes last."""
    return tuple((value is None, 0 if value is None else value) for value in values)


def _text(value):
    return None if value is None else str(value)


def _sum(rows, name):
    known = [Decimal(str(row[name])) for row in rows if row[name] is not None]
    return str(sum(known)) if known else None
