"""The pictures of the documentation are what comes out today, but for what `exports_pipeline_tests.pictures` renews."""

import shutil

import pytest
from PIL import Image, ImageDraw

from exports_pipeline_tests.pictures import (
    DOCS,
    PICTURED,
    apart,
    desk_of_pictures,
    pdf_picture,
    report_picture,
    xlsx_picture,
)

POPPLER = pytest.mark.skipif(not shutil.which("pdftoppm"), reason="poppler is not installed (make tools)")
LIBREOFFICE = pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice is not installed (make tools)")
MOST_APART = 0.0002
"""Of the pixels, with the fonts of the package; another poppler smooths edges a little differently."""
MOST_APART_BY_LIBREOFFICE = 0.03
"""Its fonts are those of the machine."""


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    return desk_of_pictures(tmp_path_factory.mktemp("home"))


def golden(name):
    with Image.open(DOCS / name) as picture:
        return picture.convert("RGB")


@pytest.mark.slow
@POPPLER
@pytest.mark.parametrize("template", [each.name for each in PICTURED])
def test_the_page_of_a_report_looks_as_its_picture(desk, tmp_path, template):
    found = apart(report_picture(template, desk, tmp_path), golden(f"reports/pictures/{template}.png"))
    assert found.share <= MOST_APART
    assert found.mean < 1


@pytest.mark.slow
@POPPLER
def test_an_export_as_pdf_looks_as_its_picture(desk, tmp_path):
    found = apart(pdf_picture(desk, tmp_path), golden("pictures/pdf.png"))
    assert found.share <= MOST_APART
    assert found.mean < 1


@pytest.mark.slow
@POPPLER
@LIBREOFFICE
def test_an_export_as_workbook_looks_as_its_picture(desk, tmp_path):
    found = apart(xlsx_picture(desk, tmp_path), golden("pictures/xlsx.png"))
    assert found.share <= MOST_APART_BY_LIBREOFFICE


def test_a_word_that_is_missing_is_a_difference():
    whole = golden("reports/pictures/kpi.png")
    without = whole.copy()
    ImageDraw.Draw(without).rectangle((50, 244, 100, 260), fill="white")  # Targets
    assert apart(whole, whole).share == 0
    assert apart(whole, without).share > MOST_APART
    assert apart(whole, whole.resize((10, 10))).share == 1
