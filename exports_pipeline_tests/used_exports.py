"""A ledger in which exports of every kind have ended, some weeks before and after noon of the tests' day."""

from datetime import timedelta
from uuid import uuid4

import psycopg
from psycopg.types.json import Jsonb

from exports_pipeline.adapters.job_store import PostgresJobStore
from exports_pipeline.adapters.postgres import make_engine
from exports_pipeline.core.errors import QueryFailed
from exports_pipeline.core.recipient import Channel, Recipient
from exports_pipeline_tests.builders import entry, new_job, stored_file

USERS = ("ann", "bob", "eve")
PLANS = ("", "free", "pro", "team")
TAGS = (("finance",), ("finance", "audit"), (), ("marketing",), ("operations", "audit"))
FORMATS = ("csv", "xlsx", "pdf", "parquet")
CHANNELS = (
    (),
    (Channel.EMAIL,),
    (Channel.SLACK, Channel.EMAIL),
    (Channel.WEBHOOK,),
    (Channel.TELEGRAM,),
    (Channel.SFTP,),
)


def use_exports(url, *, jobs=60, weeks=8):
    """Let so many jobs end, spread evenly over the weeks before noon; every thirteenth fails for good."""
    engine = make_engine(url)
    with psycopg.connect(url, autocommit=True) as connection:
        _use(PostgresJobStore(engine), connection, jobs, weeks)
    engine.dispose()


def _use(store, connection, jobs, weeks):
    for place in range(jobs):
        recipients = tuple(
            Recipient(channel=channel, address=f"{channel}-{place}@example.com")
            for channel in CHANNELS[place % len(CHANNELS)]
        )
        job = new_job(
            USERS[place % len(USERS)],
            minutes=-7 * 24 * 60 * weeks * (jobs - place) / jobs,
            dataset=("sales", "calls")[place % 2],
            format=FORMATS[place % len(FORMATS)],
            tag_summary=TAGS[place % len(TAGS)],
            recipients=recipients,
        )
        store.add(job, entry(job))
        labels = {"list": f"list {place % 2}", "plan": PLANS[place % len(PLANS)]} if place % len(PLANS) else {}
        connection.execute(
            "UPDATE export_jobs SET metadata = metadata || jsonb_build_object('labels', %s::jsonb) WHERE id = %s",
            [Jsonb(labels), job.id],
        )
        began_at = job.created_at + timedelta(seconds=1 + place % 5)
        ended_at = began_at + timedelta(seconds=2 + place % 30)
        store.claim(job.id, 1, run_id="run", now=began_at)
        if place % 13 == 12:
            store.fail(job.id, 1, QueryFailed(), now=ended_at)
            continue
        store.complete(
            job.id,
            1,
            stored_file(object_key=str(uuid4()), row_count=100 * (place + 1) ** 2, size_bytes=9_000 * (place + 1)),
            now=ended_at,
            expires_at=ended_at + timedelta(days=1),
            recipients=recipients,
            manifest={},
        )
