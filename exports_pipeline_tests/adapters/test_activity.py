"""The activity of users: whatever is rolled up already, it is what the audit log says."""

from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from random import Random
from uuid import NAMESPACE_DNS, uuid5
from zoneinfo import ZoneInfo

import duckdb
import pytest
from sqlalchemy import text

from exports_pipeline.adapters.activity_store import PostgresActivityStore
from exports_pipeline.adapters.audit_log import PostgresAuditLog
from exports_pipeline.adapters.migrations import downgrade, migrate
from exports_pipeline.adapters.user_store import PostgresUserStore
from exports_pipeline.core.activity import FEATURES, HEADS, OTHER, OTHER_BIT, bits_of_features
from exports_pipeline.core.days import Days
from exports_pipeline.core.ledger import AuditEntry
from exports_pipeline.core.metric import Granularity
from exports_pipeline_tests.builders import requester
from exports_pipeline_tests.fakes.clock import NOON

ZONES = ["UTC", "Asia/Kathmandu", "Australia/Lord_Howe", "America/New_York"]
ACTIONS = ["export.requested", "report.requested", "link.opened", "schedule.created", "something.else"]


@pytest.fixture
def ledger(engine):
    with engine.begin() as connection:
        connection.execute(text("TRUNCATE activity_tail, activity_rollups"))
    return engine


def days(first, last, granularity=Granularity.DAY, zone="UTC"):
    return Days(from_=first, to=last, granularity=granularity, zone=ZoneInfo(zone))


def log(engine, rows):
    """Append to the audit log as writers do, but many at once."""
    into = "COPY audit_log (at, actor, action, details) FROM STDIN"
    for begin in range(0, len(rows), 10_000):
        with engine.begin() as connection, connection.connection.driver_connection.cursor().copy(into) as copy:
            for row in rows[begin : begin + 10_000]:
                copy.write_row((*row, "{}"))


def random_rows(random, people):
    begin = datetime(2026, 3, 20, tzinfo=UTC)
    return [
        (
            begin + timedelta(seconds=random.randrange(20 * 86_400)),
            random.choice(people).user_id,
            random.choice(ACTIONS),
        )
        for _ in range(150)
    ]


@pytest.mark.parametrize("zone", ZONES)
def test_activity_is_that_of_the_log_however_much_of_it_is_rolled_up(ledger, zone):
    random = Random(zone)  # noqa: S311 - no secret
    people = [requester(name) for name in ("ann", "bob", "eve")]
    for person in people[:2]:
        PostgresUserStore(ledger).seen(person, at=NOON)
    store = PostgresActivityStore(ledger)
    rows = []
    for rolled_up in (150, 150, 0):
        new = random_rows(random, people)
        log(ledger, new)
        rows += new
        if rolled_up:
            assert store.roll_up() == rolled_up
    teams = {people[0].user_id: "ann", people[1].user_id: "bob", people[2].user_id: ""}
    for granularity in (Granularity.HOUR, Granularity.DAY, Granularity.WEEK, Granularity.MONTH):
        asked = days(date(2026, 3, 22), date(2026, 4, 6), granularity, zone)
        buckets = asked.buckets()
        inside = [row for row in rows if buckets[0].since <= row[0] < buckets[-1].until]
        assert_groups(store.by_team(buckets, actor=None), inside, buckets, lambda row: teams[row[1]])
        assert_groups(store.by_feature(buckets, actor=None), inside, buckets, feature_of_row)
        own = [row for row in inside if row[1] == people[1].user_id]
        assert_groups(store.by_team(buckets, actor=people[1].user_id), own, buckets, lambda row: teams[row[1]])
        assert_groups(store.by_feature(buckets, actor=people[1].user_id), own, buckets, feature_of_row)
    users = store.most_active([asked.whole()], actor=None, limit=10)
    counts = Counter(row[1] for row in inside)
    assert {user.user_id: user.actions for user in users} == counts
    for user in users:
        times = [row[0] for row in inside if row[1] == user.user_id]
        assert (user.first_at, user.last_at, user.team) == (min(times), max(times), teams[user.user_id])


def feature_of_row(row):
    return FEATURES.get(row[2].partition(".")[0], OTHER)


def assert_groups(found, rows, buckets, name):
    groups = defaultdict(list)
    for row in rows:
        groups[name(row)].append(row)
    assert set(found.groups) == set(groups)
    for activity, own in [(found.everybody, rows), *((found.groups[group], each) for group, each in groups.items())]:
        inside = [[row for row in own if each.since <= row[0] < each.until] for each in buckets]
        assert activity.actions == len(own)
        assert activity.users == len({row[1] for row in own})
        assert list(activity.actions_series) == [len(each) for each in inside]
        assert list(activity.users_series) == [len({row[1] for row in each}) for each in inside]


