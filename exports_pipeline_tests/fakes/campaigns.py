"""Campaigns, their metrics and journeys, and the activity of users, in memory."""

from collections import Counter, defaultdict

from exports_pipeline.adapters.metrics_yaml import read_metrics
from exports_pipeline.core.activity import FEATURES, OTHER, Activities, Activity, UserActivity
from exports_pipeline.core.days import Days
from exports_pipeline.core.histogram import packed
from exports_pipeline.core.journey import durations
from exports_pipeline.core.journey_store import CohortFigures
from exports_pipeline.core.metric_store import Line, Measure, Series
from exports_pipeline_tests.journeys import direct


class InMemoryMetrics:
    """`MetricStore` that aggregates a list of events whenever it is asked, of metrics that count."""

    def __init__(self, events) -> None:
        self.events, self.metrics = events, read_metrics()

    def series(self, tenant, metric, *, from_, to, granularity, zone, where=None, by=()):
        buckets = Days(from_=from_, to=to, zone=zone, granularity=granularity).buckets()
        found = self.metrics.find(metric)
        groups = defaultdict(list) if by else {(): []}
        for event in self.events:
            if event.tenant == tenant and _fits(event, found.events.fields) and _fits(event, where or {}):
                groups.setdefault(tuple(_field(event, name) for name in by), []).append(event)
        lines = [
            Line(
                group=group,
                points=tuple(_measure(_within(events, bucket)) for bucket in buckets),
                total=_measure([event for bucket in buckets for event in _within(events, bucket)]),
            )
            for group, events in groups.items()
        ]
        lines = [line for line in lines if line.total.count or not by]
        return Series(metric=found, by=tuple(by), buckets=buckets, lines=tuple(lines))

    def totals(self, tenant, metric, *, from_, to, zone, where=None, by=()):
        days = Days(from_=from_, to=to, zone=zone)
        return self.series(
            tenant, metric, from_=from_, to=to, granularity=days.granularity, zone=zone, where=where, by=by
        ).lines


class InMemoryJourneys:
    """`JourneyStore` that tells journeys from a list of events whenever it is asked."""

    def __init__(self, events, funnel) -> None:
        self.events, self.funnel = events, funnel

    def campaigns(self, tenant):
        return sorted({event.campaign for event in self.events if event.tenant == tenant and event.campaign})

    def knows(self, tenant, campaign):
        return campaign in self.campaigns(tenant)

    def cohorts(self, tenant, campaign, buckets, *, steps, segments):
        reached, histograms = [[0] * steps for _ in buckets], defaultdict(int)
        for key, (segment, times) in direct(self.events, self.funnel).items():
            place = next((n for n, each in enumerate(buckets) if each.since <= times[0] < each.until), None)
            if key[:2] != (tenant, campaign) or place is None or (segments is not None and segment not in segments):
                continue
            for step in range(len(times)):
                reached[place][step] += 1
            for step, since, duration in durations(times):
                histograms[step, since] += packed([duration])
        return CohortFigures(reached=tuple(map(tuple, reached)), histograms=histograms)


class InMemoryActivity:
    """`ActivityStore` over the audit log and the users of a ledger in memory."""

    def __init__(self, ledger) -> None:
        self._ledger = ledger

    def most_active(self, buckets, *, actor, limit):
        found = defaultdict(list)
        for entry in self._entries(buckets, actor):
            found[entry.actor].append(entry.at)
        users = [
            UserActivity(user_id=each, team=self._team(each), actions=len(at), first_at=min(at), last_at=max(at))
            for each, at in found.items()
        ]
        return sorted(users, key=lambda each: (-each.actions, each.user_id))[:limit]

    def by_team(self, buckets, *, actor):
        return self._by(lambda entry: self._team(entry.actor), buckets, actor)

    def by_feature(self, buckets, *, actor):
        return self._by(lambda entry: FEATURES.get(entry.action.partition(".")[0], OTHER), buckets, actor)

    def roll_up(self):
        return 0

    def _by(self, name, buckets, actor):
        entries = self._entries(buckets, actor)
        names = Counter(name(entry) for entry in entries)
        groups = {each: _activity([e for e in entries if name(e) == each], buckets) for each, _ in names.most_common()}
        return Activities(everybody=_activity(entries, buckets), groups=groups)

    def _entries(self, buckets, actor):
        entries = [entry for entry in self._ledger.audit if actor in (None, entry.actor)]
        return [entry for entry in entries if buckets[0].since <= entry.at < buckets[-1].until]

    def _team(self, actor):
        user = self._ledger.users.requester(actor)
        return user.owner_key if user else ""


def _activity(entries, buckets):
    inside = [[entry for entry in entries if each.since <= entry.at < each.until] for each in buckets]
    return Activity(
        actions=len(entries),
        users=len({entry.actor for entry in entries}),
        actions_series=tuple(map(len, inside)),
        users_series=tuple(len({entry.actor for entry in each}) for each in inside),
    )


def _field(event, name):
    return event.metadata.get("segment", "") if name == "segment" else getattr(event, name)


def _fits(event, wanted):
    return all(_field(event, name) in values for name, values in wanted.items())


def _within(events, bucket):
    return [event for event in events if bucket.since <= event.occurred_at < bucket.until]


def _measure(events):
    return Measure(count=len(events), customers=len({event.customer for event in events} - {""}))
