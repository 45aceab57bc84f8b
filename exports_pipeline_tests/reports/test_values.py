"""How values are written, in three languages."""

from datetime import UTC, date, datetime
from decimal import Decimal
from math import inf, nan

import pytest

from exports_pipeline.core.report import KeyFigure, Kind
from exports_pipeline.reports.values import DASH, MINUS, change_of, shown, shown_categories, shown_change
from exports_pipeline.reports.words import words_of

NOON = datetime(2026, 3, 5, 12, 9, tzinfo=UTC)
EN, DE, CS = map(words_of, ("en", "de-AT", "cs"))


@pytest.mark.parametrize(
    ("value", "kind", "extra", "texts"),
    [
        (1234567, Kind.INTEGER, {}, ("1,234,567", "1.234.567", "1 234 567")),
        (-0.5, Kind.NUMBER, {"digits": 2}, (MINUS + "0.50", MINUS + "0,50", MINUS + "0,50")),
        (61, Kind.NUMBER, {"digits": 2}, ("61", "61", "61")),
        (0.25, Kind.PERCENT, {}, ("25%", "25 %", "25 %")),
        (Decimal("1234.5"), Kind.MONEY, {"unit": "EUR", "digits": 2}, ("€1,234.50", "1.234,50 €", "1 234,50 €")),
        (-3, Kind.MONEY, {"unit": "CZK"}, (MINUS + "3 CZK", MINUS + "3 CZK", MINUS + "3 CZK")),
        (date(2026, 3, 5), Kind.DATE, {}, ("5 Mar 2026", "05.03.2026", "5. 3. 2026")),
        (NOON, Kind.TIME, {}, ("5 Mar 2026 12:09", "05.03.2026 12:09", "5. 3. 2026 12:09")),
        (True, Kind.TEXT, {}, ("yes", "ja", "ano")),
    ],
)  # fmt: skip
def test_a_value_is_written_as_the_language_writes_it(value, kind, extra, texts):
    written = tuple(shown(value, kind, words=words, **extra).replace("\u00a0", " ") for words in (EN, DE, CS))
    assert written == texts


@pytest.mark.parametrize("value", [None, nan, inf, -inf, Decimal("NaN"), Decimal("-Infinity")])
@pytest.mark.parametrize("kind", Kind)
def test_what_is_no_number_is_a_dash(value, kind):
    assert shown(value, kind, words=EN) == DASH


def test_half_is_rounded_away_from_zero_and_nothing_is_negative_zero():
    assert [shown(Decimal(text), Kind.NUMBER, words=EN, digits=1) for text in ("0.25", "-0.25", "-0.01")] == [
        "0.3",
        MINUS + "0.3",
        "0.0",
    ]


def test_a_number_of_no_kind_keeps_its_digits():
    assert shown(Decimal("1234.5670"), Kind.TEXT, words=EN) == "1,234.567"


def test_first_days_of_months_are_months():
    assert shown_categories([date(2026, 1, 1), date(2026, 2, 1)], EN) == ["Jan\u00a02026", "Feb\u00a02026"]
    assert shown_categories([date(2026, 1, 1), date(2026, 2, 2)], EN)[0] == "1\u00a0Jan\u00a02026"


def test_a_change_from_nearly_nothing_is_no_number_of_twenty_digits():
    assert shown_change(0.0234, EN) == "2.3%"
    assert shown_change(1e17, EN) == "> 10,000%"
    assert change_of(KeyFigure(title="a", value=nan, previous=1)) is None
    assert change_of(KeyFigure(title="a", value=1, previous=inf)) is None
