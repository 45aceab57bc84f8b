"""Declarations of metrics as questions to the raw events."""

from sqlalchemy import ColumnElement, FromClause, Numeric, Select, Subquery, func, literal, null, select
from sqlalchemy.sql.selectable import Exists

from exports_pipeline.adapters.event_tables import analytics_events, event_batches
from exports_pipeline.core.metric import METADATA, STORED, Metric

MOST_CHARACTERS = 200
"""Of a dimension that comes out of an event's metadata; as many as a label has."""
Figures = Select[tuple[str, str, object, object, int, object, object, object]]


def is_of_open_batch() -> Exists:
    """Whether an event's batch has not been rolled up, as this transaction sees it; the event counts nowhere yet."""
    batch = event_batches.c
    return select(batch.id).where(batch.id == analytics_events.c.batch_id, batch.rolled_up_at.is_(None)).exists()


def figures_by_quarter(metric: Metric, events: FromClause) -> Figures:
    """A metric's count, sum, min and max of these events: a row for each tenant, quarter of an hour and dimensions."""
    found = _events_of(metric, events)
    of_values = (func.sum, func.min, func.max)
    figures = [of(found.c.value) if metric.takes_values else null().cast(Numeric) for of in of_values]
    names = ("sum", "min", "max")
    return _grouped(metric, found).add_columns(
        *(figure.label(name) for figure, name in zip(figures, names, strict=True))
    )


def customers_by_quarter(metric: Metric, events: FromClause) -> Select[tuple[object, ...]]:
    """A metric's customers among these events, each once: a row for each tenant, quarter of an hour and dimensions."""
    found = _events_of(metric, events)
    customers = func.array_agg(found.c.customer.distinct()).filter(found.c.customer != "")
    return _grouped(metric, found).add_columns(customers.label("customers"))


def _grouped(metric: Metric, found: Subquery) -> Select[tuple[object, ...]]:
    dimensions = [found.c[f"dimension_{place}"] for place in range(len(metric.dimensions))]
    pairs = [part for name, value in zip(metric.dimensions, dimensions, strict=True) for part in (literal(name), value)]
    return select(
        found.c.tenant,
        literal(metric.name).label("metric"),
        found.c.bucket,
        func.jsonb_build_object(*pairs).label("dimensions"),
        func.count().label("events"),
    ).group_by(found.c.tenant, found.c.bucket, *dimensions)


def _events_of(metric: Metric, events: FromClause) -> Subquery:
    """The events that count for a metric, with what it needs of them."""
    wanted = [events.c[field].in_(values) for field, values in metric.events.fields.items()]
    if metric.takes_values:
        wanted.append(events.c.value.is_not(None))
    dimensions = [_dimension(name, events).label(f"dimension_{place}") for place, name in enumerate(metric.dimensions)]
    quarter = func.bucket_start(literal(str(STORED[0])), events.c.occurred_at).label("bucket")
    return select(events.c.tenant, quarter, events.c.value, events.c.customer, *dimensions).where(*wanted).subquery()


def _dimension(name: str, events: FromClause) -> ColumnElement[str]:
    if name == "segment":
        name = f"{METADATA}segment"
    if name.startswith(METADATA):
        return func.left(func.coalesce(events.c.metadata[name.removeprefix(METADATA)].astext, ""), MOST_CHARACTERS)
    return events.c[name]
