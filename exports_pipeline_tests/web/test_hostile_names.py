"""A name that is markup, runs backwards, is long and full of emoji breaks no page, wherever it is shown."""

from dataclasses import replace
from html.parser import HTMLParser

import pytest

from exports_pipeline_tests.api_client import token_of
from exports_pipeline_tests.api_server import served
from exports_pipeline_tests.fakes.counted_insights import CountedInsights
from exports_pipeline_tests.web.conftest import WITHIN_MS, pages_over, violations, working_ports
from exports_pipeline_tests.web.hostile import EVERYTHING, LONG, MARK, NAME, OVERRIDE, fill
from exports_pipeline_tests.web.visits import signed_in_as

KEPT_TO_ITSELF = {"bdi", "option", "textarea", "title", "pre"}
"""Elements whose direction is their own; so is that of a block whose whole text is the name."""
BLOCKS = {"p", "h1", "h2", "h3", "li", "dd", "dt", "td", "th", "div", "legend", "summary", "caption", "label", "unseen"}
VOID = {"input", "img", "meta", "link", "br", "hr"}


class Texts(HTMLParser):
    """The texts of a page, each with the elements around it, and the elements of all."""

    def __init__(self, page):
        super().__init__()
        self.around, self.texts, self.elements, self.blocks = [], [], [], 0
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self.blocks += 1
            self.around.append(("unseen" if dict(attributes).get("class") == "unseen" else tag, self.blocks))

    def handle_endtag(self, tag):
        while self.around and self.around.pop()[0] not in {tag, "unseen"}:
            """What is left open ends with what is around it."""

    def handle_data(self, data):
        if data.strip():
            self.texts.append((data.strip(), list(self.around)))

    def loose(self):
        """Texts with the override that turn around what stands after them on their line."""
        for place, (text, around) in enumerate(self.texts):
            if OVERRIDE not in text or KEPT_TO_ITSELF & {tag for tag, _ in around}:
                continue
            block = next((each for each in reversed(around) if each[0] in BLOCKS), None)
            after = self.texts[place + 1 : place + 2]
            rest = text.rpartition(OVERRIDE)[2].removesuffix(".csv").removesuffix("...")
            if (after and block in after[0][1]) or rest not in LONG:
                yield f"<{around[-1][0]}> {text[:20]}…{text[-40:]}"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The address of an application in which everything is called that, and its pages."""
    with working_ports() as made:
        ports = replace(made, insights=CountedInsights(made.jobs))
        paths = fill(ports)
        app = pages_over(ports, tmp_path_factory.mktemp("home"))
        app.state.look_at_machinery = list
        app.state.parts = replace(app.state.parts, dispatch_soon=lambda: None)
        with served(app) as url:
            yield url, paths


@pytest.fixture
def answers(site):
    url, paths = site
    with signed_in_as(url, NAME, *EVERYTHING) as visit:
        return {path: visit.get(path) for path in paths}


def test_a_hostile_name_is_shown_and_stays_a_name(answers):
    for path, answer in answers.items():
        assert answer.status_code == 200, path
        assert MARK not in answer.text, path
        assert "49gnp" not in answer.text, path
        page = Texts(answer.text)
        assert [at for tag, at in page.elements if tag == "img" and not at["src"].startswith("/assets/")] == [], path
        assert any(text.startswith(MARK) for text, _ in page.texts), path


def test_a_name_that_runs_backwards_turns_nothing_else_around(answers):
    assert {path: found for path, answer in answers.items() if (found := list(Texts(answer.text).loose()))} == {}


@pytest.mark.slow
def test_on_a_phone_a_hostile_name_runs_nothing_and_widens_no_page(site, chromium):
    """A browser's own judgement of the same pages."""
    url, paths = site
    heard, found = [], {}
    with chromium.new_context(base_url=url, viewport={"width": 360, "height": 740}) as context:
        context.set_default_timeout(WITHIN_MS)
        page = context.new_page()
        page.on("dialog", lambda dialog: heard.append(dialog.message) or dialog.dismiss())
        page.on("pageerror", lambda error: heard.append(str(error)))
        page.on("console", lambda said: heard.append(said.text) if "Content Security" in said.text else None)
        page.goto("/sign-in")
        page.get_by_label("Bearer token").fill(token_of(NAME, *EVERYTHING))
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.wait_for_url("**/datasets")
        for path in paths:
            page.goto(path)
            for folded in page.locator("summary:visible").all():
                folded.click()
            width = page.evaluate("document.documentElement.scrollWidth")
            found[path] = [f"{width} px wide"] * (width > 360)
            if path.startswith(("/audit", "/campaigns/")):  # unlike the others, which other tests open
                found[path] += violations(page)
    assert heard == []
    assert {path[:60]: faults for path, faults in found.items() if faults} == {}
