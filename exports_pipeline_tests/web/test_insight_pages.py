"""The pages of the insights over HTTP: whose exports they tell of, what their address says, and where figures lead."""

import re
from dataclasses import replace
from datetime import date
from html import unescape
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from exports_api.web.forms.insights import read_query
from exports_pipeline.adapters.system_datasets import with_system_datasets
from exports_pipeline.core.branding import Branding
from exports_pipeline.core.catalog import Catalog, user_id
from exports_pipeline.core.errors import RequestError
from exports_pipeline.reports.catalog import load_templates
from exports_pipeline.reports.maker import TemplateReports
from exports_pipeline_tests.api_client import token_of
from exports_pipeline_tests.fakes.clock import NOON
from exports_pipeline_tests.fakes.schema import InMemorySchema
from exports_pipeline_tests.web.used import use

HOSTILE = "'\"><script>alert(1)</script>\u202e" + "x" * 150 + "\N{PILE OF POO}"
MOST_BYTES = 60_000
MOST_QUESTIONS = 15


@pytest.fixture
def ports(counted_ports):
    return counted_ports


@pytest.fixture
def visit(url):
    """Signs people in."""
    opened = []

    def enter(name="root", *permissions, **claims):
        client = httpx.Client(base_url=url, timeout=20)
        opened.append(client)
        assert client.post("/sign-in", data={"token": token_of(name, *permissions, **claims)}).status_code == 303
        return client

    yield enter
    for each in opened:
        each.close()


@pytest.fixture
def root(visit):
    return visit("root", "MANAGE_EXPORTS", "EXPORT")


def csrf(client):
    return re.search('name="csrf" value="([^"]+)"', client.get("/insights").text)[1]


def total(page):
    return int(re.search(r"<dt>Exports</dt><dd>([\d,]+)</dd>", page)[1])


def behind(client, address):
    """How many exports the list behind a figure has."""
    found = 0
    while address:
        page = client.get(address).text
        found += len(re.findall(r'<td><a href="/exports/', page))
        older = re.search('<a href="([^"]+)">Older exports', page)
        address = older and unescape(older[1])
    return found


def test_people_see_their_own_and_administrators_everybodys(visit, root, ports):
    use(ports, jobs=30)
    everybodys, anns = root.get("/insights").text, visit("ann").get("/insights").text
    assert (total(everybodys), total(anns)) == (30, 20)
    assert "Everybody&#39;s exports" in everybodys
    assert "Your exports" in anns
    assert ('name="user"' in everybodys, 'name="user"' in anns) == (True, False)
    assert total(root.get(f"/insights?user={user_id('bob')}").text) == 10


@pytest.mark.parametrize("path", ["/insights", "/insights/jobs"])
def test_the_exports_of_others_are_told_to_nobody_else(visit, path):
    answer = visit("ann").get(f"{path}?user={user_id('bob')}")
    assert answer.status_code == 403
    assert "VIEW_INSIGHTS_ALL" in answer.text


def test_whoever_may_only_count_gets_figures_without_links(visit, ports):
    use(ports, jobs=30)
    auditor = visit("auditor", "VIEW_INSIGHTS_ALL")
    page = auditor.get("/insights").text
    assert total(page) == 30
    assert "/insights/jobs" not in page
    assert 'href="/exports/' not in page
    assert auditor.get("/insights/jobs").status_code == 403


@pytest.mark.parametrize("address", ["/insights", "/insights?range=last-7-days", "/insights?tag=finance&plan=(none)"])
def test_every_figure_leads_to_as_many_exports(root, ports, address):
    use(ports, jobs=90)
    page = root.get(address).text
    cells = re.findall(r'<td><a href="([^"]+)">(\d+)</a></td>', page)
    told = [(unescape(link), int(count)) for link, count in cells if "status=" not in link]
    assert len(told) > 5
    assert [behind(root, link) for link, _ in told[::3]] == [count for _, count in told[::3]]
    failed = re.search(r'<a href="([^"]+)">(\d+) exports?</a>', page)
    assert failed is None or behind(root, unescape(failed[1])) == int(failed[2])


def test_the_address_is_the_filters(root, ports):
    use(ports, jobs=30)
    page = root.get("/insights?range=last-30-days&tag=travel&destination=email").text
    assert re.search(r'<a href="[^"]*range=last-30-days[^"]*" aria-current="true"', page)
    assert '<option value="travel" selected>' in page
    assert '<option value="email" selected>' in page
    assert '<option value="finance">' in page, "the other tags can still be chosen"


