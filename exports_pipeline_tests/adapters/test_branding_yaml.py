"""A house's look is read from a file, and what is wrong with it is said with file and field."""

import shutil
from importlib.resources import files
from pathlib import Path

import pytest

from exports_pipeline.adapters.branding_yaml import read_branding
from exports_pipeline.core.branding import Branding
from exports_pipeline.core.errors import InvalidBranding
from exports_pipeline.core.formats import Paper
from exports_pipeline.reports.pdf_document import write_pdf
from exports_pipeline_tests.sample_reports import picture, sample

FONT = Path(str(files("reportlab") / "fonts/Vera.ttf"))
WHOLE = """
name: Example Bank
logo: logo.png
accent: "#0B4F6C"
palette: ["#0B4F6C", "#E69F00"]
fonts: {name: Vera, regular: Vera.ttf, bold: Vera.ttf}
header: Confidential
footer: Example Bank, Prague
paper: letter
language: cs
"""


@pytest.fixture
def branding(tmp_path):
    (tmp_path / "logo.png").write_bytes(picture())
    (tmp_path / "logo.svg").write_text("<svg/>")
    shutil.copy(FONT, tmp_path)

    def read(text):
        (tmp_path / "branding.yaml").write_text(text, encoding="utf-8")
        return read_branding(tmp_path / "branding.yaml")

    return read


def test_everything_is_read(branding, tmp_path):
    assert branding(WHOLE) == Branding(
        name="Example Bank",
        logo=picture(),
        accent="#0B4F6C",
        palette=("#0B4F6C", "#E69F00"),
        font_name="Vera",
        font_regular=tmp_path / "Vera.ttf",
        font_bold=tmp_path / "Vera.ttf",
        header="Confidential",
        footer="Example Bank, Prague",
        paper=Paper.LETTER,
        language="cs",
    )


def test_every_key_may_be_left_out(branding):
    assert branding("{}") == Branding()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("accent: blue", "branding.yaml: accent: must be a colour as \"#0072B2\", is 'blue'"),
        ("palette: ['#000000', red]", "branding.yaml: palette: 'red' is no colour as \"#0072B2\""),
        ("logo: missing.png", "branding.yaml: logo: missing.png cannot be read: No such file or directory"),
        ("logo: logo.svg", "branding.yaml: logo: logo.svg is no PNG or JPEG picture"),
        ("fonts: {regular: logo.png}", "branding.yaml: fonts.regular: logo.png is no TrueType font"),
        ("fonts: Vera", "branding.yaml: fonts: must be a mapping with the keys name, regular and bold"),
        ("fonts: {name: 'a; b'}", "branding.yaml: fonts.name: must be the name of a font family, is 'a; b'"),
        ("paper: a5", "branding.yaml: paper: 'a5' is none of a4, letter"),
        ("language: Czech!", "branding.yaml: language: must be a language as en or de-AT, is 'Czech!'"),
        ("acent: '#000000'", "branding.yaml: acent: unknown key; did you mean accent?"),
        ("- a", "branding.yaml: line 1: must be a mapping with the keys name, logo, accent, "),
        ("a: [", "branding.yaml: line 1: "),
    ],
)
def test_a_problem_is_said_with_file_and_field(branding, text, problem):
    with pytest.raises(InvalidBranding) as caught:
        branding(text)
    assert str(caught.value).startswith(problem)


def test_all_problems_are_said_at_once(branding):
    with pytest.raises(InvalidBranding) as caught:
        branding("{accent: blue, paper: a5}")
    assert len(str(caught.value).splitlines()) == 2


def test_a_document_carries_the_brands_font_and_fills_its_gaps(branding, tmp_path):
    write_pdf(sample(title="Gate 日本"), branding(WHOLE), tmp_path / "report.pdf")
    content = (tmp_path / "report.pdf").read_bytes()
    assert b"BitstreamVera" in content
    assert b"NotoSansSC" in content or b"NotoSansJP" in content
