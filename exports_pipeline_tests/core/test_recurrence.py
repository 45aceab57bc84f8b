"""Windows of cron expressions, by hand where clocks change, and beside two other engines everywhere else."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from croniter import croniter
from cronsim import CronSim
from hypothesis import given, settings
from hypothesis import strategies as st

from exports_pipeline.core.cron import parse_cron
from exports_pipeline.core.recurrence import (
    check_least_interval,
    is_clock_change,
    next_window,
    preview,
    windows,
)
from exports_pipeline.core.refusals import InvalidCron

PRAGUE, SAMOA = ZoneInfo("Europe/Prague"), ZoneInfo("Pacific/Apia")
ZONES = [
    "UTC",
    "Europe/Prague",
    "America/New_York",
    "America/Havana",  # midnight is shown twice
    "Asia/Kathmandu",  # 45 minutes
    "Australia/Lord_Howe",  # half an hour forward and back
    "America/Sao_Paulo",  # midnight was skipped until 2018
    "Pacific/Chatham",
]
EXPRESSIONS = ["30 2 * * SUN", "0 9 * * MON-WED", "15 0 13 * FRI", "0 0 1 */3 *", "45 23 28-31 * *", "0 12 29 2 *"]
SINCE, UNTIL = datetime(2016, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)


def local(text, zone, start, count):
    """The next windows as the clocks of the zone show them, with their offsets."""
    after = datetime.fromisoformat(start).replace(tzinfo=zone)
    found = preview(parse_cron(text), zone, after=after, count=count)
    return [each.astimezone(zone).isoformat(timespec="minutes") for each in found]


def test_a_time_that_does_not_exist_comes_due_once_at_the_first_instant_after_the_gap():
    assert local("30 2 * * *", PRAGUE, "2026-03-28T12:00", 2) == ["2026-03-29T03:00+02:00", "2026-03-30T02:30+02:00"]


def test_times_that_a_gap_swallows_come_due_together_once():
    assert local("0,20,40 2-3 29 3 *", PRAGUE, "2026-03-29T00:00", 3) == [
        "2026-03-29T03:00+02:00",
        "2026-03-29T03:20+02:00",
        "2026-03-29T03:40+02:00",
    ]


def test_a_time_that_exists_twice_comes_due_the_first_time():
    assert local("30 2 * * *", PRAGUE, "2026-10-24T12:00", 2) == ["2026-10-25T02:30+02:00", "2026-10-26T02:30+01:00"]


def test_what_runs_in_every_hour_runs_in_both_of_two_equal_hours_and_once_after_a_skipped_one():
    assert local("0 * * * *", PRAGUE, "2026-10-25T01:00", 3) == [
        "2026-10-25T02:00+02:00",
        "2026-10-25T02:00+01:00",
        "2026-10-25T03:00+01:00",
    ]
    assert local("0 * * * *", PRAGUE, "2026-03-29T01:00", 2) == ["2026-03-29T03:00+02:00", "2026-03-29T04:00+02:00"]


def test_a_skipped_midnight_is_one_oclock():
    found = local("0 0 * * *", ZoneInfo("America/Sao_Paulo"), "2018-11-03T12:00", 2)
    assert found == ["2018-11-04T01:00-02:00", "2018-11-05T00:00-02:00"]


def test_a_midnight_that_comes_twice_is_the_first():
    found = local("0 0 * * *", ZoneInfo("America/Havana"), "2025-11-01T12:00", 2)
    assert found == ["2025-11-02T00:00-04:00", "2025-11-03T00:00-05:00"]


def test_half_an_hour_forward():
    found = local("15 2 * * *", ZoneInfo("Australia/Lord_Howe"), "2025-10-04T12:00", 2)
    assert found == ["2025-10-05T02:30+11:00", "2025-10-06T02:15+11:00"]


def test_a_day_that_an_island_skipped_comes_due_when_the_next_one_begins():
    assert local("0 9 * * *", SAMOA, "2011-12-29T12:00", 3) == [
        "2011-12-31T00:00+14:00",
        "2011-12-31T09:00+14:00",
        "2012-01-01T09:00+14:00",
    ]


def test_leap_days_are_found_across_a_century_without_one():
    assert next_window(parse_cron("0 0 29 2 *"), ZoneInfo("UTC"), after=datetime(2096, 3, 1, tzinfo=UTC)) == datetime(
        2104, 2, 29, tzinfo=UTC
    )


def test_the_calendar_ends():
    assert next_window(parse_cron("0 0 1 1 *"), PRAGUE, after=datetime(9958, 6, 1, tzinfo=UTC)) is not None
    assert list(windows(parse_cron("@yearly"), PRAGUE, after=SINCE, until=SINCE)) == []


@pytest.mark.parametrize("zone_name", ZONES)
@pytest.mark.parametrize("text", EXPRESSIONS)
def test_ten_years_are_those_of_two_other_engines_where_the_clocks_stand_still(text, zone_name):
    zone = ZoneInfo(zone_name)
    ours = set(windows(parse_cron(text), zone, after=SINCE, until=UNTIL))
    for engine in (_by_croniter, _by_cronsim):
        difference = ours ^ set(engine(text, zone))
        ordinary = [each for each in difference if not _is_near_a_change(zone, each)]
        assert ordinary == [], engine.__name__
        assert len(difference) <= 80  # two changes a year, seen by both


FIELDS = [(0, 59), (0, 23), (1, 28), (1, 12), (0, 6)]


@st.composite
def expressions(draw):
    parts = []
    for low, high in FIELDS:
        first = draw(st.integers(low, high))
        last = draw(st.integers(min(first + 1, high), high))
        span = f"{first}-{last}" if first < last else str(first)  # croniter takes 3-3 for every day
        step = draw(st.integers(1, 9))
        parts.append(draw(st.sampled_from(["*", f"*/{step}", str(first), span, f"{first},{last}"])))
    return " ".join(parts)


@given(expressions(), st.datetimes(datetime(2016, 1, 1), datetime(2025, 1, 1)))  # noqa: DTZ001 - UTC is put on below
@settings(max_examples=150, deadline=None)
def test_any_expression_comes_due_as_in_two_other_engines(text, start):
    start = start.replace(tzinfo=UTC)
    ours = preview(parse_cron(text), ZoneInfo("UTC"), after=start, count=5)
    other, third = croniter(text, start, ret_type=datetime, implement_cron_bug=True), CronSim(text, start)
    assert ours == [other.get_next(datetime) for _ in ours] == [next(third) for _ in ours]


@pytest.mark.parametrize(
    ("text", "minutes", "fits"),
    [
        ("*/5 * * * *", 5, True),
        ("*/4 * * * *", 5, False),
        ("0,1 9 * * MON", 5, False),
        ("58 23,0 * * *", 60, True),
        ("0,58 23 * * *", 61, False),
        ("59 23 * * *", 24 * 60, True),
        ("1 0,23 * * MON", 61, True),
        ("1 0,23 * * MON,TUE", 61, False),
    ],
)
def test_windows_keep_the_least_interval(text, minutes, fits):
    def check():
        check_least_interval(parse_cron(text), since=date(2026, 3, 29), least=timedelta(minutes=minutes))

    if fits:
        check()
    else:
        with pytest.raises(InvalidCron, match="the least interval here is"):
            check()


def test_the_days_on_which_clocks_change_are_known():
    assert is_clock_change(PRAGUE, date(2026, 3, 29))
    assert is_clock_change(PRAGUE, date(2026, 10, 25))
    assert not is_clock_change(PRAGUE, date(2026, 3, 28))
    assert not is_clock_change(ZoneInfo("UTC"), date(2026, 3, 29))


def _is_near_a_change(zone, instant):
    day = instant.astimezone(zone).date()
    return any(is_clock_change(zone, day + timedelta(days=days)) for days in (-1, 0, 1))


def _by_croniter(text, zone):
    engine = croniter(text, SINCE.astimezone(zone), ret_type=datetime, implement_cron_bug=True)
    return _until_the_end(lambda: engine.get_next(datetime))


def _by_cronsim(text, zone):
    engine = CronSim(text, SINCE.astimezone(zone))
    return _until_the_end(lambda: next(engine))


def _until_the_end(following):
    while (found := following().astimezone(UTC)) <= UNTIL:
        yield found
