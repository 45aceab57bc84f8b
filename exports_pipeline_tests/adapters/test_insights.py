"""Live figures equal the ledger: every insight of a ledger that lived through everything, beside a direct query."""

from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import combinations, product
from statistics import fmean

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from exports_api.schemas.insights import TallyView
from exports_pipeline.adapters.insight_levels import LEVELS, WITH_QUARTERS
from exports_pipeline.adapters.insight_reader import PostgresInsights
from exports_pipeline.adapters.migrations import downgrade, migrate
from exports_pipeline.adapters.postgres import make_engine
from exports_pipeline.adapters.rollup_pieces import GRAINS
from exports_pipeline.core.catalog import user_id
from exports_pipeline.core.figures import SECONDS_BUCKETS
from exports_pipeline.core.insights import Facet, Tally
from exports_pipeline.core.job_filter import ANY_JOB, JobFilter
from exports_pipeline.core.time_spans import Granularity, days_between
from exports_pipeline_tests.adapters.ledger_play import MOVES, START, LedgerPlay, lived_through

RANGE = days_between(START - timedelta(days=2), START + timedelta(days=60), "UTC")
ZONES = ("UTC", "Europe/Prague", "Asia/Kathmandu", "America/St_Johns", "Pacific/Auckland")
FILTERS = [
    ANY_JOB,
    JobFilter(user_id=user_id("ann")),
    JobFilter(tag="finance"),
    JobFilter(tag=""),
    JobFilter(plan="spring"),
    JobFilter(list="", plan=""),
    JobFilter(destination="manual"),
    JobFilter(destination="email", format="csv"),
    JobFilter(dataset="trips", type="report", user_id=user_id("bob")),
    JobFilter(status="failed", error_code="query_failed"),
]
IN_ZONES = [
    (ANY_JOB, (Facet.DESTINATION,)),
    (JobFilter(plan="fall", format="csv"), ()),
    (JobFilter(tag="finance"), (Facet.DESTINATION,)),
]
OPENED = (ANY_JOB, JobFilter(plan="spring"), JobFilter(format="csv"), JobFilter(format="csv", destination="manual"))
FIELDS = {"user_id": "user", "error_code": "error"}


@pytest.fixture
def rollups(engine):
    with engine.begin() as connection:
        connection.execute(text("TRUNCATE job_kinds, job_rollups, job_tail, opening_rollups RESTART IDENTITY"))
    return engine


@pytest.fixture
def play(rollups):
    return lived_through(rollups)


def is_meant(row, jobs):
    return all(
        wanted is None or str(wanted) in ([value] if isinstance(value := row[FIELDS.get(name, name)], str) else value)
        for name, wanted in vars(jobs).items()
    )


def values(row, facet):
    value = row[facet]
    return [value] if isinstance(value, str) else value


def added(tally, row):
    ran = row["run_s"] is not None
    status = {name: int(row["status"] == name) for name in ("completed", "failed", "cancelled")}
    took = {"queue_us": max(0, int(row["queue_s"] * 10**6)), "run_us": int(row["run_s"] * 10**6)} if ran else {}
    return tally + Tally(**status, rows=row["rows"], bytes=row["bytes"], ran=int(ran), **took)


def asked_of(row, facet, jobs):
    """What a job counts for: of tags and destinations the one alone that is asked for, if any."""
    one = {Facet.TAG: jobs.tag, Facet.DESTINATION: jobs.destination}.get(facet)
    return [one] if one else values(row, facet)


def directly(rows, jobs, spans, by):
    """What a query of the ledger itself counts."""
    found = defaultdict(Tally)
    for row in rows:
        place = next((n for n, each in enumerate(spans) if each.since <= row["completed_at"] < each.until), None)
        if place is not None and is_meant(row, jobs):
            for key in product(*(asked_of(row, facet, jobs) for facet in by)):
                found[(place, key)] = added(found[(place, key)], row)
    return dict(found)


def told(insights, jobs, spans, by):
    return {(each.span, each.key): each.tally for each in insights.count(jobs, spans, by)}


def test_the_play_has_seen_everything(play):
    rows = play.direct()
    assert {row["status"] for row in rows} == {"completed", "failed", "cancelled"}
    assert len({row["dataset"] for row in rows}) == len({row["plan"] for row in rows}) == 3
    assert len({channel for row in rows for channel in row["destination"]}) >= 6
    assert len(play.opened) > 10


def test_every_count_by_every_facet_equals_a_direct_query(play, rollups):
    insights, rows, spans = PostgresInsights(rollups), play.direct(), [RANGE.span]
    for jobs, by in product(FILTERS, [(), *((facet,) for facet in Facet)]):
        assert told(insights, jobs, spans, by) == directly(rows, jobs, spans, by), (jobs, by)


