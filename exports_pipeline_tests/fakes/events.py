"""Events in memory."""

from datetime import timedelta

from exports_pipeline.core.event_months import month_after, month_of, start_of
from exports_pipeline.core.event_store import Added


class InMemoryEvents:
    """`EventStore` over dictionaries."""

    def __init__(self) -> None:
        self.events, self.batches, self.months = {}, [], set()
        """Events and the numbers of their batches by tenant and id; tenant, time and size of each batch."""
        self.stale_minutes, self.stale_customers = set(), set()

    def add(self, tenant, events, *, now, replace):
        added, batch = {}, len(self.batches)
        counts = {"stored": 0, "duplicates": 0, "replaced": 0}
        for event in events:
            key = (tenant, event.id)
            if key not in self.events and key not in added:
                added[key] = event
                counts["stored"] += 1
            elif not replace:
                counts["duplicates"] += 1
            else:
                counts["replaced"] += 1
                added[key] = event
        for key, event in added.items():
            old, its_batch = self.events.get(key, (None, batch))
            self.events[key] = (event, its_batch)
            if old is not None:
                self._note(tenant, old, event)
        if counts["stored"]:
            self.batches.append((tenant, now, counts["stored"]))
        sent = {event.id: event for event in (events if replace else reversed(events))}
        self.make_months({month_of(event.occurred_at) for event in sent.values()})  # of those that were there, too
        return Added(**counts)

    def make_months(self, months):
        missing = set(months) - self.months
        self.months |= missing
        return len(missing)

    def forget(self, *, before):
        gone = {month for month in self.months if start_of(month_after(month)) <= before}
        self.months -= gone
        self.events = {key: kept for key, kept in self.events.items() if month_of(kept[0].occurred_at) not in gone}
        return len(gone)

    def _note(self, tenant, *versions):
        for event in versions:
            at = event.occurred_at
            self.stale_minutes.add((tenant, at - timedelta(seconds=at.second, microseconds=at.microsecond)))
            if event.customer:
                self.stale_customers.add((tenant, event.customer))
