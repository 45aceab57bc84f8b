"""Charts on pages: the figure and its table, and the script that draws them."""

import gzip
import json
import re
from datetime import date, timedelta
from html import unescape

import httpx
import pytest
from babel import Locale

from exports_api.app import create_app
from exports_api.web.figures.drawing import DRAWER, Drawer
from exports_api.web.figures.figure import figure_of
from exports_api.web.page import _templates
from exports_api.web.viewing import NOTHING, Viewing
from exports_pipeline.core.branding import Branding
from exports_pipeline.core.report import Chart, Kind, Mark, Series
from exports_pipeline.settings import Settings
from exports_pipeline_tests.api_client import SECRET, token_of
from exports_pipeline_tests.api_server import served
from exports_pipeline_tests.campaign_events import campaign_events
from exports_pipeline_tests.fakes.clock import NOON
from exports_pipeline_tests.web.used import use
from exports_pipeline_tests.web.visits import signed_in_as

GERMAN = Viewing(Locale("de", "DE"), "Europe/Prague")
HOSTILE = """'"></figure><script>alert(1)</script>"""


def chart(*, names=(date(2026, 1, 5), date(2026, 1, 12)), values=(1234.0, 2.5), **more):
    facts = {"heading": "Rows", "mark": Mark.LINE, "description": "Rows by week.", "x_title": "Week", **more}
    return Chart(categories=names, series=[Series(name="Rows", values=values)], **facts)


def drawn(figure):
    macro = _templates().from_string('{% from "chart.html" import chart %}{{ chart(figure) }}')
    return macro.render(figure=figure)


def test_the_table_says_what_the_chart_draws_as_the_viewer_reads_it():
    figure = figure_of(chart(), GERMAN)
    assert figure.columns == ["Week", "Rows"]
    assert figure.rows == [["05.01.2026", "1.234"], ["12.01.2026", "2,5"]]
    shares = figure_of(chart(names=("a", "b"), values=(0.25, None), kind=Kind.PERCENT), GERMAN)
    assert [row[1] for row in shares.rows] == ["25%", NOTHING]


def test_names_of_the_data_are_no_markup():
    page = drawn(figure_of(chart(names=(HOSTILE, "b"), heading=HOSTILE, description=HOSTILE), GERMAN))
    assert "<script" not in page
    assert page.count("</figure>") == 1
    assert page.partition("data-chart='")[2].partition("'")[0].endswith("}"), "the specification ends where it should"


def test_a_value_leads_where_its_mark_leads():
    page = drawn(figure_of(chart(), GERMAN, links=[["/week/1", "/rows/1"], ["", "/rows/2"]]))
    assert [f'href="{path}"' in page for path in ("/week/1", "/rows/1", "/rows/2", "")] == [True, True, True, False]


def test_a_chart_without_data_says_so_and_draws_nothing():
    page = drawn(figure_of(chart(values=(None, None)), GERMAN))
    assert "nothing to draw" in page
    assert "data-chart" not in page
    assert "<table" not in page


def test_charts_have_the_colours_and_the_font_of_the_house_as_its_reports_do(counted_ports, tmp_path):
    use(counted_ports, jobs=12)
    look = tmp_path / "branding.yaml"
    look.write_text('palette: ["#0B4F6C", "#A33C00"]\nfonts: {name: Inter}\n', encoding="utf-8")
    settings = Settings(home=tmp_path, jwt_secret=SECRET, branding=look)
    with served(create_app(counted_ports, settings, dispatch_soon=lambda: None)) as url, signed_in_as(url) as visit:
        page = visit.get("/insights").text
    specs = [json.loads(unescape(each)) for each in re.findall("data-chart='([^']*)'", page)]
    assert len(specs) == 5
    assert {colour for spec in specs for colour in spec["encoding"]["color"]["scale"]["range"]} == {
        "#0B4F6C",
        "#A33C00",
    }
    assert {spec["config"]["font"].partition(",")[0] for spec in specs} == {"'Inter'"}


@pytest.mark.slow  # a browser is started
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_dark_colour_of_the_house_is_seen_on_a_dark_page(viewer, ports, app, scheme):
    ports.metrics.events += campaign_events()
    ports.clock.now = NOON + timedelta(days=10)
    app.state.branding = Branding(palette=("#0B1F2C",))
    page = viewer(signed_in_as=token_of("ann"), color_scheme=scheme)
    page.goto("/campaigns")
    line = page.locator(".drawing .mark-line path").first
    line.wait_for()
    assert (line.get_attribute("stroke") == "rgb(11 31 44)") is (scheme == "light")


@pytest.mark.slow  # the script is made, in a process that loads V8
def test_the_script_is_made_once_and_kept_packed_for_ever(url):
    sent = httpx.get(url + DRAWER, timeout=60)
    assert "window.vegaEmbed=" in sent.text
    assert sent.headers["content-encoding"] == "gzip"
    assert "immutable" in sent.headers["cache-control"]
    assert sent.headers["content-security-policy"].startswith("default-src 'none'")
    assert sent.headers["x-content-type-options"] == "nosniff"
    assert int(sent.headers["content-length"]) < 400_000
    plain = httpx.get(url + DRAWER, headers={"Accept-Encoding": "identity"})
    assert (plain.text, "content-encoding" in plain.headers) == (sent.text, False)
    assert httpx.get(url + DRAWER.replace("/charts/", "/charts/0")).headers["cache-control"] == "no-cache"


def test_an_api_finds_what_another_one_of_its_home_has_made(tmp_path):
    kept = tmp_path / "charts" / f"{DRAWER.split('/')[2]}.js.gz"
    kept.parent.mkdir()
    kept.write_bytes(gzip.compress(b"draw()"))
    assert gzip.decompress(Drawer(tmp_path).packed()) == b"draw()"