def test_counts_by_several_facets_equal_a_direct_query(play, rollups):
    insights, rows, spans = PostgresInsights(rollups), play.direct(), [RANGE.span]
    of_three = [(Facet.PLAN, Facet.LIST, Facet.TAG), (Facet.DESTINATION, Facet.DATASET, Facet.PLAN)]
    for by in [*combinations((Facet.TAG, Facet.DESTINATION, Facet.FORMAT), 2), *of_three]:
        assert told(insights, ANY_JOB, spans, by) == directly(rows, ANY_JOB, spans, by), by


def test_each_level_counts_every_job_once_in_each_grain(play, rollups):
    PostgresInsights(rollups).roll_up()
    query = "SELECT level, grain, sum(completed + failed + cancelled) AS jobs FROM job_rollups GROUP BY level, grain"
    with rollups.begin() as connection:
        counted = {(row.level, row.grain): row.jobs for row in connection.execute(text(query))}
    grains = {level: (*GRAINS, "quarter") if level in WITH_QUARTERS else GRAINS for level in LEVELS}
    assert counted == {(level, grain): len(play.direct()) for level in LEVELS for grain in grains[level]}


def test_the_longest_bars_equal_those_of_a_direct_query(play, rollups):
    insights, rows = PostgresInsights(rollups), play.direct()
    facets = [(), (Facet.USER,), (Facet.DESTINATION, Facet.DATASET, Facet.PLAN)]
    for zone, jobs, by in product(ZONES[1:3], FILTERS, facets):
        span = days_between(START + timedelta(days=1), START + timedelta(days=50), zone).span
        bars = [(key, tally) for (_, key), tally in directly(rows, jobs, [span], by).items()]
        bars.sort(key=lambda bar: (-bar[1].jobs, bar[0]))
        found, left_out = insights.longest(jobs, span, by, limit=3)
        assert [(each.key, each.tally) for each in found] == bars[:3], (zone, jobs, by)
        assert left_out == max(0, len(bars) - 3), (zone, jobs, by)


def test_series_equal_a_direct_query_in_every_zone(play, rollups):
    insights, rows = PostgresInsights(rollups), play.direct()
    for zone, granularity in product(ZONES, Granularity):
        last = START + timedelta(days=10 if granularity is Granularity.HOUR else 50)
        spans = days_between(START + timedelta(days=1), last, zone).spans(granularity)
        for jobs, by in IN_ZONES:
            assert told(insights, jobs, spans, by) == directly(rows, jobs, spans, by), (zone, granularity)


def test_rows_per_job_and_the_failure_rate_equal_a_direct_query(play, rollups):
    insights, ended = PostgresInsights(rollups), play.direct()
    for jobs in FILTERS[:-1]:  # of the last one no job made a file
        rows = [row for row in ended if is_meant(row, jobs)]
        completed = [row["rows"] for row in rows if row["status"] == "completed"]
        failed = [row["status"] == "failed" for row in rows if row["status"] != "cancelled"]
        figures = TallyView.figures_of(told(insights, jobs, [RANGE.span], ())[0, ()], "")
        assert figures["rows_per_job"] == round(fmean(completed), 3), jobs
        assert figures["failure_rate"] == round(fmean(failed), 6), jobs


def test_seconds_fall_into_the_buckets_of_a_direct_query(play, rollups):
    for jobs in (ANY_JOB, JobFilter(user_id=user_id("ann")), JobFilter(dataset="sales", format="csv")):
        rows = [row for row in play.direct() if is_meant(row, jobs) and row["run_s"] is not None]
        found = PostgresInsights(rollups).seconds(jobs, RANGE.span)
        for counts, name in ((found.queue, "queue_s"), (found.run, "run_s")):
            wanted = Counter(next(n for n, bound in enumerate(SECONDS_BUCKETS) if row[name] <= bound) for row in rows)
            assert counts == tuple(wanted[n] for n in range(len(SECONDS_BUCKETS)))
    assert PostgresInsights(rollups).seconds(JobFilter(plan="fall"), RANGE.span) is None


def test_openings_equal_what_was_opened(play, rollups):
    rows = {row["id"]: row for row in play.direct()}
    for zone, jobs in product(("UTC", "Asia/Kathmandu"), OPENED):
        spans = days_between(START, START + timedelta(days=60), zone).spans(Granularity.DAY)
        wanted = defaultdict(lambda: [0, 0])
        for job_id, at, channel, size in play.opened:
            place = next((n for n, each in enumerate(spans) if each.since <= at < each.until), None)
            if place is not None and is_meant(rows[job_id], jobs):
                wanted[(place, channel)][0] += 1
                wanted[(place, channel)][1] += size
        found = PostgresInsights(rollups).openings(jobs, spans)
        assert {(each.span, each.channel): [each.openings, each.bytes] for each in found} == wanted


