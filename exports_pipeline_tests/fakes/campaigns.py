"""Campaigns, their journeys, and the activity of users, in memory."""

from collections import Counter, defaultdict

from exports_pipeline.core.activity import Activities, Activity, UserActivity, feature_of
from exports_pipeline.core.histogram import packed
from exports_pipeline.core.journey import durations
from exports_pipeline_tests.journeys import direct


class InMemoryJourneys:
    """`JourneyStore` that tells journeys from a list of events whenever it is asked."""

    def __init__(self, events, funnel) -> None:
        self.events, self.funnel = events, funnel

    def campaigns(self, tenant):
        return sorted({event.campaign for event in self.events if event.tenant == tenant and event.campaign})

    def knows(self, tenant, campaign):
        return campaign in self.campaigns(tenant)

    def reached(self, tenant, campaign, buckets, *, steps, segments):
        return tuple(
            tuple(
                sum(len(times) > step for times in self._begun(tenant, campaign, bucket, segments))
                for step in range(steps)
            )
            for bucket in buckets
        )

    def durations(self, tenant, campaign, span, *, segments):
        histograms = defaultdict(int)
        for times in self._begun(tenant, campaign, span, segments):
            for step, since, duration in durations(times):
                histograms[step, since] += packed([duration])
        return histograms

    def _begun(self, tenant, campaign, span, segments):
        return [
            times
            for key, (segment, times) in direct(self.events, self.funnel).items()
            if key[:2] == (tenant, campaign) and span.since <= times[0] < span.until
            if segments is None or segment in segments
        ]

    def forget(self, *, before):
        told = direct(self.events, self.funnel)
        old = {key for key, (_, times) in told.items() if times[0] < before}
        self.events = [each for each in self.events if (each.tenant, each.campaign, each.customer) not in old]
        return len(old)


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
        return self._by(lambda entry: feature_of(entry.action.partition(".")[0]), buckets, actor)

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
