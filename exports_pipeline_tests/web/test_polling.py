"""Pages that follow what happens: they ask ever more rarely, not at all unseen, and stop; a change is announced."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest

from exports_pipeline.core.lifecycle import Status
from exports_pipeline_tests.api_client import token_of
from exports_pipeline_tests.builders import entry, new_job
from exports_pipeline_tests.fakes.clock import NOON

pytestmark = pytest.mark.slow  # a browser is started
STEP_MS, MINUTE_MS = 250, 60_000
NOTED = """
    const ask = fetch;
    window.looks = [];
    window.answers = [];
    window.fetch = (...words) => {
        looks.push(Date.now());
        answers.push(ask(...words).then(async (answer) => { await answer.clone().text(); return answer; }));
        return answers.at(-1);
    };
"""
HIDE = """(is_hidden) => {
    Object.defineProperty(document, "hidden", { value: is_hidden, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
}"""


@pytest.fixture
def followed(viewer, app, ports):
    """Opens a page with a waiting export; its clock moves when told to, and its looks are noted."""
    app.state.parts = replace(app.state.parts, dispatch_soon=lambda: None)
    job = ports.jobs.add(new_job("ann"), entry(new_job("ann")))

    class Followed:
        def __init__(self, path):
            self.page = viewer(signed_in_as=token_of("ann"))
            self.page.add_init_script(NOTED)
            self.page.clock.install(time=NOON)
            self.page.clock.pause_at(NOON + timedelta(seconds=1))
            self.page.goto(path.format(job=job.id))
            self.begun = self.page.evaluate("Date.now()")

        @property
        def asked(self):
            """Milliseconds after the beginning."""
            return [at - self.begun for at in self.page.evaluate("looks")]

        def wait(self, ms):
            for _ in range(ms // STEP_MS):
                self.page.clock.run_for(STEP_MS)
                self.page.evaluate("Promise.allSettled(answers).then(() => null)")

        def end(self):
            ports.jobs.jobs[job.id] = replace(ports.jobs.jobs[job.id], status=Status.CANCELLED, completed_at=NOON)

    return Followed


@pytest.mark.parametrize(
    ("path", "most_ms", "announced"),
    [
        ("/exports/{job}", 5_000, "Cancelled"),
        ("/exports", 8_000, "None of these exports waits or runs any more."),
    ],
    ids=["an export", "the list"],
)
def test_a_page_asks_ever_more_rarely_stops_at_the_end_and_says_so(followed, path, most_ms, announced):
    seen = followed(path)
    seen.wait(MINUTE_MS)
    first, *_ = seen.asked
    gaps = [late - early for early, late in pairwise(seen.asked)]
    assert first <= 2_000
    assert all(later >= gap - STEP_MS for gap, later in pairwise(gaps)), gaps
    assert most_ms <= gaps[-1] <= most_ms + STEP_MS
    seen.end()
    seen.wait(2 * most_ms)
    count = len(seen.asked)
    assert announced in seen.page.get_by_role("status").last.inner_text()
    seen.wait(MINUTE_MS)
    assert len(seen.asked) == count, "it goes on asking"


def test_a_page_that_nobody_sees_does_not_ask(followed):
    seen = followed("/exports/{job}")
    seen.wait(5_000)
    seen.page.evaluate(HIDE, arg=True)
    before = len(seen.asked)
    seen.wait(MINUTE_MS)
    assert len(seen.asked) <= before + 1
    seen.end()
    seen.page.evaluate(HIDE, arg=False)
    seen.wait(1_000)
    assert seen.page.get_by_text("Cancelled", exact=True).is_visible()


def test_a_form_without_its_helpers_says_so_and_is_sent_all_the_same(viewer):
    page = viewer(signed_in_as=token_of("ann"))
    for helper in ("**/estimate", "**/values/tag?*"):
        page.route(helper, lambda route: route.abort())
    page.goto("/datasets/sales?style=csv")
    page.get_by_text("There is no estimate at this moment").first.wait_for()
    page.get_by_role("searchbox", name="Search tags").fill("fo")
    page.get_by_label("food").check()
    page.get_by_role("button", name="Export", exact=True).click()
    page.wait_for_url("**/exports/*")
