"""Charts: drawn from any data, without a network, and without taking names for code."""

from datetime import date
from math import inf, nan
from xml.etree import ElementTree as ET

import pytest

from exports_pipeline.core.branding import Branding
from exports_pipeline.core.report import Kind, Mark, Series
from exports_pipeline.reports.charts import chart_png, chart_svg
from exports_pipeline.reports.theme import SANS, fonts_of
from exports_pipeline.reports.vega import TALLEST_PX, vega_lite
from exports_pipeline.reports.words import words_of
from exports_pipeline_tests.sample_reports import BARS, HOSTILE, INTERVALS, SHARES, SHOP, SLICES, line

EN = words_of("en")


def texts_of(chart, language="en", branding=Branding()):  # noqa: B008 - frozen
    svg = chart_svg(chart, branding=branding, words=words_of(language))
    return ["".join(text.itertext()) for text in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]  # noqa: S314 - ours


@pytest.mark.parametrize("values", [[], [None, None], [nan, inf]])
@pytest.mark.parametrize("mark", Mark)
def test_a_chart_without_data_is_no_picture(mark, values):
    chart = line(categories=["a", "b"][: len(values)], values=values, mark=mark)
    assert vega_lite(chart, branding=Branding(), words=EN) is None


def test_a_chart_without_series_is_no_picture():
    assert chart_png(line(series=[]), branding=Branding(), words=EN) is None


@pytest.mark.parametrize("mark", Mark)
@pytest.mark.parametrize("categories", [["one"], [date(2026, 7, 1)], [f"Branch {i} of the north" for i in range(50)]])
def test_every_mark_is_drawn_for_a_single_point_and_for_fifty(mark, categories):
    svg = chart_svg(line(categories=categories, mark=mark), branding=Branding(), words=EN)
    root = ET.fromstring(svg)  # noqa: S314 - ours
    assert 0 < float(root.get("height")) <= TALLEST_PX + 20


def test_names_are_drawn_as_they_are():
    series = [Series(name="datum.value", values=[1, 2]), Series(name="b", values=[2, 1])]
    chart = line(categories=[HOSTILE, "b"], series=series, mark=Mark.BAR)
    joined = " ".join(texts_of(chart))
    assert "<script>alert('x')</script>" in joined
    assert "datum.value" in joined


def test_two_categories_of_one_name_stay_apart():
    assert texts_of(line(categories=["same", "same"], values=[1, 2], mark=Mark.BAR)).count("same") == 2


def test_axes_speak_the_language_of_the_report():
    chart = line(categories=["a"], values=[12345.5], mark=Mark.SHARE)
    assert any(text.startswith("12.346") for text in texts_of(chart, "de"))


def test_an_axis_of_whole_numbers_says_none_of_them_twice():
    texts = texts_of(line(values=[1, 2, 3, 1], categories=["a", "b", "c", "d"], kind=Kind.INTEGER))
    assert [text for text in texts if text.isdigit()] == ["0", "1", "2", "3"]


def test_shares_say_how_much_of_the_whole_they_are():
    assert {"3 (75.0%)", "1 (25.0%)"} <= set(texts_of(SHARES))


def test_slices_have_names_and_shares_beside_them_and_values_in_the_legend():
    beside = ["finance60.0%", "travel39.0%", ""]  # two lines each
    legend = ["finance: 60 (60.0%)", "travel: 39 (39.0%)", "rare: 1 (1.0%)", "gone: 0 (0.0%)", "owed: 0 (0.0%)"]
    assert texts_of(SLICES) == [*beside, *legend]


def test_slices_are_as_large_as_their_shares_and_nothing_below_zero_is_one():
    rows = vega_lite(SLICES, branding=Branding(), words=EN)["data"]["values"]
    assert [(row["category"], row["value"]) for row in rows] == [(0, 60), (1, 39), (2, 1)]
    assert [row["align"] for row in rows] == ["left", "right", "right"]


@pytest.mark.parametrize("values", [[], [None, nan], [0, 0], [-1, -2]])
def test_of_nothing_there_is_no_pie(values):
    chart = line(categories=["a", "b"], values=values, mark=Mark.PIE)
    assert chart_svg(chart, branding=Branding(), words=EN) is None


def test_series_have_the_colours_of_the_brand():
    svg = chart_svg(BARS, branding=SHOP, words=EN)
    assert all(colour in svg for colour in SHOP.palette)


def test_a_hole_in_a_line_is_no_straight_line():
    chart = line(categories=[str(i) for i in range(30)], values=[1.0, 2.0, None, 4.0, 5.0] * 6)
    svg = chart_svg(chart, branding=Branding(), words=EN)
    path = next(p for p in ET.fromstring(svg).iter() if "mark-line" in p.get("class", ""))  # noqa: S314 - ours
    assert path[0].get("d").count("M") == 7


def test_an_interval_that_reaches_zero_has_a_line_there():
    assert "stroke-dasharray" in chart_svg(INTERVALS, branding=Branding(), words=EN)


def test_a_picture_is_a_png():
    assert chart_png(BARS, branding=Branding(), words=EN).startswith(b"\x89PNG")


@pytest.mark.parametrize("name", ["<b>", "a; b", "'x'", "日本", "1st", ""])
def test_a_family_that_is_no_plain_name_is_left_out(name):
    assert "Noto Sans" in chart_svg(BARS, branding=Branding(font_name=name), words=EN)
    assert fonts_of(Branding(font_name=name)) == SANS


@pytest.mark.parametrize("value", [1e308, -1e308, 5e-324, 1e300])
@pytest.mark.parametrize("mark", Mark)
def test_numbers_without_measure_are_drawn_or_left_out(mark, value):
    chart_svg(line(categories=["a", "b"], values=[value, 1.0], mark=mark), branding=Branding(), words=EN)
