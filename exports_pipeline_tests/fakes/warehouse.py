"""A warehouse of lists."""

import csv
import io
import json
from contextlib import contextmanager

from exports_pipeline.core.formats import Format
from exports_pipeline.core.manifest import ColumnTotals, Snapshot
from exports_pipeline_tests.fakes.answers import answer
from exports_pipeline_tests.fakes.clock import NOON


class InMemoryWarehouse:
    """`Warehouse` and `WarehouseSession` over rows per dataset; writes JSON lines, and CSV for every other format.

    `before_write` is called with the tick function before the rows are written: tests let time pass there.
    """

    def __init__(self, rows_by_dataset=None) -> None:
        self.rows_by_dataset = rows_by_dataset or {}
        self.before_write = lambda _tick: None
        self.before_count = lambda: None
        self.lost_rows = 0
        self.remarks = ()
        self.counts_in_time = True
        self.error = None
        self.snapshot_name = "fake@1"

    @contextmanager
    def open(self, _dataset=None):
        if self.error is not None:
            raise self.error
        yield self

    @property
    def snapshot(self):
        return Snapshot(name=self.snapshot_name, as_of=NOON)

    def totals(self, selection, *, tick):
        tick()
        rows = self._rows(selection)
        return tuple(
            ColumnTotals(name=column.name, nulls=sum(row[column.name] is None for row in rows))
            for column in selection.columns
        )

    def count(self, selection, *, tick):
        self.before_count()
        tick()
        return len(self._rows(selection))

    def write(self, selection, upload, *, file_format, options, about, tick):
        self.before_write(tick)
        rows = self._rows(selection)[self.lost_rows :]
        if file_format is Format.JSONL:
            upload.write("".join(f"{json.dumps(_shown(row, selection), default=str)}\n" for row in rows).encode())
            tick(1.0)
            return len(rows)
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow([column.name for column in selection.columns])
        writer.writerows([[row[column.name] for column in selection.columns] for row in rows])
        upload.write(text.getvalue().encode())
        tick(1.0)
        return len(rows)

    def keep(self, selection, upload, *, tick):
        """As JSON lines, which the kept rows in memory read."""
        rows = self._rows(selection)[self.lost_rows :]
        upload.write("".join(f"{json.dumps(_shown(row, selection), default=str)}\n" for row in rows).encode())
        tick(1.0)
        return len(rows)

    def preview(self, selection, *, rows, tick):
        tick()
        names = [column.name for column in selection.columns]
        masked = {column.name for column in selection.dataset.columns if column.is_guarded}
        return [
            {name: "***" if name in masked else str(row[name]) for name in names}
            for row in self._rows(selection)[:rows]
        ]

    def answer(self, selection, question, *, tick):
        tick()
        return answer(question, selection, self._rows(selection))

    def missing_values(self, selection, column, values):
        if self.error is not None:
            raise self.error
        known = {str(row[column]) for row in self._owned(selection)}
        return [value for value in values if value not in known]

    def count_up_to(self, selection, *, most):
        if self.error is not None:
            raise self.error
        return min(most, len(self._rows(selection))) if self.counts_in_time else None

    def values(self, selection, column, *, prefix, limit):
        known = {str(row[column]) for row in self._rows(selection)}
        return sorted(value for value in known if value.startswith(prefix))[:limit]

    def time_range(self, selection):
        rows = self._rows(selection)
        if not rows or selection.dataset.time is None:
            return None
        days = sorted(str(row[selection.dataset.time.column])[:10] for row in rows)
        return days[0], days[-1]

    def ping(self):
        if self.error is not None:
            raise self.error

    def _owned(self, selection):
        dataset, owner = selection.dataset, selection.owner_key
        rows = self.rows_by_dataset.get(dataset.name, [])
        return [row for row in rows if owner is None or str(row[dataset.owner]) == owner]

    def _rows(self, selection):
        dataset = selection.dataset
        rows = self._owned(selection)
        if selection.account_ids and dataset.account:
            rows = [row for row in rows if str(row[dataset.account]) in selection.account_ids]
        if selection.tag_ids and dataset.tag:
            rows = [row for row in rows if str(row[dataset.tag]) in selection.tag_ids]
        if selection.start_date and dataset.time:
            rows = [row for row in rows if row[dataset.time.column] >= selection.start_date]
        if selection.end_date and dataset.time:
            rows = [row for row in rows if row[dataset.time.column] <= selection.end_date]
        return rows[:: 100 // (selection.sample_percent or 100)][: selection.limit]


def _shown(row, selection):
    return {each.name: "***" if each.sensitive else row[each.name] for each in selection.columns}
