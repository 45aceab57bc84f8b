"""A stack on which people have exported for a quarter of a year and customers have talked; all of it is invented."""

import json
import random
from datetime import UTC, datetime, timedelta

from exports_pipeline_tests.journey.running_stack import wait_until

FORMATS = ("csv", "xlsx", "parquet", "pdf", "jsonl")
PLANS = ("Weekly numbers", "Month end", "Spring campaign", "")
BOSS = [{"channel": "email", "address": "boss@example.com"}]
DAYS, JOBS, EVENTS = 85, 30, 6_000
_RHYTHMS = {"Transactions of last week": "0 7 * * 1", "Month end": "0 6 1 * *"}
_SHIFTED = """
    WITH shifted AS (
        UPDATE export_jobs SET created_at = created_at - %s, due_at = due_at - %s, started_at = started_at - %s,
            completed_at = completed_at - %s
        WHERE id = %s RETURNING completed_at
    )
    UPDATE job_tail SET ended_at = ended_at - %s FROM shifted WHERE job_tail.ended_at = shifted.completed_at + %s"""
_TICKS = """
    INSERT INTO schedule_windows
        (schedule_id, due_at, state, reason, start_at, by_hand, is_late, started_at, settled_at)
    SELECT %s, at, state, reason, at, false, state = 'late', at, at + interval '4 seconds'
    FROM unnest(
        ARRAY['ran', 'ran', 'ran', 'late', 'ran', 'skipped', 'ran', 'failed', 'ran', 'ran'],
        ARRAY[NULL, NULL, NULL, 'The service was away.', NULL, 'Nothing has changed since the last one.', NULL,
            'The data could not be read.', NULL, NULL]
    ) WITH ORDINALITY AS told (state, reason, place),
    LATERAL (SELECT date_trunc('week', now()) + interval '6 hours' - (place - 1) * interval '7 days' AS at) AS ticks"""


def live_through(stack, folder):
    """Let a quarter of a year go by; gives the ids of the last export and of a schedule as `job` and `schedule`."""
    events = folder / "events.jsonl"
    _talk(events)
    said = stack.command("events", "load", str(events), "--user", "demo")
    assert said.returncode == 0, said.stderr
    demo = stack.caller("demo")
    for place in range(JOBS):
        plan = PLANS[place % len(PLANS)]
        asked = {"labels": {"plan": plan}} if plan else {}
        asked |= {"start_date": "2024-01-01", "end_date": f"202{4 + place % 2}-{1 + place % 12:02}-28"}
        asked |= {"recipients": BOSS} if place % 3 == 0 else {}
        job = demo.settled(demo.export("fct_transactions", FORMATS[place % len(FORMATS)], **asked))
        ago = timedelta(days=DAYS * (JOBS - place) / JOBS)
        stack.sql(_SHIFTED, ago, ago, ago, ago, job["job_id"], ago, ago)
    schedules = [_schedule(demo, name, cron) for name, cron in _RHYTHMS.items()]
    stack.sql(_TICKS, schedules[0])
    last = demo.settled(demo.export("fct_transactions", "xlsx", labels={"plan": "Month end"}, recipients=BOSS))
    wait_until(lambda: stack.sql("SELECT 1 AS found FROM metric_rollups LIMIT 1"), told="the roll-up of events")
    return {"job": last["job_id"], "schedule": schedules[0]}


def _schedule(caller, name, cron):
    body = {"name": name, "kind": "export", "body": {"dataset_id": "fct_transactions", "period": "last_week"}}
    body |= {"format": "xlsx", "cron": cron, "timezone": "Europe/Prague", "recipients": BOSS}
    made = caller.http.post("/api/analytics/schedules", json=body)
    assert made.status_code == 201, made.text
    return made.json()["id"]


def _talk(path):
    """A file of the events of two campaigns."""
    chance, now = random.Random(7), datetime.now(UTC)  # noqa: S311 - pictures, no secrets
    with path.open("w", encoding="utf-8") as lines:
        for number in range(EVENTS):
            at = now - timedelta(days=DAYS * chance.random() ** 1.3, minutes=5)
            steps = 1 + (chance.random() < 0.4) + (chance.random() < 0.15)
            talk = {"campaign": chance.choice(("spring", "autumn")), "customer": f"c-{number}", "value": 90}
            for place, label in enumerate(("", "interested", "qualified")[:steps]):
                told = {"id": f"{number}-{place}", "event_type": "intent" if label else "conversation", "label": label}
                moment = (at + timedelta(minutes=place)).isoformat()
                lines.write(json.dumps(talk | told | {"occurred_at": moment}) + "\n")
            if chance.random() < 0.3:
                asked = {"id": f"{number}-e", "event_type": "engagement", "occurred_at": at.isoformat()}
                lines.write(json.dumps(talk | asked) + "\n")
