"""Every page of the application, those of tomorrow included: small, and unharmed by hostile names."""

import re
from contextlib import closing
from dataclasses import replace
from html.parser import HTMLParser
from uuid import UUID

import pytest

from exports_pipeline.core.catalog import Catalog
from exports_pipeline.core.formats import Format
from exports_pipeline.core.labels import Labels
from exports_pipeline.core.lifecycle import Status
from exports_pipeline.core.requester import Permission
from exports_pipeline_tests.api_client import token_of
from exports_pipeline_tests.api_server import served
from exports_pipeline_tests.builders import entry, new_job, requester, stored_file
from exports_pipeline_tests.fakes.clock import NOON
from exports_pipeline_tests.fakes.ports import ROWS, SALES
from exports_pipeline_tests.web.conftest import pages_over, working_ports
from exports_pipeline_tests.web.page_paths import page_paths
from exports_pipeline_tests.web.visits import signed_in_as

MOST_BYTES = 60_000
JOB = UUID(int=77)
HOSTILE = "<script>alert(1)</script> \"'&amp; {{ 7 * 7 }} \u202etxt.exe\u202c שלום 🧨" + "W" * 450
HARM = ("<script>alert", "<b>", "49")
KNOWN = {"job_id": str(JOB), "dataset_id": "sales", "name": "metrics_summary", "kind": "tag"}
"""What stands for the parameters of paths."""
NARROW = {"width": 360, "height": 740}
TOO_WIDE = """() => {
  const edge = (each) => each.getBoundingClientRect().right;
  const isScrolled = (each) => each.closest(".scrolled, .picked, .unseen, .skip, svg, bdi, progress, meter") !== null;
  const isOut = (each) => edge(each) > innerWidth + 1 && !isScrolled(each);
  return [...document.querySelectorAll("main *, header *")].filter(isOut).map((each) => each.outerHTML.slice(0, 120));
}"""


class Tags(HTMLParser):
    """The elements of a page, with their attributes."""

    def __init__(self, page):
        super().__init__()
        self.found = []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))


@pytest.fixture(scope="module")
def ports():
    """One dataset, one row and one finished export, all of hostile names; and many others."""
    with working_ports() as made:
        row = {**ROWS["sales"][0], "seller": "root", "kind": HOSTILE}
        made.warehouse.rows_by_dataset["sales"] = [row, *({**row, "kind": f"{place} {HOSTILE}"} for place in range(60))]
        hostile = replace(SALES, title=HOSTILE, description=HOSTILE, tags=(HOSTILE[:60], "<b>"))
        object.__setattr__(made, "catalog", Catalog((hostile,)))
        file = stored_file(download_name=f"{HOSTILE}.csv", remarks=(HOSTILE,), redactions={HOSTILE: "mask"})
        for place in range(40):
            job = new_job("root", dataset_title=HOSTILE, labels=Labels(plan=HOSTILE[:100]), minutes=-place)
            job = replace(job, id=JOB if not place else job.id, format=list(Format)[place % 6])
            made.jobs.add(job, entry(job))
            made.jobs.jobs[job.id] = replace(
                made.jobs.jobs[job.id],
                filters=replace(job.filters, tag_ids=(HOSTILE,), account_ids=("<b>",)),
                status=list(Status)[2 + place % 3],
                result=file if place % 3 == 0 else None,
                started_at=NOON,
                completed_at=NOON,
                expires_at=NOON.replace(day=2),
                requester=replace(requester("root"), email=f"{HOSTILE[:60]}@example.com"),
            )
        yield made


@pytest.fixture(scope="module")
def app(ports, tmp_path_factory):
    made = pages_over(ports, tmp_path_factory.mktemp("home"))
    made.state.look_at_machinery = list
    made.state.parts = replace(made.state.parts, dispatch_soon=lambda: None)
    return made


@pytest.fixture(scope="module")
def answers(app):
    """What every page answers to somebody who may see them all."""
    found = {}
    with served(app) as url, signed_in_as(url, "root", *Permission) as visit:
        for path in sorted(page_paths(app, KNOWN)):
            found[path] = visit.get(path)
    return found


def pages(answers):
    """Those that are no redirects, files or values for scripts."""
    return {
        path: answer
        for path, answer in answers.items()
        if answer.headers.get("content-type", "").startswith("text/html")
    }


def test_all_pages_are_walked(answers):
    assert {"/datasets", "/datasets/sales", "/exports", f"/exports/{JOB}", "/operations", "/sign-in"} <= set(answers)
    assert {path: answer.status_code for path, answer in answers.items() if answer.status_code >= 500} == {}
    assert answers[f"/exports/{JOB}"].status_code == 200


def test_every_page_is_small(answers):
    sizes = {path: len(answer.content) for path, answer in answers.items()}
    assert {path: size for path, size in sizes.items() if size > MOST_BYTES} == {}


def test_no_page_bears_script_or_style_of_its_own(answers):
    for path, answer in pages(answers).items():
        for tag, attributes in Tags(answer.text).found:
            assert tag != "style", path
            assert tag != "script" or attributes.get("src", "").startswith("/assets/"), path
            assert not {name for name in attributes if name == "style" or name.startswith("on")}, (path, attributes)
            for name in ("src", "action", "formaction"):
                assert attributes.get(name, "/").startswith("/"), (path, attributes)


def test_every_form_that_is_sent_bears_the_sessions_secret(answers):
    for path, answer in pages(answers).items():
        for form in re.findall(r'<form[^>]*method="post".*?</form>', answer.text, re.DOTALL):
            assert 'name="csrf" value="' in form or 'action="/sign-in"' in form, path


def test_a_hostile_name_breaks_no_page(answers):
    seen = 0
    for path, answer in pages(answers).items():
        found = [harm for harm in HARM[:2] if harm in answer.text]
        assert found == [], path
        assert "{{" not in answer.text or HARM[2] not in answer.text.partition("alert(1)")[2][:60], path
        seen += "&lt;script&gt;alert(1)" in answer.text
    assert seen >= 5, "the name is shown, or this says nothing"


@pytest.mark.slow  # a browser is started
def test_no_page_is_wider_than_a_phone(answers, app, chromium, drawer):
    app.state.drawer = drawer
    whole = [path for path, answer in pages(answers).items() if answer.text.startswith("<!doctype html>")]
    with served(app) as url, closing(chromium.new_context(base_url=url, viewport=NARROW)) as look:
        page = look.new_page()
        page.goto("/sign-in")
        page.get_by_label("Bearer token").fill(token_of("root", *Permission))
        page.get_by_role("button", name="Sign in", exact=True).click()
        found = {}
        for path in whole:
            page.goto(path)
            page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
            found[path] = page.evaluate(TOO_WIDE), page.evaluate("document.documentElement.scrollWidth")
    assert {path: out for path, out in found.items() if out != ([], NARROW["width"])} == {}
