"""The role of runs, sensors and schedules: it can do what they need, and no more."""

from datetime import date, timedelta

import pytest
from sqlalchemy import text

from exports_pipeline.adapters.activity_store import PostgresActivityStore
from exports_pipeline.adapters.audit_chain import PostgresAuditChain
from exports_pipeline.adapters.campaigns_yaml import read_campaign_rules
from exports_pipeline.adapters.erasure_store import PostgresErasures
from exports_pipeline.adapters.event_store import PostgresEventStore
from exports_pipeline.adapters.figures import PostgresFigures
from exports_pipeline.adapters.insight_reader import PostgresInsights
from exports_pipeline.adapters.job_store import PostgresJobStore
from exports_pipeline.adapters.journey_rollup import JourneyRollup
from exports_pipeline.adapters.link_store import PostgresLinkStore
from exports_pipeline.adapters.metric_store import PostgresMetricStore
from exports_pipeline.adapters.metrics_yaml import read_metrics
from exports_pipeline.adapters.outbox import PostgresOutbox
from exports_pipeline.adapters.person_archive import PostgresPersonArchive
from exports_pipeline.adapters.schedule_store import PostgresScheduleStore
from exports_pipeline.adapters.team_store import PostgresTeamStore
from exports_pipeline.core.export_job import Progress
from exports_pipeline.core.ledger import QueueLimits
from exports_pipeline.core.recipient import Channel, Recipient
from exports_pipeline_tests.acting import REFUSED, acting
from exports_pipeline_tests.builders import entry, new_job, requester, stored_file
from exports_pipeline_tests.every_table import TEAM
from exports_pipeline_tests.fakes.clock import NOON

LATER = NOON + timedelta(hours=1)
BOB, MANAGER = requester("bob"), requester("ann", "MANAGE_EXPORTS")


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM audit_log",
        "UPDATE audit_log SET action = 'nothing'",
        "DELETE FROM export_jobs",
        "DELETE FROM users",
        "DELETE FROM job_rollups",
        "UPDATE users SET id = gen_random_uuid() WHERE false; DELETE FROM manifests; DROP TABLE manifests",
        "UPDATE destinations SET address = 'https://mine.example'",
        "TRUNCATE export_jobs CASCADE",
        "DROP TABLE export_jobs CASCADE",
        "ALTER TABLE audit_log DISABLE TRIGGER ALL",
        "SET ROLE exports",
        "CREATE TABLE mine (x int)",
        "SELECT make_audit_month('2031-01-01')",
        "SELECT drop_audit_month('2020-01-01', now())",
        "DELETE FROM audit_seals",
        "INSERT INTO audit_seals SELECT * FROM audit_seals",
    ],
)
def test_the_pipeline_has_no_more_than_it_needs(bobs, working, statement):
    assert acting(working, None)(statement) == REFUSED


def test_the_pipeline_does_what_runs_sensors_and_schedules_need(bobs, working, engine):
    jobs, outbox, schedules = PostgresJobStore(working), PostgresOutbox(working), PostgresScheduleStore(working)
    mail = Recipient(channel=Channel.EMAIL, address="bob@example.com")
    [job] = jobs.reserve(slots=1, now=LATER)
    jobs.launched(job.id, 1, "run")
    jobs.claim(job.id, 1, run_id="run", now=LATER)
    jobs.beat(job.id, 1, Progress(rows=1), now=LATER)
    jobs.complete(job.id, 1, stored_file(), now=LATER, expires_at=LATER, recipients=[mail], manifest={})
    [delivery] = outbox.reserve(job_id=job.id, now=LATER, lease=timedelta(minutes=1))
    PostgresLinkStore(working).make(delivery.id, job.id, now=LATER, expires_at=LATER)
    outbox.sent(delivery, receipt="250", now=LATER)
    assert len(schedules.reserve(now=LATER, lease=timedelta(minutes=1), limit=5)) == 1
    scheduled = new_job("bob", minutes=5)
    assert jobs.add_all([(scheduled, entry(scheduled))], limits=QueueLimits(per_user=9, total=9)) == {scheduled.id}
    assert PostgresActivityStore(working).roll_up() > 0
    assert PostgresEventStore(working, owner=engine).make_months([LATER.date().replace(day=1, year=2031)]) == 1
    metrics = read_metrics()
    rules = read_campaign_rules(None, metrics)
    assert PostgresMetricStore(working, metrics, also=[JourneyRollup(rules.funnel)]).roll_up(LATER).events == 1
    assert sum(each.jobs for each in PostgresFigures(working).read().jobs) == 3
    assert PostgresInsights(working).roll_up() > 0


def test_the_log_is_kept_by_the_pipeline_and_its_months_by_the_owner(bobs, working, engine):
    chain = PostgresAuditChain(working, patient=working, owner=engine)
    assert chain.seal() > 0
    assert chain.state().pending == 0
    assert chain.make_months([date(2032, 1, 1)]) == 1
    with engine.begin() as connection:
        assert connection.execute(
            text("SELECT relrowsecurity FROM pg_class WHERE relname = 'audit_log_2032_01'")
        ).scalar()
        connection.execute(text("DROP TABLE audit_log_2032_01"))


def test_the_pipeline_erases_a_person_and_hands_out_what_is_held_of_them(bobs, working, engine):
    assert b"".join(PostgresPersonArchive(working).pieces(BOB.user_id, now=LATER) or []) != b""
    with engine.begin() as connection:  # the one under way would go on
        connection.execute(text("DELETE FROM erasures"))
    erasures = PostgresErasures(working)
    begun = erasures.begin(BOB.user_id, MANAGER.user_id, now=LATER)
    erased = erasures.erase_rows(begun, now=LATER)
    assert (erased.counts["destinations"], erased.counts["keys"], erased.counts["memberships"]) == (1, 1, 1)


def test_the_pipeline_forgets_a_team_and_what_was_shared_with_it(bobs, working, engine):
    with engine.begin() as connection:
        for table in ("export_jobs", "schedules", "destinations"):
            connection.execute(text(f"UPDATE {table} SET shared_with = :teams"), {"teams": [TEAM]})
    PostgresTeamStore(working).delete(TEAM, entry(new_job("bob"), "team.deleted"))
    with engine.connect() as connection:
        assert connection.execute(text("SELECT DISTINCT shared_with FROM export_jobs")).scalars().all() == [[]]