def test_what_was_rolled_up_before_is_told_by_feature_as_well(ledger, migrated):
    everything = text("SELECT to_jsonb(kept) FROM activity_rollups AS kept ORDER BY granularity, bucket, actor, action")
    log(ledger, random_rows(Random(1), [requester("ann"), requester("bob")]))  # noqa: S311 - no secret
    PostgresActivityStore(ledger).roll_up()
    with ledger.connect() as connection:
        before = connection.execute(everything).scalars().all()
    assert {row["features"] for row in before if row["granularity"] == "any month"} != {0}
    ledger.dispose()
    downgrade(migrated, revision="0018_keep_other_lengths")
    migrate(migrated)
    with ledger.connect() as connection:
        assert connection.execute(everything).scalars().all() == before


def test_the_bits_of_features_stay_where_they_are():
    """They are stored: a beginning of actions that is new gets the next bit, and none gets that of another."""
    kept = (
        "export report schedule delivery link telegram destination user estimate dataset insight event audit redaction"
        " retention catalog quota key role service team token request"
    )
    assert HEADS[: len(kept.split())] == tuple(kept.split())
    assert len(HEADS) <= OTHER_BIT
    assert sum(bits_of_features().values()) == 2 ** len(HEADS) - 1 + 2**OTHER_BIT


def test_what_a_use_case_records_is_seen_at_once(ledger):
    ann = requester("ann")
    PostgresAuditLog(ledger).record(AuditEntry(at=NOON, actor=ann.user_id, action="export.requested"))
    (user,) = PostgresActivityStore(ledger).most_active(
        [days(NOON.date(), NOON.date()).whole()], actor=ann.user_id, limit=5
    )
    assert (user.user_id, user.actions, user.first_at) == (ann.user_id, 1, NOON)


def test_an_audit_log_of_incidents_gives_the_figures_of_a_direct_query(ledger, shared_data):
    updates = duckdb.sql(f"""
        SELECT sys_updated_at, sys_updated_by, 'report.' || lower(incident_state)
        FROM '{shared_data}/itsm_incident_audit/incident_event_log.parquet'""").fetchall()
    log(ledger, [(at.replace(tzinfo=UTC), uuid5(NAMESPACE_DNS, who), action) for at, who, action in updates])
    store = PostgresActivityStore(ledger)
    assert store.roll_up() == 119_998
    whole = days(date(2016, 2, 29), date(2017, 2, 15), Granularity.WEEK)
    busiest, *_ = store.most_active([whole.whole()], actor=None, limit=3)
    assert (busiest.user_id, busiest.actions) == (uuid5(NAMESPACE_DNS, "Updated by 908"), 29_625)
    weekly = store.by_feature(whole.buckets(), actor=None).everybody
    direct = Counter()
    actives = defaultdict(set)
    for at, who, _ in updates:
        monday = at.date() - timedelta(days=at.weekday())
        direct[monday] += 1
        actives[monday].add(who)
    mondays = [bucket.start.date() for bucket in whole.buckets()]
    assert list(weekly.actions_series) == [direct[monday] for monday in mondays]
    assert list(weekly.users_series) == [len(actives[monday]) for monday in mondays]


def test_a_day_of_edits_gives_the_figures_of_a_direct_query(ledger, shared_data):
    edits = duckdb.sql(
        f"""SELECT time, "user", channel FROM '{shared_data}/wikiticker/wikiticker.parquet'"""
    ).fetchall()
    log(ledger, [(at, uuid5(NAMESPACE_DNS, who), f"link.{channel}") for at, who, channel in edits])
    store = PostgresActivityStore(ledger)
    store.roll_up()
    day = days(date(2015, 9, 12), date(2015, 9, 12), Granularity.HOUR, "Asia/Kolkata")
    hours = Counter()
    for at, _, _ in edits:
        local = at.astimezone(day.zone)
        if local.date() == day.to:
            hours[local.hour] += 1
    found = store.by_feature(day.buckets(), actor=None)
    assert list(found.everybody.actions_series) == [hours[hour] for hour in range(24)]
    utc = days(date(2015, 9, 12), date(2015, 9, 12)).whole()
    everybody = store.by_feature([utc], actor=None).everybody
    assert (everybody.actions, everybody.users) == (39_244, len({who for _, who, _ in edits}))
