"""Events as lines of the text format that COPY reads."""

from exports_pipeline.core.event import Event

_COLUMNS = "tenant, id, batch_id, event_type, category, label, value, occurred_at, campaign, customer, metadata"
# Postgres takes no COPY into a table whose rows have policies, so events wait in a table of the connection's own.
MAKE_WAITING = """
    CREATE TEMPORARY TABLE IF NOT EXISTS waiting_events (LIKE analytics_events) ON COMMIT DELETE ROWS"""
COPY_EVENTS = f"COPY waiting_events ({_COLUMNS}) FROM STDIN"
STORE_WAITING = f"INSERT INTO analytics_events ({_COLUMNS}) SELECT {_COLUMNS} FROM waiting_events"  # noqa: S608 - our own words
_NULL = "\\N"


def event_line(tenant: str, batch_id: int, event: Event) -> str:
    """The line of an event."""
    texts = [
        tenant,
        event.id,
        event.event_type,
        event.category,
        event.label,
        event.campaign,
        event.customer,
        event.metadata,
    ]
    together = "".join(texts)
    if "\\" in together or "\t" in together or "\n" in together or "\r" in together:
        texts = [_escaped(text) for text in texts]
    tenant, event_id, event_type, category, label, campaign, customer, metadata = texts
    value = _NULL if event.value is None else event.value
    return (
        f"{tenant}\t{event_id}\t{batch_id}\t{event_type}\t{category}\t{label}\t{value}\t"
        f"{event.occurred_at.isoformat()}\t{campaign}\t{customer}\t{metadata}\n"
    )


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
