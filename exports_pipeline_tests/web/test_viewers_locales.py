"""The same pages as people elsewhere read them: numbers, days and times in their locale, times in their zone."""

import re
from dataclasses import replace
from uuid import UUID

import pytest
from babel import Locale

from exports_api.web.viewing import Viewing
from exports_pipeline_tests.api_client import ApiClient
from exports_pipeline_tests.web.schedule_pages import scheduled, ticked, words_of

GERMAN_IN_INDIA = {"accept": "de-DE,de;q=0.9", "zone": "Asia/Kolkata"}
AMERICAN = {"accept": "en-US,en;q=0.9", "zone": "America/New_York"}


@pytest.mark.parametrize(
    ("viewer", "turn", "last", "number"),
    [
        (GERMAN_IN_INDIA, "Di., 3. März 2026, 11:30 IST", "Mo., 2. März 2026, 11:30 IST", "1.234.567"),
        (AMERICAN, "Tue, Mar 3, 2026, 1:00 AM EST", "Mon, Mar 2, 2026, 1:00 AM EST", "1,234,567"),
    ],
    ids=["a German in India", "an American in New York"],
)
def test_a_schedule_is_read_by_the_viewers_clock(people, ports, app, viewer, turn, last, number):
    path = f"/schedules/{scheduled(ports, cron='0 7 * * *', timezone='Europe/Prague').id}"
    ticked(ports, hours=24)
    person = people("ann", **viewer)
    for page in ("/schedules", path):
        words = words_of(person.get(page)).replace("\N{NARROW NO-BREAK SPACE}", " ")
        assert turn in words, page
        assert last in words, page
        assert "Every day at 07:00 (Europe/Prague)" in words, "its own zone stands beside its own time"
        assert f"Times are shown in {viewer['zone']}" in words
    told = words_of(person.post("/schedules/explain", cadence="daily", at="07:00", timezone="Europe/Prague"))
    assert turn in told.replace("\N{NARROW NO-BREAK SPACE}", " ")
    assert number in _exported(person, ports, app)


def _exported(person, ports, app):
    """The page of an export with many rows, in words."""
    job_id = ApiClient(app).export().json()["job_id"]
    ports.runs.worker.submit(int).result()  # what was launched before has ended
    job = ports.jobs.jobs[UUID(job_id)]
    ports.jobs.jobs[job.id] = replace(job, result=replace(job.result, row_count=1_234_567))
    return words_of(person.get(f"/exports/{job_id}"))


def test_days_in_a_refusal_are_the_viewers(people):
    refused = people("ann", **GERMAN_IN_INDIA).get("/campaigns?from=2019-01-01&to=2019-02-01")
    assert re.search(r"Events are kept from \d\d\.\d\d\.\d{4} on", words_of(refused))


def test_what_only_looks_like_a_day_stays_as_it_is():
    view = Viewing(Locale("de"), "UTC")
    assert view.said("From 2026-03-01 on, not 2026-02-30 or 12026-03-011.") == (
        "From 01.03.2026 on, not 2026-02-30 or 12026-03-011."
    )
