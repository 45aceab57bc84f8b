"""What differs between two kept results, as plain data."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

MOST_EXAMPLES = 1_000
"""Rows of the table of examples, unless asked for fewer."""


class Change(StrEnum):
    """What the table of examples says of a row; a changed row stands there as two, one directly after the other."""

    ADDED = "added"
    REMOVED = "removed"
    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True, kw_only=True)
class Total:
    """The sum of a numeric column, as text: exact for integers and decimals; None where there is nothing to add up."""

    column: str
    before: str | None
    after: str | None


@dataclass(frozen=True, kw_only=True)
class Example:
    """A row that differs: a text for each compared column, None where it is NULL."""

    change: Change
    values: tuple[str | None, ...]


@dataclass(frozen=True, kw_only=True)
class Difference:
    """What a later result has and an earlier one has not, and the other way round.

    Rows are counted as often as they occur, and NULL equals NULL. Within one key, rows that are equal on both sides are
    no difference; of the others as many as both sides have are changed, and the rest is added or removed.
    """

    key: tuple[str, ...]
    """The columns that tell rows apart; empty: whole rows, and none is ever changed."""
    rows_before: int
    rows_after: int
    added: int
    removed: int
    changed: int
    columns: tuple[str, ...]
    """Those that both results have, in the order of the later one; only they are compared."""
    appeared: tuple[str, ...] = ()
    """Columns that only the later result has."""
    vanished: tuple[str, ...] = ()
    """Columns that only the earlier result has."""
    retyped: tuple[str, ...] = ()
    """Columns that have another type now; they are compared as text."""
    texts: tuple[str, ...] = ()
    """Columns whose values a spreadsheet could take for formulas."""
    totals: tuple[Total, ...] = ()
    """Of the numeric columns that both have in the same type."""
    examples: tuple[Example, ...] = ()
    """In the order of the key, or of the rows; the first ones, where there are too many."""
    is_cut: bool = False
    """Whether there are more than these examples."""

    @property
    def is_empty(self) -> bool:
        """Whether both results are the same."""
        return not (self.added or self.removed or self.changed or self.appeared or self.vanished or self.retyped)

    @property
    def table_rows(self) -> int:
        """How many rows `table` would have if there were an example of everything."""
        return self.added + self.removed + 2 * self.changed

    def table(self) -> tuple[tuple[str, ...], list[tuple[str | None, ...]]]:
        """Header and rows of the examples, for a file; a row as it was does not stand there without what it became."""
        shown = self.examples
        if shown and shown[-1].change is Change.BEFORE:
            shown = shown[:-1]
        return ("change", *self.columns), [(each.change, *each.values) for each in shown]


def summary_of(difference: Difference | None) -> Mapping[str, Any] | None:
    """What a message tells of a difference, as JSON: counts and sums, no row; None without one."""
    if difference is None:
        return None
    return {
        "rows_before": difference.rows_before,
        "rows_after": difference.rows_after,
        "added": difference.added,
        "removed": difference.removed,
        "changed": difference.changed,
        "columns_appeared": list(difference.appeared),
        "columns_vanished": list(difference.vanished),
        "totals": [
            {"column": each.column, "before": each.before, "after": each.after}
            for each in difference.totals
            if each.before != each.after and each.column not in difference.key
        ],
    }
