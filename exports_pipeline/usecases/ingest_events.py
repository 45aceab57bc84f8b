"""Take events in: check each, keep the good ones, and say what was wrong with the others."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from exports_pipeline.core.event import Event, EventFault, Refusal
from exports_pipeline.core.event_check import check_event, events_window
from exports_pipeline.core.event_store import Added
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.refusals import NotAllowed

MAX_TOLD = 100
MAX_TENANT = 128
"""Characters of an owner key that events are kept for: it stands in every key, beside texts that are as long."""


@dataclass(frozen=True, kw_only=True)
class Ingested:
    """What became of the events of one request."""

    added: Added
    refused: int
    refusals: tuple[Refusal, ...]
    """The first of those refused, in order."""


def ingest_events(given: Iterable[tuple[int, Any]], tenant: str, *, replace: bool, ports: ExportPorts) -> Ingested:
    """Store what is an event, and tell what is none.

    Each comes with its place in the body, and as JSON values; what could not be read as such is `Unreadable`.

    Raises:
        NotAllowed: the tenant's owner key is too long.
    """
    if len(tenant) > MAX_TENANT:
        raise NotAllowed(f"Events are kept for owner keys of at most {MAX_TENANT} characters; yours has {len(tenant)}.")
    now = ports.clock()
    window = events_window(now, months=ports.limits.event_months, ahead=ports.limits.event_ahead)
    events: list[Event] = []
    refusals: list[Refusal] = []
    refused = 0
    for index, each in given:
        try:
            events.append(check_event(each, window))
        except EventFault as fault:
            refused += 1
            if refused <= MAX_TOLD:
                told = Refusal(index=index, pointer=fault.pointer, code=fault.code, reason=fault.reason)
                refusals.append(told)
    added = ports.events.add(tenant, events, now=now, replace=replace) if events else Added()
    return Ingested(added=added, refused=refused, refusals=tuple(refusals))
