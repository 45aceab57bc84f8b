"""A report as a page and as the body of an e-mail."""

import re

import lxml.html
import pytest

from exports_pipeline.core.branding import Branding
from exports_pipeline.core.report import Table, TableColumn, Text
from exports_pipeline.reports.html_letter import MOST_ROWS, html_letter
from exports_pipeline.reports.html_page import html_page
from exports_pipeline_tests.sample_reports import BANK, HOSTILE, SHOP, line, picture, sample


def page(report, branding=BANK):
    return lxml.html.document_fromstring(html_page(report, branding))


def words(element):
    return " ".join(element.text_content().replace("\u00a0", " ").split())


def test_the_page_says_everything_of_the_report():
    text = words(page(sample()))
    for part in ("The first gate", "90,189", "up", "2.3%", "1,204,550.50 CZK", "gate 40", "0.0016", "ana@example.com"):
        assert part in text, part


def test_the_page_has_a_language_a_title_and_headings_in_order():
    root = page(sample(language="cs"))
    assert (root.get("lang"), root.get("dir")) == ("cs", "ltr")
    assert root.findtext(".//title") == "The first gate"
    assert [heading.tag for heading in root.iter("h1", "h2")] == ["h1", *["h2"] * 8]
    assert page(sample(language="he")).get("dir") == "rtl"


def test_the_page_needs_nothing_from_elsewhere():
    root = page(sample())
    assert not list(root.iter("script", "link", "iframe", "object"))
    addresses = [value for element in root.iter() for name, value in element.items() if name in {"src", "href"}]
    assert all(address.startswith("data:image/png;base64,") for address in addresses)
    assert "url(" not in html_page(sample(), BANK)


def test_charts_are_pictures_with_a_name_and_their_numbers_in_a_table():
    root = page(sample(sections=[line()]))
    (svg,) = root.iter("svg")
    assert (svg.get("role"), svg.get("aria-label")) == ("img", "Revenue grows every day.")
    assert not [name for element in svg.iterdescendants() for name in element.attrib if name.startswith("aria")]
    assert len(root.xpath("//details//tbody/tr")) == 60


def test_markup_in_a_report_is_text():
    table = Table(heading=HOSTILE, columns=[TableColumn(title=HOSTILE)], rows=[[HOSTILE]], note=HOSTILE)
    chart = line(categories=[HOSTILE], values=[1.0], description=HOSTILE, heading=HOSTILE)
    report = sample(
        title=HOSTILE, subtitle=HOSTILE, sections=[Text(text=HOSTILE), table, chart], facts=[(HOSTILE, HOSTILE)]
    )
    brand = Branding(name=HOSTILE, header=HOSTILE, footer=HOSTILE, font_name=HOSTILE)
    for written in (html_page(report, brand), html_letter(report, brand).html):
        root = lxml.html.document_fromstring(written)
        assert not list(root.iter("script"))
        assert words(root).count(HOSTILE) >= 9
        assert not re.search(r"<script", written)


def test_what_is_empty_is_said():
    empty = [Table(columns=[TableColumn(title="a")], rows=[]), line(categories=[], values=[])]
    for written in (html_page(sample(sections=empty), BANK), html_letter(sample(sections=empty), BANK).html):
        assert "No rows." in written
        assert "There is no data for this chart." in written
    assert "This report has no content." in html_page(sample(sections=[]), BANK)


def test_two_brands_differ():
    bank, shop = html_page(sample(), BANK), html_page(sample(language="cs"), SHOP)
    assert BANK.accent in bank
    assert BANK.accent not in shop
    assert "'Georgia'" in shop
    assert "Obchod &amp; syn" in shop
    assert "1\u00a0204\u00a0550,50\u00a0CZK" in shop


def test_a_letter_names_its_pictures_as_parts_of_the_message():
    letter = html_letter(sample(), BANK)
    named = set(re.findall(r'src="cid:([^"]+)"', letter.html))
    assert named == set(letter.pictures) == {"logo", "chart-4", "chart-5", "chart-6", "chart-7"}
    assert all(content.startswith(b"\x89PNG") for content in letter.pictures.values())
    assert letter.pictures["logo"] == picture()


def test_a_letter_may_hold_its_pictures_itself():
    letter = html_letter(sample(), BANK, embed=True)
    assert letter.pictures == {}
    assert letter.html.count('src="data:image/png;base64,') == 5


def test_a_letter_has_no_style_sheet_as_mail_programs_drop_it():
    root = lxml.html.document_fromstring(html_letter(sample(), BANK).html)
    assert not list(root.iter("style", "svg", "script"))
    assert all(picture.get("alt") for picture in root.iter("img"))


@pytest.mark.parametrize(("rows", "is_said"), [(MOST_ROWS, False), (MOST_ROWS + 1, True)])
def test_a_letter_says_how_many_rows_it_leaves_out(rows, is_said):
    table = Table(columns=[TableColumn(title="a")], rows=[[f"row {i}"] for i in range(rows)])
    written = html_letter(sample(sections=[table]), BANK).html
    assert written.count(">row ") == MOST_ROWS
    assert (f"The first {MOST_ROWS} of {rows} rows" in written) is is_said


def test_a_page_from_the_right_keeps_its_charts_as_they_are_drawn():
    root = page(sample(language="ar"))
    assert {svg.get("direction") for svg in root.iter("svg")} == {"ltr"}
