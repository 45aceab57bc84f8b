"""A ledger of exports that have ended, for the pages that tell how exports are used."""

from dataclasses import replace
from datetime import timedelta

from exports_pipeline.core.errors import Fault
from exports_pipeline.core.export_job import JobError, Progress
from exports_pipeline.core.formats import Format
from exports_pipeline.core.labels import Labels
from exports_pipeline.core.lifecycle import Status
from exports_pipeline.core.recipient import Channel, Recipient
from exports_pipeline_tests.builders import entry, new_job, stored_file
from exports_pipeline_tests.fakes.clock import NOON

TAGS = (("finance",), ("travel", "finance"), (), ("food",))
PLANS = ("spring campaign", "", "weekly numbers")
WAYS = (
    (),
    (Recipient(channel=Channel.EMAIL, address="ann@example.com"),),
    (),
    (Recipient(channel=Channel.SLACK, address="C0123456789"),),
)
PEOPLE = ("ann", "ann", "bob")


def use(ports, *, jobs=120, days=85, plans=PLANS, tags=TAGS, title="Sales"):
    """End some exports over the days before noon, one after the other; every eleventh has failed."""
    for place in range(jobs):
        ended_at = NOON - timedelta(days=days * (jobs - place) / jobs, minutes=7)
        has_failed = place % 11 == 3
        asked = new_job(
            PEOPLE[place % 3],
            created_at=ended_at - timedelta(minutes=2),
            dataset_title=title,
            format=Format.XLSX if place % 4 else Format.CSV,
            tag_summary=tags[place % len(tags)],
            labels=Labels(plan=plans[place % len(plans)]),
            recipients=WAYS[place % len(WAYS)],
        )
        job = ports.jobs.add(asked, entry(asked))
        rows = 1_000 + 137 * place % 900
        ports.jobs.jobs[job.id] = replace(
            job,
            status=Status.FAILED if has_failed else Status.COMPLETED,
            progress=Progress(rows=rows, bytes=40 * rows),
            started_at=ended_at - timedelta(minutes=1),
            completed_at=ended_at,
            expires_at=NOON + timedelta(days=1),
            result=None if has_failed else stored_file(row_count=rows, size_bytes=40 * rows),
            error=JobError(code="query_failed", sentence="It failed.", fault=Fault.SERVICE) if has_failed else None,
        )
