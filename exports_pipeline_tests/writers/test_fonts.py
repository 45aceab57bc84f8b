"""Text of every script in a document, as it looks to the fonts and as other programs read it."""

import io
import unicodedata

import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph, SimpleDocTemplate

from exports_pipeline.writers.fonts.direction import starts_right, visual_runs
from exports_pipeline.writers.fonts.document_font import BOLD_FONT, REGULAR_FONT, document_font, register_fonts
from exports_pipeline.writers.fonts.ink import Drawn, Ink, show
from exports_pipeline.writers.fonts.typeface import REGULAR, typeface

SAMPLES = {
    "Latin": "Žluťoučký kůň, Ærø 1 234,50 €",
    "Greek": "Ελληνικά κείμενα",
    "Cyrillic": "Съешь ещё этих булок",
    "Simplified": "简体中文",
    "Traditional": "繁體中文龘",
    "Japanese": "日本語のテキスト",
    "Korean": "한국어 텍스트",
    "Thai": "ภาษาไทย",
    "Devanagari": "हिन्दी",
    "Arabic": "السلام",
    "Hebrew": "שלום",
    "Emoji": "😀",
    "beyond the basic plane": "𠮷野家",
}
ANYTHING = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@pytest.fixture
def ink():
    return Ink(typeface(REGULAR))


def drawn(text, font=REGULAR_FONT):
    """A document of one text."""
    body = io.BytesIO()
    register_fonts()
    canvas = Canvas(body, invariant=1)
    canvas.setFont(font, 12)
    canvas.drawString(50, 700, text)
    canvas.save()
    return body.getvalue()


def extracted(body):
    """The text of the first page as Chromium's engine reads it, compatibility forms made plain."""
    with pypdfium2.PdfDocument(body) as document:
        page = document[0]
        text = page.get_textpage().get_text_range()
    return unicodedata.normalize("NFC", text)


@pytest.mark.parametrize("text", SAMPLES.values(), ids=SAMPLES)
@pytest.mark.parametrize("font", [REGULAR_FONT, BOLD_FONT])
def test_text_of_every_script_is_read_back_by_another_program(text, font):
    assert extracted(drawn(text, font)).strip() == text


@pytest.mark.parametrize("text", SAMPLES.values(), ids=SAMPLES)
def test_every_script_has_a_glyph_for_every_character(ink, text):
    faces = ink.typeface.faces
    glyphs = [ink.codes[face].glyphs[one.code] for face, run in ink.line(text).runs for one in run]
    assert faces
    assert all(glyphs)


def test_arabic_letters_are_joined(ink):
    [(face, run)] = ink.line("ببب", from_right=True).runs
    glyphs = [ink.codes[face].glyphs[one.code] for one in run]
    assert len(set(glyphs)) >= 3, "the same letter first, in the middle and last"
    assert "".join(ink.codes[face].texts[one.code] for one in run) == "ببب"


def test_a_line_is_drawn_in_the_order_in_which_it_is_read():
    assert starts_right("שלום abc")
    assert not starts_right("abc שלום")
    assert visual_runs("אב 12 גד", from_right=True) == [(" גד", True), ("12", False), ("אב ", True)]
    assert visual_runs("ab אב cd", from_right=False) == [("ab ", False), ("אב", True), (" cd", False)]


def test_han_characters_are_drawn_as_the_language_of_their_text_draws_them(ink):
    faces = ink.typeface.faces
    assert {faces[face].name for face, _ in ink.line("直す").runs} == {"NotoSansJP-400"}
    assert {faces[face].name for face, _ in ink.line("直接").runs} == {"NotoSansSC-400"}


@pytest.mark.parametrize("missing", ["\ue000", "\u0378", "\U000f0000"])
def test_a_character_that_no_font_has_shows_a_box_and_keeps_its_value(ink, missing):
    line = ink.line(f"a{missing}b")
    [(face, (_, box, _))] = line.runs
    assert ink.codes[face].glyphs[box.code] == 0
    assert box.width > 0
    assert ink.codes[face].texts[box.code] == missing


def test_a_control_character_is_told_as_a_replacement(ink):
    [(face, (one,))] = ink.line("\x01").runs
    assert ink.codes[face].texts[one.code] == "\ufffd"


@settings(deadline=None, max_examples=200)
@given(text=ANYTHING, from_right=st.booleans())
def test_no_character_vanishes(text, from_right):
    ink = Ink(typeface(REGULAR))
    line = ink.line(text, from_right=from_right)
    told = "".join(ink.codes[face].texts[one.code] for face, run in line.runs for one in run)
    expected = ["\ufffd" if unicodedata.category(c) == "Cc" or ord(c) & 0xFFFE == 0xFFFE else c for c in text]
    assert sorted(told) == sorted(expected)
    assert ink.width(text) >= 0


def test_the_shifts_of_neighbouring_marks_are_told_apart():
    run = (Drawn(0x61, 500, dx=30), Drawn(0x301, 0, dx=-20, dy=100), Drawn(0x302, 0, dx=-20, dy=100))
    assert " ".join(show(run, 10).split()) == "[ -30<0061>30 ] TJ 1.00 Ts [ 20<0301>-20 20<0302>-20 ] TJ 0 Ts"


def test_paragraphs_of_reportlab_take_any_script():
    body = io.BytesIO()
    register_fonts()
    style = ParagraphStyle("any", fontName=REGULAR_FONT)
    SimpleDocTemplate(body, invariant=1).build([Paragraph(f"<b>{text}</b> {text}", style) for text in SAMPLES.values()])
    found = extracted(body.getvalue())
    assert [text for text in SAMPLES.values() if found.count(text) != 2] == []


def test_documents_at_the_same_time_do_not_share_their_codes():
    font = document_font(REGULAR_FONT)
    first, second = Canvas(io.BytesIO()), Canvas(io.BytesIO())
    font.ink(first._doc).line("ABC")
    assert not font.ink(second._doc).codes[0].glyphs
