"""The figures of events, added up one event after the other: what any roll-up must come to."""

from collections import defaultdict
from datetime import datetime, timedelta

from sqlalchemy import select

from exports_pipeline.adapters.customer_count import customers_in
from exports_pipeline.adapters.event_tables import metric_rollups
from exports_pipeline.core.metric import kept_for


def starts(at: datetime) -> dict[str, datetime]:
    minute = at.replace(second=0, microsecond=0)
    day = minute.replace(hour=0, minute=0)
    return {
        "quarter_hour": minute.replace(minute=minute.minute // 15 * 15),
        "hour": minute.replace(minute=0),
        "day": day,
        "month": day.replace(day=1),
    }


def starts_of_customers(at: datetime) -> dict[str, datetime]:
    """Where the buckets begin that customers have beside all others."""
    day = starts(at)["day"]
    return {"six_hours": day.replace(hour=at.hour // 6 * 6), "week": day - timedelta(days=at.weekday())}


def direct_figures(metrics, events):
    """Figures by tenant, metric, granularity, bucket and dimensions."""
    counted, metrics = defaultdict(list), kept_for(metrics)
    for event in events:
        for metric in metrics:
            if not counts(metric, event):
                continue
            dimensions = tuple(sorted((name, value_of(event, name)) for name in metric.dimensions))
            lengths = starts(event.occurred_at)
            if metric.takes_customers:
                lengths |= starts_of_customers(event.occurred_at)
            for granularity, bucket in lengths.items():
                counted[event.tenant, metric.name, granularity, bucket, dimensions].append(event)
    by_name = {metric.name: metric for metric in metrics}
    return {key: figures(by_name[key[1]], found) for key, found in counted.items()}


def stored_figures(connection):
    """The same, as they are stored."""
    rows = connection.execute(select(metric_rollups)).mappings()
    return {
        (
            row["tenant"],
            row["metric"],
            row["granularity"],
            row["bucket"],
            tuple(sorted(row["dimensions"].items())),
        ): (row["count"], row["sum"], row["min"], row["max"], customers_in([row["sketch"]] if row["sketch"] else []))
        for row in rows
    }


def counts(metric, event):
    wanted = metric.events.fields
    has_value = event.value is not None or not metric.takes_values
    return has_value and all(getattr(event, field) in values for field, values in wanted.items())


def value_of(event, dimension):
    if dimension == "segment":
        dimension = "metadata.segment"
    if dimension.startswith("metadata."):
        return event.metadata.get(dimension.removeprefix("metadata."), "")
    return getattr(event, dimension)


def figures(metric, events):
    if metric.takes_customers:
        return len(events), None, None, None, len({event.customer for event in events} - {""})
    if metric.takes_values:
        values = [event.value for event in events]
        return len(events), sum(values), min(values), max(values), 0
    return len(events), None, None, None, 0