def read(**given):
    return read_query({key.rstrip("_"): value for key, value in given.items()}, now=NOON, zone="Europe/Prague")


def test_a_named_range_moves_on_until_other_days_are_filled_in():
    named = read(range="last-month")
    assert (named.preset, named.days.first, named.days.last) == ("last-month", date(2026, 2, 1), date(2026, 2, 28))
    kept = {"range": "last-month", "from_": "2026-02-01", "to": "2026-02-28"}
    assert read(**kept).preset == "last-month"
    own = read(**kept | {"to": "2026-02-20"})
    assert (own.preset, own.days.last) == ("", date(2026, 2, 20))
    assert parse_qs(urlsplit(own.address(tag="a&b")).query) == {
        "from": ["2026-02-01"],
        "to": ["2026-02-20"],
        "tag": ["a&b"],
    }
    assert read().preset == "last-90-days"


@pytest.mark.parametrize(
    "wrong",
    [
        {"from_": "2026-03-01", "to": "2026-02-01"},
        {"from_": "1.3.2026"},
        {"from_": "1990-01-01"},
        {"user": "ann"},
        {"destination": "pigeon"},
        {"tag": "x" * 300},
    ],
    ids=str,
)
def test_what_does_not_fit_is_told_above_the_form(root, wrong):
    with pytest.raises(RequestError):
        read(**wrong)
    answer = root.get("/insights", params={key.rstrip("_"): value for key, value in wrong.items()})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text


def test_without_exports_the_page_says_what_to_do(root):
    page = root.get("/insights").text
    assert "No export ended in these days" in page
    assert "data-chart" not in page
    assert 'href="/datasets"' in page


def test_names_of_the_data_break_no_page(root, ports):
    use(ports, jobs=24, plans=(HOSTILE, "p2"), tags=((HOSTILE, "a,b"),), title=HOSTILE)
    for path in ("/insights", "/insights/jobs", f"/insights?tag={HOSTILE}", f"/insights/jobs?plan={HOSTILE}"):
        answer = root.get(path)
        assert answer.status_code == 200, path
        assert "<script>" not in answer.text
        assert not re.search(r"<script(?![^>]*src=)|<style| style=| on[a-z]+=\"", answer.text)


def test_a_year_of_many_ways_stays_small_and_asks_few_questions(root, ports):
    many = tuple((f"tag {place}",) for place in range(40))
    use(ports, jobs=400, days=364, tags=many, plans=tuple(f"plan {place}" for place in range(40)))
    ports.insights.asked = 0
    page = root.get("/insights?range=last-year").text  # 2025: by week
    year = root.get("/insights?from=2025-03-02&to=2026-03-01").text
    assert ports.insights.asked <= 2 * MOST_QUESTIONS
    for each in (page, year):
        assert len(re.sub("data-chart='[^']*'", "", each).encode()) < MOST_BYTES


@pytest.mark.parametrize("file_format", ["pdf", "xlsx", "csv"])
def test_the_insights_are_made_as_a_file(root, app, ports, file_format):
    use(ports, jobs=12)
    app.state.parts = replace(
        app.state.parts,
        ports=replace(
            ports,
            catalog=with_system_datasets(Catalog(()), InMemorySchema({})),
            reports=TemplateReports(load_templates(None), Branding()),
        ),
    )
    fields = {"csrf": csrf(root), "range": "last-30-days", "plan": "(none)", "destination": "email"}
    answer = root.post("/insights/export", data={**fields, "format": file_format})
    assert answer.status_code == 303, answer.text
    job = next(job for job in ports.jobs.jobs.values() if answer.headers["location"] == f"/exports/{job.id}")
    assert job.format == file_format
    told = str(job.parameters or job.filters)
    assert "email" in told
    assert "2026" in told


def test_a_format_that_is_none_is_refused_above_the_form(root, ports):
    use(ports, jobs=12)
    answer = root.post("/insights/export", data={"csrf": csrf(root), "format": "doc"})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert root.post("/insights/export", data={"format": "pdf"}).status_code == 403


def test_whoever_may_not_export_is_offered_no_file(visit, ports):
    use(ports, jobs=12)
    viewer = visit("ann", roles=["viewer"])
    page = viewer.get("/insights").text
    assert total(page) > 0
    assert "/insights/export" not in page
