"""The verdict on a chaos run, from outside: SQL, S3, GraphQL, downloads and the receiver's own book."""

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import httpx

from exports_pipeline.adapters.job_store import PostgresJobStore
from exports_pipeline.adapters.object_store import S3ObjectStore
from exports_pipeline.adapters.postgres import make_engine
from exports_pipeline.core.manifest import manifest_key
from exports_pipeline.local.object_store import BUCKET
from exports_pipeline.usecases.expire import expire
from exports_pipeline_tests.fakes.ports import fake_ports

SETTLED_WITHIN_S = 180
KILLED_BEFORE_NOTING_S = 2.0
"""A sender that was killed so soon after the receiver's answer had no time to note it: nobody can tell."""
_RUNS = """query Runs($statuses: [RunStatus!]!) { runsOrError(filter: {statuses: $statuses}) {
  ... on Runs { results { runId } } } }"""
_JOB_OF_MESSAGE = re.compile(r"<code>([0-9a-f-]{36})</code>")


def unsettled(stack) -> list[str]:
    """What still moves: it must come to rest by itself."""
    jobs = stack.sql("SELECT id, status, attempt FROM export_jobs WHERE status IN ('pending', 'running')")
    deliveries = stack.sql("SELECT job_id, state, tries FROM deliveries WHERE state IN ('pending', 'sending')")
    runs = _runs(stack, "STARTED", "CANCELING")
    return [f"job {row['id']} {row['status']} at attempt {row['attempt']}" for row in jobs] + [
        *(f"delivery of {row['job_id']} {row['state']} after {row['tries']} tries" for row in deliveries),
        *(f"run {run['runId']} open" for run in runs),
    ]


def lost_launches(stack) -> int:
    """Runs whose message died with the broker and whose job went on without them; Dagster ends them in ten minutes."""
    return len(_runs(stack, "STARTING", "QUEUED"))


def _runs(stack, *statuses):
    return stack.graphql(_RUNS, statuses=statuses)["runsOrError"]["results"]


def faults_of_jobs(rows, tickets) -> list[str]:
    """Lost, ended without a reason, or cancelled though nobody asked."""
    known = {str(row["id"]): row for row in rows}
    mute = [row for row in rows if row["status"] == "failed" and not (row["error_code"] and row["error_sentence"])]
    found = [f"{row['id']} failed without a reason" for row in mute]
    for ticket in tickets:
        row = known.get(ticket.job_id)
        if row is None:
            found.append(f"{ticket.job_id} was accepted and is lost")
        elif ticket.cancel == "promised" and row["status"] != "cancelled":
            found.append(f"{ticket.job_id} is {row['status']}, but its cancelling was promised")
        elif ticket.cancel == "never" and row["status"] == "cancelled":
            found.append(f"{ticket.job_id} is cancelled, and nobody asked for it")
    return found


def faults_of_objects(rows, sizes) -> list[str]:
    """Truncated or missing objects of completed jobs."""
    found = []
    for row in rows:
        told = row["metadata"]
        stored, size = (sizes.get(told.get("object_key")), told.get("file_size_bytes"))
        if row["status"] == "completed" and stored != size:
            found.append(f"{row['id']}: {stored} bytes are stored, not {size}")
    return found


def faults_of_files(tickets, callers, truth) -> list[str]:
    """Downloads that differ from the ledger or from the warehouse."""
    found = []
    for ticket in tickets:
        job = callers[ticket.wish.user].look(ticket.job_id)
        if job["status"] != "completed":
            continue
        body = httpx.get(job["download_url"], timeout=60).content
        if (len(body), sha256(body).hexdigest()) != (job["file_size_bytes"], job["sha256"]):
            found.append(f"{ticket.job_id}: size or sha256 of the download differ")
        elif fault := truth.fault(ticket.wish, body):
            found.append(f"{ticket.job_id} ({ticket.wish.dataset}, {ticket.wish.file_format}): {fault}")
    return found


def faults_of_deliveries(deliveries, messages, deaths) -> tuple[list[str], int]:
    """Deliveries that were not sent or sent twice, and how many a killed sender could not know of."""
    found = [f"delivery of {row['job_id']} is {row['state']}: {row['last_error']}" for row in deliveries]
    found = [sentence for sentence, row in zip(found, deliveries, strict=True) if row["state"] != "sent"]
    times: dict[tuple[str, str], list[float]] = {}
    for message in messages:
        job_id = _JOB_OF_MESSAGE.search(message["text"])[1]
        times.setdefault((message["chat_id"], job_id), []).append(message["at"])
    excused = 0
    for row in deliveries:
        at = times.pop((row["address"], str(row["job_id"])), [])
        if row["state"] == "sent" and not at:
            found.append(f"delivery of {row['job_id']} is noted as sent, but never came")
        for first in at[:-1]:
            if any(0 <= death - first <= KILLED_BEFORE_NOTING_S for death in deaths):
                excused += 1
            else:
                found.append(f"delivery of {row['job_id']} came again after it had been acknowledged")
    found += [f"a message to {chat} about {job_id}, which no delivery names" for chat, job_id in times]
    return found, excused


def faults_after_sweep(stack, store) -> tuple[list[str], Counter]:
    """Objects that no completed job names, after the sweep of orphans; anything at all, after that of tomorrow."""
    engine, swept = make_engine(stack.variables["EXPORTS_DATABASE_URL"]), Counter()
    client = store.client()
    ports = fake_ports(jobs=PostgresJobStore(engine), objects=S3ObjectStore(client, BUCKET))
    try:
        found = []
        for name, ahead in (("orphans", timedelta(minutes=20)), ("everything", timedelta(hours=25))):
            now = datetime.now(UTC) + ahead
            object.__setattr__(ports, "clock", lambda now=now: now)
            swept[name] = expire(ports)
            sizes, uploads = store.listing()
            rows = stack.sql("SELECT metadata->>'object_key' AS key FROM export_jobs WHERE status = 'completed'")
            files = {row["key"] for row in rows} if name == "orphans" else set()
            wanted = files | {manifest_key(key) for key in files}
            found += [f"{key} is left after the sweep of {name}" for key in sizes.keys() - wanted]
            found += [f"{key} is gone after the sweep of {name}" for key in wanted - sizes.keys()]
        found += [f"an unfinished upload of {key} is left" for key in uploads]
        return found, swept
    finally:
        client.close()
        engine.dispose()
