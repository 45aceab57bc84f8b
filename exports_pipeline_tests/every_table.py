"""Something of one person in every table, as the service itself writes it wherever that is short."""

from datetime import timedelta
from uuid import UUID, uuid4

from exports_pipeline.adapters.event_store import PostgresEventStore
from exports_pipeline.adapters.job_store import PostgresJobStore
from exports_pipeline.adapters.link_store import PostgresLinkStore
from exports_pipeline.adapters.outbox import PostgresOutbox
from exports_pipeline.adapters.schedule_store import PostgresScheduleStore
from exports_pipeline.core.event import Event
from exports_pipeline.core.ledger import AuditEntry
from exports_pipeline.core.recipient import Channel, Recipient
from exports_pipeline.core.schedule import Window
from exports_pipeline_tests.builders import a_schedule, entry, new_job, requester, stored_file
from exports_pipeline_tests.fakes.clock import NOON

TEAM = UUID(int=11)
# What only roll-ups, bots and forms write; of the tenant or the user `bob`.
REST = """
    INSERT INTO activity_rollups VALUES ('day', '2026-01-01', :user, 'export.requested', 1, now(), now());
    INSERT INTO destinations VALUES
        (gen_random_uuid(), :user, 'mine', 'webhook', 'https://bob.example', '{}', '{}', 'sealed', now(), now());
    INSERT INTO telegram_invitations VALUES ('hash', :user, now() + interval '1 hour');
    INSERT INTO stale_minutes VALUES ('bob', '2026-01-01');
    INSERT INTO stale_customers VALUES ('bob', 'c-1');
    INSERT INTO metric_rollups (tenant, metric, granularity, bucket, dimensions, count)
        VALUES ('bob', 'calls', 'hour', '2026-01-01', '{}', 1);
    INSERT INTO campaigns VALUES ('bob', 'spring');
    INSERT INTO journeys VALUES ('bob', 'c-1', 'spring', '', '{2026-01-01}');
    INSERT INTO journey_rollups VALUES ('bob', 'spring', 'hour', '2026-01-01', '', 1, 1);
    INSERT INTO journey_seconds VALUES ('bob', 'spring', '2026-01-01', '', 1, 1, 'x', 'day');
    INSERT INTO customers_to_retell (tenant, customer) VALUES ('bob', 'c-1');
    INSERT INTO journey_definition VALUES ('digest') ON CONFLICT DO NOTHING;
    INSERT INTO teams VALUES (:team, 'Bobs', now());
    INSERT INTO team_members VALUES (:team, :user, true);
    INSERT INTO api_keys VALUES
        (gen_random_uuid(), 'xk_bob', sha256('x'), :user, 'bob', 'mine', '{}', '{}', :user, now(), now() + '1 day');
    INSERT INTO erasures (user_id, asked_by, began_at) VALUES (:user, :user, now());
    INSERT INTO audit_anchors VALUES ('2020-01-01', 0, 'x', 1, now())"""
EMPTIED = """
    TRUNCATE job_kinds, job_rollups, job_tail, opening_rollups, activity_tail, activity_rollups, job_totals,
        delivery_totals, seconds_totals, analytics_events, event_ids, event_batches, stale_minutes, stale_customers,
        metric_rollups, customers_to_retell, erasures, campaigns, journeys, journey_rollups, journey_seconds,
        journey_definition CASCADE"""


def fill_every_table(engine):
    """Everything that Bob may have; the id of his job that is done, and of one that waits."""
    bob, mail = requester("bob"), Recipient(channel=Channel.EMAIL, address="bob@example.com")
    jobs, outbox = PostgresJobStore(engine), PostgresOutbox(engine)
    done, waiting = new_job("bob", idempotency_key="k", request_digest="d"), new_job("bob", minutes=1)
    for job in (done, waiting):
        jobs.add(job, entry(job))
    jobs.claim(done.id, 1, run_id="run", now=NOON)
    until = NOON + timedelta(days=36_500)
    jobs.complete(done.id, 1, stored_file(), now=NOON, expires_at=until, recipients=[mail], manifest={"rows": 3})
    [delivery] = outbox.reserve(job_id=done.id, now=NOON, lease=timedelta(minutes=1))
    link = PostgresLinkStore(engine).make(delivery.id, done.id, now=NOON, expires_at=until)
    outbox.sent(delivery, receipt="250", now=NOON)
    opened = AuditEntry(at=NOON, actor=bob.user_id, action="link.opened", job_id=done.id, details={})
    PostgresLinkStore(engine).opened(link.id, opened)
    schedules, plan = PostgresScheduleStore(engine), a_schedule("bob")
    schedules.add(plan, bob, opened)
    schedules.add_window(Window(schedule_id=plan.id, due_at=NOON, start_at=NOON, by_hand=True), opened)
    event = Event(id=str(uuid4()), event_type="call", occurred_at=NOON, customer="c-1")
    PostgresEventStore(engine).add("bob", [event], now=NOON, replace=False)
    with engine.begin() as connection:
        connection.exec_driver_sql("SELECT roll_up_tail(100), seal_audit_log(100)")
        connection.exec_driver_sql(REST.replace(":user", f"'{bob.user_id}'").replace(":team", f"'{TEAM}'"))
    cancelled = new_job("bob", minutes=2)
    jobs.add(cancelled, entry(cancelled))
    jobs.cancel(cancelled.id, now=NOON, audit=entry(cancelled, "export.cancelled"))
    return done.id, waiting.id
