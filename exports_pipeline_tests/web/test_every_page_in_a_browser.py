"""What a browser finds on every page: no barrier in light or dark, no other origin to ask, nothing to complain of."""

from datetime import timedelta
from urllib.parse import quote

import pytest

from exports_pipeline.core.requester import Permission
from exports_pipeline_tests.api_client import token_of
from exports_pipeline_tests.campaign_events import ODD, campaign_events
from exports_pipeline_tests.fakes.clock import NOON
from exports_pipeline_tests.web.conftest import violations
from exports_pipeline_tests.web.page_paths import page_paths
from exports_pipeline_tests.web.schedule_pages import scheduled
from exports_pipeline_tests.web.used import use

pytestmark = pytest.mark.slow  # a browser is started
LOADED = "Failed to load resource: the server responded with a status of"
UNFOUND = [
    ("error", f"{LOADED} {status}") for status in ("403 (Forbidden)", "404 (Not Found)", "409 (Conflict)", "410 (Gone)")
]
"""What a browser says of pages of problems."""


@pytest.fixture
def ports(counted_ports):
    use(counted_ports, jobs=40)
    counted_ports.metrics.events += campaign_events()
    counted_ports.clock.now = NOON + timedelta(days=10)
    return counted_ports


def test_no_page_has_barriers_asks_another_origin_or_makes_the_browser_complain(viewer, app, ports, url):
    app.state.look_at_machinery = list
    known = {"dataset_id": "sales", "name": "metrics_summary", "kind": "tag", "campaign": quote(ODD, safe="")}
    known |= {"job_id": next(iter(ports.jobs.jobs)), "schedule_id": scheduled(ports).id}
    page = viewer(signed_in_as=token_of("ann", *Permission))
    asked, said, barriers = [], [], {}
    page.context.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append((page.url, message.type, message.text)))
    drawn = 0
    for path in page_paths(app, known):
        if page.request.get(path, max_redirects=0).headers.get("content-type", "").startswith("text/html"):
            page.goto(path)
            page.wait_for_load_state("networkidle")
            for place in page.locator(".drawing").all():
                place.locator("svg").wait_for()
                drawn += 1
            is_whole = page.evaluate("document.doctype !== null")  # and no piece of one, for a script
            for scheme in ("dark", "light") if is_whole else ():
                page.emulate_media(color_scheme=scheme)
                barriers[path, scheme] = violations(page)
    assert drawn >= 5, "charts were drawn, or this says little"
    assert [each for each in asked if not each.startswith((f"{url}/", "data:"))] == []
    assert [each for each in said if each[1:] not in UNFOUND] == []
    assert {place: found for place, found in barriers.items() if found} == {}
