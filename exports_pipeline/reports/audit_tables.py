"""Tables that sum up the audit log: who got which data, what was refused, and what was deleted in time."""

from exports_pipeline.core.question import Aggregate, Dimension, Measure, Question
from exports_pipeline.core.report import Kind, Table, TableColumn
from exports_pipeline.reports.audit_entries import ENTRIES, is_of, local, narrowed
from exports_pipeline.reports.inquiry import Ask
from exports_pipeline.reports.people import PERSON, person_in_words
from exports_pipeline.reports.scope import Scope
from exports_pipeline.reports.wording import label, whole

REFUSED = is_of("outcome", "refused")
_MOST_LINES = 100
_TIMES = Measure(aggregate=Aggregate.SUM, column="times", label="Times")


def access_table(scope: Scope, dataset: str, ask: Ask) -> Table:
    """Who got how much of which data, the most rows first."""
    made, fetched = is_of("kind", "made"), is_of("kind", "download")
    measures = (
        Measure(aggregate=Aggregate.COUNT, where=(made,), label="Made"),
        Measure(aggregate=Aggregate.SUM, column="row_count", where=(made,), label="Rows"),
        Measure(aggregate=Aggregate.SUM, column="bytes", where=(made,), label="Bytes"),
        Measure(aggregate=Aggregate.COUNT, where=(fetched,), label="Downloads"),
        Measure(aggregate=Aggregate.SUM, column="bytes", where=(fetched,), label="Bytes downloaded"),
    )
    by = (*PERSON, Dimension(column="dataset"))
    answer = ask(
        Question(
            dataset=dataset,
            measures=measures,
            by=by,
            filters=scope.filters,
            timezone=scope.timezone,
            order=("-Rows", "-Downloads"),
            limit=_MOST_LINES,
        )
    )
    return Table(
        heading="Access to data",
        columns=(
            TableColumn(title="Who"),
            TableColumn(title="Dataset"),
            *(TableColumn(title=measure.name, kind=Kind.INTEGER) for measure in measures),
        ),
        rows=tuple(
            (person_in_words(*row[:3]), label(row[3]), *(whole(value) for value in row[4:])) for row in answer.rows
        ),
        note=(f"The first {_MOST_LINES} pairs of person and dataset by rows; there are more. " if answer.is_cut else "")
        + "Rows and bytes are those of the results that were made; a result that was downloaded twice counts twice "
        "under downloads.",
    )


def refusals_table(scope: Scope, ask: Ask) -> Table:
    """What was refused to whom and why, the most often first."""
    by = (*PERSON, Dimension(column="action"), Dimension(column="route"), Dimension(column="reason"))
    answer = ask(narrowed(scope, REFUSED).question(_TIMES, by=by, order=("-Times",), limit=_MOST_LINES))
    return Table(
        heading="Refused attempts",
        columns=(
            TableColumn(title="Who"),
            TableColumn(title="Action"),
            TableColumn(title="Reason"),
            TableColumn(title="Times", kind=Kind.INTEGER),
        ),
        rows=tuple((person_in_words(*row[:3]), row[4] or row[3], *row[5:]) for row in answer.rows),
        note=f"The first {_MOST_LINES} by times; there are more." if answer.is_cut else "",
    )


def retention_table(scope: Scope, ask: Ask) -> Table:
    """What was deleted because its time had come."""
    retained = narrowed(scope, is_of("concern", "retention"))
    last = Measure(aggregate=Aggregate.MAX, column="at", label="Last at")
    answer = ask(retained.question(ENTRIES, _TIMES, last, by=(Dimension(column="action"),)))
    return Table(
        heading="Retention",
        columns=(
            TableColumn(title="Action"),
            TableColumn(title="Runs", kind=Kind.INTEGER),
            TableColumn(title="Deleted", kind=Kind.INTEGER),
            TableColumn(title="Last at", kind=Kind.TIME),
        ),
        rows=tuple((*row[:-1], local(row[-1], scope.timezone)) for row in answer.rows),
        note="What was deleted because its time had come: objects of results, runs of Dagster, months of events.",
    )