def test_the_largest_and_what_is_stored_equal_a_direct_query(play, rollups):
    insights, now = PostgresInsights(rollups), datetime.combine(START + timedelta(days=30), datetime.min.time(), UTC)
    for jobs in FILTERS:
        rows = [row for row in play.direct() if is_meant(row, jobs) and row["status"] == "completed"]
        largest = insights.largest(jobs, RANGE.span, limit=5)
        assert [job.result.row_count for job in largest] == sorted((row["rows"] for row in rows), reverse=True)[:5]
        stored = Counter()
        for row in rows:
            if row["expires_at"] > now:
                stored[(row["dataset"], row["format"])] += row["bytes"]
        assert {(each.dataset, each.format): each.bytes for each in insights.stored(jobs, now=now)} == stored


@pytest.mark.parametrize("role", ["none", "exports_api"])
def test_what_is_stored_stands_in_an_index_on_both_sides_of_the_wall(play, rollups, role):
    asked = "dataset, format, count(*), sum(file_size_bytes) FROM export_jobs WHERE status = 'completed'"
    with rollups.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE export_jobs"))
    with rollups.begin() as connection:
        connection.execute(text("SET LOCAL enable_seqscan = off"))
        connection.execute(text("SET LOCAL enable_bitmapscan = off"))
        connection.execute(text(f"SET LOCAL ROLE {role}"))
        plan = connection.execute(text(f"EXPLAIN SELECT {asked} AND expires_at > now() GROUP BY dataset, format"))
        assert "Index Only Scan using export_jobs_stored" in str(plan.all())


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), moves=st.lists(st.sampled_from(MOVES), min_size=5, max_size=40))
def test_whatever_happens_the_rollups_are_those_of_a_ledger_counted_anew(rollups, seed, moves):
    play = LedgerPlay(rollups, seed)
    for _ in range(4):
        play.add()
    for move in moves:
        play.step(move)
    assert in_rollups(rollups) == counted_anew(rollups)


def test_old_jobs_are_counted_by_the_migration(play, rollups, migrated):
    before = in_rollups(rollups)
    rollups.dispose()
    downgrade(migrated, revision="0011_create_events")
    migrate(migrated)
    engine = make_engine(migrated)
    assert in_rollups(engine) == before
    spans = [RANGE.span]
    assert told(PostgresInsights(engine), ANY_JOB, spans, ()) == directly(play.direct(), ANY_JOB, spans, ())
    engine.dispose()


@pytest.mark.parametrize("revision", ["0013_roll_up_ended_jobs", "0028_add_up_as_whole_numbers"])
def test_what_was_counted_of_jobs_that_are_gone_stays_counted(play, rollups, migrated, revision):
    PostgresInsights(rollups).roll_up()
    before = in_rollups(rollups)
    with rollups.begin() as connection:
        connection.execute(text("TRUNCATE export_jobs CASCADE"))
    rollups.dispose()
    downgrade(migrated, revision=revision)
    migrate(migrated)
    engine = make_engine(migrated)
    assert in_rollups(engine) == before
    engine.dispose()


def test_jobs_that_end_and_are_retried_at_once_lose_no_count(rollups):
    plays = [LedgerPlay(rollups, seed) for seed in range(4)]

    def live(play):
        for _ in range(10):
            play.add()
        for _ in range(60):
            play.step(play.dice.choice(MOVES))

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(live, plays))
    assert in_rollups(rollups) == counted_anew(rollups)


def in_rollups(engine):
    """What was counted: what is rolled up, and what is not yet."""
    tail = "SELECT figures.* FROM job_tail AS entry, rollups_of(entry) AS figures"
    return counted(engine, f"SELECT * FROM job_rollups UNION ALL {tail}")


def counted_anew(engine):
    """What the ledger as it is comes to."""
    ended = (
        "SELECT tail_of(job, 1) AS entry FROM export_jobs AS job WHERE status = ANY ('{completed,failed,cancelled}')"
    )
    return counted(engine, f"SELECT figures.* FROM ({ended}) AS noted, rollups_of(noted.entry) AS figures")


def counted(engine, rollups):
    """Sums by level, grain, bucket and kind, without those that came to nothing; no seconds are no counts of them."""
    query = f"""
        SELECT total.level, total.grain, total.bucket, kind.digest, sum(total.completed), sum(total.failed),
               sum(total.cancelled), sum(total.rows), sum(total.bytes), sum(total.ran), sum(total.queue_us),
               sum(total.run_us), coalesce(sum_counts(total.queue_counts), '{{}}') AS queue_counts,
               coalesce(sum_counts(total.run_counts), '{{}}') AS run_counts
        FROM ({rollups}) AS total JOIN job_kinds AS kind ON kind.id = total.kind
        GROUP BY total.level, total.grain, total.bucket, kind.digest
        HAVING sum(total.completed + total.failed + total.cancelled) > 0"""
    with engine.begin() as connection:
        rows = [tuple(row) for row in connection.execute(text(query))]
    return sorted(
        ((*row[:-2], *(list(filter(None, counts)) and counts for counts in row[-2:])) for row in rows), key=str
    )
