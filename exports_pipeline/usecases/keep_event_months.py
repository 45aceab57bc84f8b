"""Keep the months of events: those to come are made ahead, those beyond the retention are dropped with all figures."""

from dataclasses import dataclass
from datetime import timedelta

from exports_pipeline.core.event_months import first_kept, month_after, month_of
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.usecases.note_retention import note_retention

_MONTHS_AHEAD = 3
_GRACE = timedelta(days=1)
"""A month is left alone for so long after the last event of it was taken."""


@dataclass(frozen=True, kw_only=True)
class MonthsKept:
    """What one look after the months did."""

    made: int
    dropped: int
    buckets: int
    """Stored figures of metrics that went with their events."""
    journeys: int


def keep_event_months(ports: ExportPorts) -> MonthsKept:
    """Make this month and the next three, and drop those that are kept no longer with what was made of their events."""
    now = ports.clock()
    month = month_of(now)
    made = ports.events.make_months(month_after(month, ahead) for ahead in range(_MONTHS_AHEAD + 1))
    before = first_kept(now - _GRACE, months=ports.limits.event_months)
    dropped = ports.events.forget(before=before)
    note_retention("months_dropped", dropped, ports=ports)
    return MonthsKept(
        made=made,
        dropped=dropped,
        buckets=ports.metrics.forget(before=before),
        journeys=ports.journeys.forget(before=before),
    )
