"""Texts that are searched by DuckDB give up what a direct search finds, and nothing else."""

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from exports_pipeline.core.redaction_policy import TextKind
from exports_pipeline.writers.text_scan import MARKS, add_text_scan, scanned
from exports_pipeline_tests.text_scanner import GAPS, luhn, modulo_97, scan

CONNECTION = duckdb.connect(config={"threads": 1})
add_text_scan(CONNECTION)
ADDRESSES = [
    "ann@example.com",
    "o'neil+x@mail.example.co.uk",
    "jose\u0301@müller.de",
    "a.b@c",
    "@x.cz",
    "a@b@c.io",
    "x@-a.com",
]
CARDS = ["4111111111111111", "378282246310005", "30569309025904", "5555555555554444", "6011000990139424"]
NEAR_CARDS = ["4111111111111112", "411111111111", "41111111111111111111"]
IBANS = ["GB82WEST12345698765432", "DE89370400440532013000", "MT84MALT011000012345MTLCAST001S", "NO9386011117947"]
NEAR_IBANS = ["GB83WEST12345698765432", "GB82", "XX00000000000000", "82GBWEST12345698765432"]
PHONES = [
    "+420 777 123 456",
    "(212) 555-0123",
    "212-555-0123",
    "0171/2345678",
    "0044 20 7946 0958",
    "2026-01-31",
    "+12",
]


def found_by_sql(texts, *kinds):
    """What becomes of texts, in one statement: to plan it takes longer than to search."""
    statement = f"SELECT {scanned('x', kinds)} FROM (SELECT unnest(CAST($texts AS VARCHAR[])) AS x)"
    return [found for (found,) in CONNECTION.execute(statement, {"texts": list(texts)}).fetchall()]


@st.composite
def in_groups(draw, numbers):
    """A number as people write it: with spaces or dashes at any place."""
    number = draw(st.sampled_from(numbers))
    size = draw(st.integers(1, 6))
    gap = draw(st.sampled_from(["", *GAPS, "  ", "."]))
    return gap.join(number[place : place + size] for place in range(0, len(number), size))


WORDS = st.text("aZé7 0-\u2013.@+(/\u00a0日,\n", max_size=8)
PLANTED = st.one_of(
    st.sampled_from(ADDRESSES + PHONES),
    in_groups(CARDS + NEAR_CARDS),
    in_groups(IBANS + NEAR_IBANS),
    st.text("0123456789 -", min_size=5, max_size=24),
)
TEXTS = st.lists(st.one_of(WORDS, PLANTED), max_size=5).map("".join)


ALWAYS = [
    "4111 1111 1111 1111 12/27",
    "2026 4111 1111 1111 1111",
    "4111111111111111 4111111111111111",
    "pay GB82 WEST 1234 5698 7654 32 today",
    "4111111111111111@example.com",
]


@pytest.mark.parametrize("kinds", [(TextKind.CARD,), (TextKind.IBAN,), (TextKind.EMAIL, TextKind.PHONE)])
@settings(max_examples=8, deadline=None)
@given(texts=st.lists(TEXTS, min_size=10, max_size=60))
@example(texts=ALWAYS)
def test_sql_finds_what_a_direct_search_finds(kinds, texts):
    assert found_by_sql(texts, *kinds) == [scan(text, kinds) for text in texts]


def test_a_card_is_found_however_it_is_written_and_only_with_its_check_digit():
    wrong = [card[:-1] + str((int(card[-1]) + 1) % 10) for card in CARDS]
    assert {luhn(card) for card in CARDS} == {True}
    assert {luhn(card) for card in wrong} == {False}
    gaps = ("", " ", "-", "\u00a0", "\u2013")
    texts = [[f"card {spaced(card, gap)}, thanks" for card in cards for gap in gaps] for cards in (CARDS, wrong)]
    assert found_by_sql(texts[0], TextKind.CARD) == ["card [card], thanks"] * len(texts[0])
    assert found_by_sql(texts[1], TextKind.CARD) == texts[1]


def test_an_iban_is_found_in_any_case_and_only_with_its_check_digits():
    wrong = [f"to {iban[:-1]}{'1' if iban[-1] != '1' else '2'} please" for iban in IBANS]
    assert {modulo_97(iban) for iban in IBANS} == {1}
    right = [f"to {spaced(iban, ' ').lower()} please" for iban in IBANS]
    assert found_by_sql(right, TextKind.IBAN) == ["to [iban] please"] * len(IBANS)
    assert found_by_sql(wrong, TextKind.IBAN) == wrong


def test_marks_name_the_kind_and_all_else_stays():
    found = {
        "Ann <ann@example.com>, call +420 777 123 456!": "Ann <[e-mail]>, call [phone]!",
        "(212) 555-0123 or 0171/2345678": "[phone] or [phone]",
        "IBAN:GB82WEST12345698765432;4111-1111-1111-1111": "IBAN:[iban];[card]",
    }
    plain = [None, "", "on 2026-01-31 at 12:30, order 1234567, 192.168.100.100", " ".join(MARKS.values())]
    assert found_by_sql([*found, *plain], *TextKind) == [*found.values(), *plain]


def test_a_column_that_is_not_searched_is_the_column_itself():
    assert scanned("x", ()) == "x"


def spaced(number, gap):
    return gap.join(number[place : place + 4] for place in range(0, len(number), 4))
