"""What people do with schedules over HTTP."""

from exports_pipeline.usecases.enqueue_recurring import enqueue_recurring

SCHEDULES, USERS = "/api/analytics/schedules", "/api/analytics/users"
DAILY = {
    "name": "Daily sales",
    "kind": "export",
    "body": {"dataset_id": "sales", "start_date": "2026-01-01"},
    "format": "csv",
    "cron": "30 7 * * *",
    "timezone": "Europe/Prague",
    "recipients": [{"channel": "telegram", "address": "42"}],
}
REPORT = {
    "template": "metrics_summary",
    "params": {"dataset": "sales", "metrics": ["amount"], "by": "kind", "period": "all"},
}


def created(client, **changes):
    answer = client.post(SCHEDULES, json=DAILY | changes)
    assert answer.status_code == 201, answer.text
    return answer.json()


def patched(client, schedule, **changes):
    return client.call("PATCH", f"{SCHEDULES}/{schedule['id']}", json=changes)


def ticked(ports, *, hours):
    ports.clock.advance(3600 * hours)
    return enqueue_recurring(ports)


def windows(client, schedule, query=""):
    return client.get(f"{SCHEDULES}/{schedule['id']}/windows{query}").json()
