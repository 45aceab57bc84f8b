"""A ledger and a warehouse full of things of one person, each with a mark by which it is found in any answer."""

from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID, uuid4

from exports_pipeline.adapters.activity_store import PostgresActivityStore
from exports_pipeline.adapters.audit_chain import PostgresAuditChain
from exports_pipeline.adapters.figures import PostgresFigures
from exports_pipeline.adapters.insight_reader import PostgresInsights
from exports_pipeline.adapters.key_store import PostgresKeyStore
from exports_pipeline.adapters.team_store import PostgresTeamStore
from exports_pipeline.core.catalog import Catalog, TimeColumn
from exports_pipeline.core.delivery import Kind, Notice
from exports_pipeline.core.destination import Destination
from exports_pipeline.core.errors import QueryFailed
from exports_pipeline.core.filters import Filters
from exports_pipeline.core.labels import Labels
from exports_pipeline.core.ledger import AuditEntry
from exports_pipeline.core.origin import Origin, coming_from
from exports_pipeline.core.recipient import Channel, Recipient
from exports_pipeline.core.redaction_policy import Sensitivity
from exports_pipeline.usecases.keep_keys import KeyDraft, create_key
from exports_pipeline.usecases.keep_teams import create_team, put_member
from exports_pipeline_tests.builders import a_schedule, entry, new_job, requester, stored_file
from exports_pipeline_tests.erasable import ports_over
from exports_pipeline_tests.events import Event
from exports_pipeline_tests.fakes.bot import FakeBot
from exports_pipeline_tests.fakes.clock import NOON
from exports_pipeline_tests.fakes.runs import FakeSender

ROWS = """SELECT * FROM (VALUES
  ('ann', 1, 'food', DATE '2026-01-01', 10.50),
  ('mark_owner', 2, 'mark_row', DATE '2026-01-02', 900.00)
) AS t(who, account, kind, booked_on, amount)"""
MARKS = ("row", "owner", "mail", "filter", "error", "label", "manifest", "plan", "place", "secret", "key", "team")
MARKS += ("event", "agent", "chat", "notice")
BOB = replace(requester("bob"), owner_key="mark_owner", email="mark_mail@example.com")
TO_BOB = Recipient(channel=Channel.EMAIL, address="mark_mail@example.com")


@dataclass(frozen=True, kw_only=True)
class Things:
    """What there is of Bob, by the names that paths have for it."""

    job_id: UUID
    delivery_id: UUID
    schedule_id: UUID
    destination_id: UUID
    key_id: UUID
    team_id: UUID
    user_id: UUID = BOB.user_id
    dataset_id: str = "sales"
    kind: str = "tag"
    metric: str = "conversations"
    campaign: str = "mark_event"


def marked_ports(engine, tables):
    """Ports over Postgres and DuckDB, in which there are rows of Ann's and Bob's."""
    day = TimeColumn(column="booked_on")
    plain = tables.dataset(ROWS, name="sales", owner="who", account="account", tag="kind", time=day)
    hidden = {"amount": Sensitivity.MASK}
    columns = tuple(replace(each, sensitive=hidden.get(each.name)) for each in plain.columns)
    catalog = Catalog((replace(plain, columns=columns),))
    return ports_over(
        engine,
        catalog=catalog,
        warehouse=tables.warehouse,
        teams=PostgresTeamStore(engine),
        keys=PostgresKeyStore(engine),
        chain=PostgresAuditChain(engine, patient=engine),
        figures=PostgresFigures(engine),
        insights=PostgresInsights(engine),
        activity=PostgresActivityStore(engine),
        senders={channel: FakeSender() for channel in ("email", "telegram", "sftp")},
        bot=FakeBot(),
    )


def mark(ports):
    """Let Bob have one of everything, every one of them marked."""
    administrator = requester("root", "ADMIN")
    for who in (BOB, administrator, requester("ann")):
        ports.users.seen(who, at=NOON)
    with coming_from(Origin(request_id="r", address="203.0.113.9", agent="mark_agent")):
        done, delivery_id = _completed(ports)
        _failed(ports)
    key = create_key(KeyDraft(name="mark_key", user="bob"), administrator, ports=ports).key
    team = create_team("mark_team", administrator, ports=ports)
    put_member(team.id, BOB.user_id, administrator, is_lead=True, ports=ports)
    place = Destination(
        id=uuid4(),
        user_id=BOB.user_id,
        name="mark_place",
        channel=Channel.SFTP,
        address="mark_place.example.com",
        secret_names=("password",),
        created_at=NOON,
        updated_at=NOON,
    )
    ports.destinations.add(place, ports.vault.seal(b'{"password": "mark_secret"}'), _noted("destination.created"))
    plan = a_schedule(user_id=BOB.user_id, name="mark_plan", recipients=(TO_BOB,), next_due_at=NOON)
    ports.schedules.add(plan, BOB, _noted("schedule.created"))
    ports.users.invite(BOB.user_id, "code", expires_at=NOON)
    ports.users.accept("code", "mark_chat", now=NOON - timedelta(hours=1))
    notice = Notice(kind=Kind.JOB_FAILED, occasion="mark_notice", user_id=BOB.user_id, about={"name": "mark_notice"})
    ports.outbox.add(notice, TO_BOB, now=NOON)
    named = dict.fromkeys(("campaign", "customer", "label", "category"), "mark_event")
    ports.metrics.events.append(
        Event(id="1", tenant=BOB.owner_key, event_type="conversation", occurred_at=NOON, **named)
    )
    ports.insights.roll_up()
    ports.activity.roll_up()
    return Things(
        job_id=done,
        delivery_id=delivery_id,
        schedule_id=plan.id,
        destination_id=place.id,
        key_id=key.id,
        team_id=team.id,
    )


def marks_in(text):
    """Which marks stand in a text."""
    return {name for name in MARKS if f"mark_{name}" in text}


def _noted(action):
    return AuditEntry(at=NOON, actor=BOB.user_id, action=action)


def _completed(ports):
    new = new_job(requester=BOB, recipients=(TO_BOB,), filters=Filters(tag_ids=("mark_filter",)))
    job = ports.jobs.add(replace(new, labels=Labels(list="mark_label", plan="mark_label")), entry(new))
    ports.jobs.claim(job.id, 1, run_id="run", now=NOON)
    done = {"now": NOON, "expires_at": NOON.replace(year=2030), "recipients": (TO_BOB,)}
    ports.jobs.complete(job.id, 1, stored_file(), manifest=_manifest(job), **done)
    [delivery] = ports.outbox.of_job(job.id)
    ports.links.make(delivery.id, job.id, now=NOON, expires_at=NOON.replace(year=2030))
    return job.id, delivery.id


def _manifest(job):
    told = {"job_id": str(job.id), "attempt": 1, "made_at": NOON.isoformat(), "row_count": 3, "complete": True}
    return {"manifest": "exports-manifest/1", "files": [], "columns": [], "remarks": ["mark_manifest"]} | told


def _failed(ports):
    new = new_job(requester=BOB, filters=Filters(tag_ids=("mark_filter",)))
    job = ports.jobs.add(new, entry(new))
    ports.jobs.claim(job.id, 1, run_id="run", now=NOON)
    ports.jobs.fail(job.id, 1, QueryFailed("mark_error"), now=NOON)
