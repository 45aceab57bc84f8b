"""Tables of single entries of the audit log, newest first, that say how many they do not show."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from exports_pipeline.core.question import Aggregate, Condition, Dimension, Measure, Sign
from exports_pipeline.core.report import Kind, Table, TableColumn, Value
from exports_pipeline.reports.changes import change_in_words
from exports_pipeline.reports.inquiry import Ask
from exports_pipeline.reports.people import PERSON, person_in_words
from exports_pipeline.reports.scope import Scope
from exports_pipeline.reports.wording import whole

MOST_ENTRIES = 200
"""Entries of one table; a longer list is read in the dataset `audit_log` itself."""
ENTRIES = Measure(aggregate=Aggregate.COUNT, label="Entries")
_AT = Measure(aggregate=Aggregate.MIN, column="at", label="At")
_NAMES = (
    *("id", "actor", "owner_key", "email", "service", "subject", "action", "entity_type", "entity_id"),
    *("dataset", "reason", "before", "after"),
)
Entry = dict[str, Value]


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A column of such a table: its title, and what it says of an entry."""

    title: str
    of: Callable[[Entry], Value]


def is_of(column: str, *values: str) -> Condition:
    """The condition that a column has one of some values."""
    return Condition(column=column, sign=Sign.ONE_OF, values=values)


def narrowed(scope: Scope, *conditions: Condition) -> Scope:
    """The same rows, but only those that meet the conditions."""
    return replace(scope, where=(*scope.where, *conditions))


def entries_table(scope: Scope, ask: Ask, *, heading: str, where: Sequence[Condition], shown: Sequence[Shown]) -> Table:
    """The entries that meet conditions: when, who, what was done, and what `shown` says of them."""
    counted = Measure(aggregate=Aggregate.COUNT, where=tuple(where), label="Met")
    [(total,)] = ask(scope.question(counted)).rows
    by = tuple(Dimension(column=name) for name in _NAMES)
    question = narrowed(scope, *where).question(_AT, by=by, order=("-At", "-id"), limit=MOST_ENTRIES)
    rows = []
    for values in ask(question).rows:
        entry: Entry = dict(zip(_NAMES, values[: len(_NAMES)], strict=True))
        rows.append(
            (local(values[-1], scope.timezone), _who(entry), entry["action"], *(each.of(entry) for each in shown))
        )
    left_out = f"The newest {MOST_ENTRIES} of {whole(total):,} entries." if whole(total) > len(rows) else ""
    return Table(
        heading=heading,
        columns=(
            TableColumn(title="At", kind=Kind.TIME),
            TableColumn(title="Who"),
            TableColumn(title="Action"),
            *(TableColumn(title=each.title) for each in shown),
        ),
        rows=tuple(rows),
        note=left_out,
    )


def entity(entry: Entry) -> Value:
    """What was acted upon."""
    return " ".join(str(entry[name]) for name in ("entity_type", "entity_id") if entry[name]) or entry["dataset"]


def change(entry: Entry) -> Value:
    """What was changed."""
    return change_in_words(entry["before"], entry["after"]) or None


def _who(entry: Entry) -> str:
    person = person_in_words(*(entry[dimension.column] for dimension in PERSON))
    by = f", by service account {str(entry['service'])[:8]}" if entry["service"] else ""
    return f"{person}{by}"


def local(at: Value, timezone: str) -> Value:
    """An instant as clocks of a time zone show it."""
    return at.astimezone(ZoneInfo(timezone)) if isinstance(at, datetime) else at
