"""The file of changes is CSV that is read back as it was, and that no spreadsheet runs."""

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from exports_pipeline.core.changes_file import changes_csv, changes_name
from exports_pipeline.core.difference import Change, Difference, Example

TEXTS = st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


def written(*rows, changes=None, guard=True, **facts):
    difference = Difference(
        key=(),
        rows_before=0,
        rows_after=0,
        added=0,
        removed=0,
        changed=0,
        columns=("name", "amount"),
        texts=("name",),
        examples=tuple(
            Example(change=change, values=row)
            for change, row in zip(changes or [Change.ADDED] * len(rows), rows, strict=True)
        ),
        **facts,
    )
    return b"".join(changes_csv(difference, formula_guard=guard)).decode()


@given(st.lists(st.tuples(TEXTS, TEXTS), max_size=5))
def test_what_is_read_is_what_was_written(rows):
    read = list(csv.reader(io.StringIO(written(*rows, guard=False), newline="")))
    assert read == [["change", "name", "amount"], *(["added", *(cell or "" for cell in row)] for row in rows)]


def test_null_is_nothing_and_the_empty_text_is_quoted():
    assert written((None, "")) == 'change,name,amount\r\nadded,,""\r\n'


def test_texts_that_a_spreadsheet_would_run_get_an_apostrophe_and_numbers_none():
    assert written(("=1+1", "-5.00"), ("＠x", None)).splitlines()[1:] == ["added,'=1+1,-5.00", "added,'＠x,"]  # noqa: RUF001
    assert written(("=1+1", None), guard=False).splitlines()[1] == "added,=1+1,"


def test_a_row_as_it_was_never_ends_the_file():
    cut = written(("a", "1"), ("b", "1"), changes=[Change.REMOVED, Change.BEFORE], is_cut=True)
    assert cut.splitlines()[1:] == ["removed,a,1"]


def test_its_name_is_that_of_the_result_without_the_ending():
    assert changes_name("sales_2026.csv.gz", "csv.gz") == "sales_2026.changes.csv"
    assert changes_name("exports/a/b/1/sales.xlsx", "xlsx") == "exports/a/b/1/sales.changes.csv"
