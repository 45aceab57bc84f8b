"""Every page as somebody elsewhere reads it: no day, time or number is left as a program writes it."""

import re
from dataclasses import replace
from datetime import timedelta
from urllib.parse import quote

import httpx
import pytest

from exports_pipeline.core.requester import Permission
from exports_pipeline_tests.campaign_events import ODD, campaign_events
from exports_pipeline_tests.fakes.clock import NOON
from exports_pipeline_tests.web.conftest import text_of
from exports_pipeline_tests.web.page_paths import page_paths
from exports_pipeline_tests.web.schedule_pages import scheduled, ticked
from exports_pipeline_tests.web.used import use

AS_PROGRAMS_WRITE = re.compile(r"\d{4}-\d\d-\d\d|\b\d{1,3},\d{3}\b|\d\.\d+ (?:kB|MB|%)")
"""Days in ISO 8601, and thousands or decimals as the English write them."""
CLOCK = re.compile(r"\d\d:\d\d")
DETAILS = re.compile(r'<div class="opened">.*?</details>', re.DOTALL)


@pytest.fixture
def ports(counted_ports):
    use(counted_ports, jobs=60)
    for job in counted_ports.jobs.jobs.values():
        if job.result:
            file = replace(job.result, row_count=1_234_567, size_bytes=7_654_321)
            counted_ports.jobs.jobs[job.id] = replace(job, result=file)
    counted_ports.metrics.events += campaign_events()
    return counted_ports


@pytest.fixture
def elsewhere(people):
    """A German in India, who may see everything."""
    return people("root", *Permission, accept="de-DE,de;q=0.9", zone="Asia/Kolkata")


def test_whoever_reads_elsewhere_finds_their_days_numbers_and_zone_on_every_page(app, ports, elsewhere):
    app.state.look_at_machinery = list
    schedule = scheduled(ports, "root", cron="0 7 * * *", timezone="Europe/Prague").id
    ticked(ports, hours=24)
    ports.clock.now = NOON + timedelta(days=1)
    done = next(job.id for job in ports.jobs.jobs.values() if job.result)
    known = {"dataset_id": "sales", "name": "metrics_summary", "kind": "tag", "campaign": quote(ODD, safe="")}
    wrong, clocks = {}, 0
    for path in page_paths(app, known | {"job_id": done, "schedule_id": schedule}):
        answer = elsewhere.get(path)
        if not answer.headers.get("content-type", "").startswith("text/html") or "<body>" not in answer.text:
            continue
        told = read(answer)
        assert "Times are shown in Asia/Kolkata" in told or path == "/insights/widget", path
        if found := [told[max(0, each.start() - 60) : each.end() + 30] for each in AS_PROGRAMS_WRITE.finditer(told)]:
            wrong[path] = found
        clocks += bool(CLOCK.search(told))
    assert wrong == {}
    assert clocks >= 5, "times are shown, or this says little"


def read(answer):
    """What a page says, but for the details of entries of the audit log, which are shown as they were noted."""
    return text_of(httpx.Response(answer.status_code, text=DETAILS.sub("", answer.text)))
