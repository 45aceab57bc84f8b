"""What an export takes of a dataset."""

from datetime import UTC, date, datetime

import pytest

from exports_pipeline.core.catalog import Column, Dataset
from exports_pipeline.core.filters import Filters, day_window, select
from exports_pipeline.core.redaction_policy import Sensitivity
from exports_pipeline.core.refusals import FilterNotSupported, InvalidDateRange, MalformedValue, UnknownColumn
from exports_pipeline_tests.builders import requester
from exports_pipeline_tests.fakes.ports import AIRPORTS, PAYROLL, SALES

ANN = requester("ann")
BOSS = requester("boss", "EXPORT_ALL")
SLEUTH = requester("sleuth", "UNMASK")


def names(selection):
    return [column.name for column in selection.columns]


def test_a_user_gets_the_rows_that_carry_their_owner_key():
    assert select(SALES, Filters(), ANN).owner_key == "ann"


def test_an_administrator_gets_all_rows():
    assert select(SALES, Filters(), BOSS).owner_key is None


@pytest.mark.parametrize("dataset", [AIRPORTS, PAYROLL])
def test_a_dataset_without_owners_has_one_result_for_everybody(dataset):
    assert select(dataset, Filters(), ANN).owner_key is None


def test_dropped_columns_are_gone_and_masked_ones_are_marked():
    selection = select(SALES, Filters(), ANN)
    assert "pin" not in names(selection)
    assert selection.redactions == {"card": Sensitivity.MASK}


def test_unmasking_shows_everything_as_it_is():
    selection = select(SALES, Filters(), SLEUTH)
    assert "pin" in names(selection)
    assert selection.redactions == {}


def test_chosen_columns_come_once_and_in_the_order_asked_for():
    assert names(select(SALES, Filters(columns=("amount", "day", "amount")), ANN)) == ["amount", "day"]


def test_an_unknown_column_is_named():
    with pytest.raises(UnknownColumn, match="'prize'"):
        select(SALES, Filters(columns=("prize",)), ANN)


def test_choosing_only_what_may_not_be_shown_is_refused():
    with pytest.raises(UnknownColumn, match="None of these"):
        select(SALES, Filters(columns=("pin",)), ANN)


@pytest.mark.parametrize(
    ("filters", "field"),
    [
        (Filters(start_date=date(2026, 1, 1)), "start_date"),
        (Filters(end_date=date(2026, 1, 1)), "end_date"),
        (Filters(account_ids=("1",)), "account_ids"),
        (Filters(tag_ids=("1",)), "tag_ids"),
    ],
)
def test_a_filter_without_a_column_for_it_is_refused(filters, field):
    with pytest.raises(FilterNotSupported) as caught:
        select(AIRPORTS, filters, ANN)
    assert caught.value.field == field


def test_an_end_before_the_start_is_refused():
    with pytest.raises(InvalidDateRange, match="2026-01-01 lies before the start date 2026-01-02"):
        select(SALES, Filters(start_date=date(2026, 1, 2), end_date=date(2026, 1, 1)), ANN)


def test_one_day_is_a_range():
    day = date(2026, 1, 2)
    assert select(SALES, Filters(start_date=day, end_date=day), ANN).end_date == day


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("INTEGER", "-2147483648", "2147483648"),
        ("UTINYINT", "255", "256"),
        ("UBIGINT", "0", "-1"),
        ("BIGINT[]", "7", "x"),
        ("BIGINT", "7", "\u0667"),
        ("HUGEINT", str(2**127 - 1), "9" * 40),
        ("UUID", "b3f0aa9e-6b4c-4d42-a4a4-0d1b42c9a5a1", "b3f0"),
        ("DATE", "2026-02-28", "2026-02-30"),
        ("TIMESTAMP", "2026-02-28T10:00:00", "yesterday"),
        ("DECIMAL(18,2)", "1.5", "NaN"),
        ("DOUBLE", "1e5", "one"),
        ("BOOLEAN", "True", "yes"),
        ("VARCHAR", "anything '; DROP", "with\x00nul"),
    ],
)
def test_an_account_must_read_as_a_value_of_its_column(kind, good, bad):
    dataset = Dataset(name="d", public=True, account="a", columns=(Column(name="a", type=kind),))
    assert select(dataset, Filters(account_ids=(good,)), ANN).account_ids == (good,)
    with pytest.raises(MalformedValue, match="account_ids"):
        select(dataset, Filters(account_ids=(bad,)), ANN)


@pytest.mark.parametrize(
    ("day", "zone", "since", "until", "hours"),
    [
        (date(2026, 1, 15), "UTC", (2026, 1, 15, 0), (2026, 1, 16, 0), 24),
        (date(2026, 3, 29), "Europe/Prague", (2026, 3, 28, 23), (2026, 3, 29, 22), 23),
        (date(2026, 10, 25), "Europe/Prague", (2026, 10, 24, 22), (2026, 10, 25, 23), 25),
        (date(2026, 6, 1), "Asia/Kolkata", (2026, 5, 31, 18, 30), (2026, 6, 1, 18, 30), 24),
    ],
)
def test_a_day_lasts_from_midnight_to_midnight_where_it_is(day, zone, since, until, hours):
    window = day_window(day, day, zone)
    assert window == (datetime(*since, tzinfo=UTC), datetime(*until, tzinfo=UTC))
    assert (window[1] - window[0]).total_seconds() == hours * 3600


def test_a_window_may_be_open_on_either_side():
    assert day_window(None, None, "UTC") == (None, None)


def test_a_window_is_open_where_the_calendar_ends():
    assert day_window(date(1, 1, 1), date(9999, 12, 31), "Asia/Tokyo") == (None, None)
