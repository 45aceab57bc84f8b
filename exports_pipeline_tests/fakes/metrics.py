"""Metrics of events in a list, added up anew for every question."""

from exports_pipeline.adapters.metrics_yaml import read_metrics
from exports_pipeline.core.bucket import buckets_between
from exports_pipeline.core.metric import Aggregate, Granularity
from exports_pipeline.core.metric_store import Line, Measure, RolledUp, Series
from exports_pipeline_tests.direct_figures import counts, figures, value_of


class InMemoryMetrics:
    """`MetricStore` over events that stand in `events`, which are rolled up at once, and over what it is told."""

    def __init__(self, metrics=None, events=()):
        self.metrics = metrics or read_metrics()
        self.events = list(events)
        self.is_new = self.is_late = False
        self.rolled_up = RolledUp()
        self.mismatches = []
        self.checked = []
        self.backfilled = []

    def series(self, tenant, metric, *, from_, to, granularity, zone, where=None, by=()):
        buckets = tuple(buckets_between(from_, to, granularity, zone))
        (lines,) = self.lines(tenant, [metric], buckets, where=where, by=by)
        return Series(metric=self.metrics.find(metric), by=tuple(by), buckets=buckets, lines=lines)

    def lines(self, tenant, metrics, buckets, *, where=None, by=()):
        return [self._lines(tenant, metric, buckets, where=where, by=by) for metric in metrics]

    def _lines(self, tenant, metric, buckets, *, where, by):
        metric = self.metrics.find(metric)
        metric.check_dimensions(list(where or {}), field="where")
        metric.check_dimensions(by, field="by")
        found = {} if by else {(): [[] for _ in buckets]}
        for event in self.events:
            is_wanted = all(value_of(event, name) in values for name, values in (where or {}).items())
            if event.tenant != tenant or not counts(metric, event) or not is_wanted:
                continue
            for place, bucket in enumerate(buckets):
                if bucket.since <= event.occurred_at < bucket.until:
                    group = tuple(value_of(event, name) for name in by)
                    found.setdefault(group, [[] for _ in buckets])[place].append(event)
        lines = [
            Line(
                group=group,
                points=tuple(_measure(metric, events) for events in points),
                total=_measure(metric, [event for events in points for event in events]),
            )
            for group, points in found.items()
        ]
        lines.sort(key=lambda line: (-line.total.count, line.group))
        return tuple(lines)

    def totals(self, tenant, metric, *, from_, to, zone, where=None, by=()):
        asked = {"from_": from_, "to": to, "zone": zone, "where": where, "by": by}
        lines = self.series(tenant, metric, granularity=Granularity.MONTH, **asked).lines
        return tuple(Line(group=line.group, points=(), total=line.total) for line in lines)

    def roll_up(self, now):
        self.is_new = self.is_late = False
        return self.rolled_up

    def has_new(self):
        return self.is_new

    def has_late(self):
        return self.is_late

    def backfill(self, metrics, *, from_, to):
        self.metrics.choose(metrics)
        self.backfilled.append((metrics, from_, to))
        return len(self.events)

    def forget(self, *, before):
        kept = [event for event in self.events if event.occurred_at >= before]
        forgotten, self.events = len(self.events) - len(kept), kept
        return forgotten

    def check(self, *, buckets, seed):
        self.checked.append((buckets, seed))
        return self.mismatches


def _measure(metric, events):
    if not events:
        return Measure(customers=0 if metric.aggregate is Aggregate.DISTINCT else None)
    count, total, least, most, customers = figures(metric, events)
    return Measure(count=count, sum=total, min=least, max=most, customers=customers if metric.takes_customers else None)
