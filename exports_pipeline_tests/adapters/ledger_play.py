"""A ledger in Postgres that lives through everything at random, and what a direct query of its rows says of it."""

import random
from datetime import timedelta
from uuid import UUID

from sqlalchemy import text

from exports_pipeline.adapters.audit_log import PostgresAuditLog
from exports_pipeline.adapters.insight_reader import PostgresInsights
from exports_pipeline.adapters.job_store import PostgresJobStore
from exports_pipeline.core.errors import QueryFailed, WarehouseBusy
from exports_pipeline.core.formats import Format
from exports_pipeline.core.labels import Labels
from exports_pipeline.core.lifecycle import Status
from exports_pipeline.core.recipient import Channel, Recipient
from exports_pipeline.core.refusals import QueryTooLarge
from exports_pipeline_tests.builders import entry, new_job, stored_file
from exports_pipeline_tests.fakes.clock import NOON

ENDED = (Status.COMPLETED, Status.FAILED, Status.CANCELLED)
DATASETS = {"sales": ("finance", "food"), "trips": ("travel",), "airports": ()}
DIRECT = """
SELECT job.id, job.requester::text AS "user", job.type, job.dataset, job.format, job.status,
       CASE WHEN cardinality(job.tag_summary) = 0 THEN '{""}' ELSE job.tag_summary END AS tag,
       coalesce((SELECT array_agg(DISTINCT each ->> 'channel') FROM jsonb_array_elements(job.recipients) AS each),
                '{manual}') AS destination,
       coalesce(job.metadata #>> '{labels,list}', '') AS list, coalesce(job.metadata #>> '{labels,plan}', '') AS plan,
       CASE WHEN job.status = 'failed' THEN job.error_code ELSE '' END AS error,
       CASE WHEN job.status = 'completed' THEN job.volume ELSE 0 END AS rows,
       CASE WHEN job.status = 'completed' THEN (job.metadata ->> 'file_size_bytes')::bigint ELSE 0 END AS bytes,
       CASE WHEN job.heartbeat_at IS NOT NULL THEN extract(epoch FROM job.started_at - job.due_at) END AS queue_s,
       CASE WHEN job.heartbeat_at IS NOT NULL THEN extract(epoch FROM job.completed_at - job.started_at) END AS run_s,
       job.completed_at, job.expires_at
FROM export_jobs AS job WHERE job.status IN ('completed', 'failed', 'cancelled')
"""


class LedgerPlay:
    """Jobs of every type, tag, plan and destination, moved on one step at a time."""

    def __init__(self, engine, seed, *, days=45) -> None:
        self.engine, self.store, self.audit = engine, PostgresJobStore(engine), PostgresAuditLog(engine)
        self.dice, self.days = random.Random(seed), days  # noqa: S311 - a play, not a secret
        self.jobs: list[UUID] = []
        self.opened = []

    def add(self):
        dice = self.dice
        dataset = dice.choice(list(DATASETS))
        channels = dice.sample(list(Channel), dice.choice((0, 0, 1, 1, 2)))
        new = new_job(
            dice.choice(("ann", "bob", "cyd")),
            minutes=dice.uniform(0, self.days * 24 * 60),
            type=dice.choice(("export", "export", "report")),
            dataset=dataset,
            tag_summary=DATASETS[dataset],
            format=dice.choice((Format.CSV, Format.XLSX, Format.PDF)),
            labels=Labels(list=dice.choice(("", "l1", "l2")), plan=dice.choice(("", "spring", "fall"))),
            recipients=tuple(Recipient(channel=each, address="x") for each in channels),
        )
        self.store.add(new, entry(new))
        self.jobs.append(new.id)

    def step(self, move):
        """Move a random job on, or roll up what ended; a move that its status does not allow is none."""
        if move == "roll_up":
            PostgresInsights(self.engine).roll_up()
            return
        job = self.store.get(self.dice.choice(self.jobs))
        now = (job.started_at or job.due_at) + timedelta(seconds=round(self.dice.expovariate(0.1), 3))
        is_open = job.status in {Status.PENDING, Status.RUNNING}
        if move == "claim" and job.status is Status.PENDING:
            self.store.claim(job.id, job.attempt, run_id="r", now=now)
        elif move == "complete" and job.status is Status.RUNNING:
            result = stored_file(row_count=self.dice.randrange(10_000), size_bytes=self.dice.randrange(1 << 24))
            expires_at = now + timedelta(days=self.dice.choice((1, 60)))
            owed = job.recipients
            self.store.complete(job.id, job.attempt, result, now=now, expires_at=expires_at, recipients=owed)
        elif move == "requeue" and is_open:
            self.store.requeue(job.id, job.attempt, WarehouseBusy(), due_at=now, forgive=self.dice.random() < 0.5)
        elif move == "fail" and is_open:
            error = self.dice.choice((QueryFailed(), QueryTooLarge()))
            self.store.fail(job.id, job.attempt, error, now=now)
        elif move == "cancel" and is_open:
            self.store.cancel(job.id, now=now, audit=entry(job))
        elif move == "retry" and job.status.may_be_retried:
            self.store.retry(job.id, now=now, audit=entry(job))
        elif move == "open" and job.status is Status.COMPLETED:
            self._open(job)

    def direct(self):
        """The ended jobs, as the ledger itself has them."""
        with self.engine.begin() as connection:
            return [dict(row) for row in connection.execute(text(DIRECT)).mappings()]

    def _open(self, job):
        at = job.completed_at + timedelta(minutes=round(self.dice.uniform(1, 600), 2))
        with self.engine.begin() as connection:
            sent = connection.execute(text("SELECT id, channel FROM deliveries WHERE job_id = :id"), {"id": job.id})
            delivery = next(iter(sent.all()), None) if self.dice.random() < 0.7 else None
        by_link = {"action": "link.opened", "details": {"delivery": str(delivery.id)}} if delivery else None
        changes = by_link or {"action": "export.download_link", "details": None}
        made = entry(job)
        self.audit.record(type(made)(at=at, actor=made.actor, job_id=job.id, **changes))
        size = job.result.size_bytes
        self.opened.append((job.id, at, delivery.channel if delivery else "manual", size))


MOVES = ("claim",) * 5 + ("complete",) * 4 + ("open",) * 3 + ("requeue", "fail", "cancel", "retry", "roll_up")


def lived_through(engine, *, jobs=90, steps=600, seed=7):
    """A ledger with many ends of every kind."""
    play = LedgerPlay(engine, seed)
    for _ in range(jobs):
        play.add()
    for _ in range(steps):
        play.step(play.dice.choice(MOVES))
    return play


START = NOON.date()
