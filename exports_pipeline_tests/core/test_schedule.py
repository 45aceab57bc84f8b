"""Which windows of a schedule come due, which are skipped, and when the next one has its turn."""

from datetime import timedelta
from uuid import UUID

import pytest

from exports_pipeline.core.cron import parse_cron
from exports_pipeline.core.schedule import (
    AT_ONCE,
    CatchUp,
    Window,
    WindowState,
    forgone,
    is_late,
    plan,
    scheduled,
    spread_of,
)
from exports_pipeline_tests.builders import a_schedule
from exports_pipeline_tests.fakes.clock import NOON

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
NO_SPREAD, PENDING, SKIPPED = timedelta(0), WindowState.PENDING, WindowState.SKIPPED


def hourly(**changes):
    return a_schedule(cron="0 * * * *", **changes)


def seen(schedule, now):
    """Hours after noon, states and turns in minutes of what is planned."""
    found = plan(schedule, now=now, most_spread=NO_SPREAD).windows
    return [((each.due_at - NOON) / HOUR, each.state, (each.start_at - now) / MINUTE) for each in found]


def test_a_window_is_due_at_its_time_and_the_next_one_has_its_turn_after_it():
    schedule = scheduled(hourly(), now=NOON, most_spread=NO_SPREAD)
    assert schedule.next_due_at == NOON + HOUR
    found = plan(schedule, now=NOON + HOUR, most_spread=NO_SPREAD)
    assert [(each.due_at, each.state) for each in found.windows] == [(NOON + HOUR, PENDING)]
    assert (found.planned_until, found.next_due_at) == (NOON + HOUR, NOON + 2 * HOUR)


@pytest.mark.parametrize(
    ("catch_up", "expected"),
    [
        (CatchUp.ONE, [(1, SKIPPED, 0), (2, SKIPPED, 0), (3, PENDING, 0)]),
        (CatchUp.ALL, [(1, PENDING, 0), (2, PENDING, 0), (3, PENDING, 0)]),
        (CatchUp.NONE, [(1, SKIPPED, 0), (2, SKIPPED, 0), (3, SKIPPED, 0)]),
    ],
)
def test_after_an_outage_the_policy_decides(catch_up, expected):
    assert seen(hourly(catch_up=catch_up), NOON + 3.5 * HOUR) == expected


@pytest.mark.parametrize("catch_up", list(CatchUp))
def test_a_slow_tick_is_no_outage(catch_up):
    assert seen(hourly(catch_up=catch_up), NOON + HOUR + 4 * MINUTE) == [(1, PENDING, 0)]


def test_a_window_that_is_due_now_supersedes_those_that_were_missed():
    states = [state for _, state, _ in seen(hourly(), NOON + 2 * HOUR)]
    assert states == [SKIPPED, PENDING]


def test_all_that_was_missed_is_spread_out_oldest_first():
    turns = [turn for *_, turn in seen(hourly(catch_up=CatchUp.ALL), NOON + 12.5 * HOUR)]
    assert turns == [0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2]


@pytest.mark.parametrize("catch_up", list(CatchUp))
def test_a_long_outage_is_planned_in_portions_and_nothing_is_left_out(catch_up):
    schedule = a_schedule(cron="*/5 * * * *", catch_up=catch_up)
    now, windows = NOON + 9 * timedelta(days=1) + MINUTE, []
    while True:
        found = plan(schedule, now=now, most_spread=NO_SPREAD)
        windows += found.windows
        schedule = a_schedule(id=schedule.id, cron=schedule.cron, catch_up=catch_up, planned_until=found.planned_until)
        if found.next_due_at != now:
            break
    assert len(windows) > 2 * AT_ONCE
    assert [each.due_at for each in windows] == [NOON + 5 * MINUTE * place for place in range(1, len(windows) + 1)]
    run = sum(each.state is PENDING for each in windows)
    assert run == {CatchUp.ONE: 1, CatchUp.ALL: len(windows), CatchUp.NONE: 1}[catch_up]  # the last is due just now


def test_nothing_comes_due_from_its_expiry_on():
    schedule = hourly(expires_at=NOON + 2 * HOUR)
    assert seen(schedule, NOON + 5 * HOUR) == [(1, PENDING, 0)]
    assert plan(schedule, now=NOON + 5 * HOUR, most_spread=NO_SPREAD).next_due_at is None


def test_what_starts_anew_owes_nothing_of_the_past():
    schedule = scheduled(hourly(), now=NOON + 5.5 * HOUR, most_spread=NO_SPREAD)
    assert schedule.next_due_at == NOON + 6 * HOUR
    assert seen(schedule, NOON + 5.9 * HOUR) == []
    assert scheduled(hourly(is_active=False), now=NOON, most_spread=NO_SPREAD).next_due_at is None


def test_windows_that_passed_without_a_turn_are_given_up_by_name():
    given_up = forgone(hourly(), now=NOON + 2.5 * HOUR, reason="Paused.")
    assert [(each.due_at, each.state, each.reason) for each in given_up] == [
        (NOON + HOUR, SKIPPED, "Paused."),
        (NOON + 2 * HOUR, SKIPPED, "Paused."),
    ]
    assert forgone(hourly(is_active=False), now=NOON + 2.5 * HOUR, reason="Paused.") == ()


def test_the_spread_delays_the_turn_and_not_the_window():
    schedule = scheduled(hourly(id=UUID(int=1)), now=NOON, most_spread=5 * MINUTE)
    spread = spread_of(schedule.id, schedule.parsed_cron, 5 * MINUTE)
    assert spread > timedelta(0)
    assert schedule.next_due_at == NOON + HOUR + spread
    assert plan(schedule, now=NOON + HOUR, most_spread=5 * MINUTE).windows == ()
    [window] = plan(schedule, now=schedule.next_due_at, most_spread=5 * MINUTE).windows
    assert window.due_at == NOON + HOUR


def test_a_stampede_is_spread_evenly_over_the_minutes():
    cron = parse_cron("0 9 * * *")
    spreads = [spread_of(UUID(int=place), cron, 5 * MINUTE) for place in range(1000)]
    assert max(spreads) < 5 * MINUTE
    for minute in range(5):
        assert 150 < sum(minute * MINUTE <= each < (minute + 1) * MINUTE for each in spreads) < 250


def test_what_runs_often_is_spread_a_little():
    for text, most in (("*/5 * * * *", 30), ("* * * * *", 6)):
        spreads = [spread_of(UUID(int=place), parse_cron(text), 5 * MINUTE).total_seconds() for place in range(200)]
        assert most - 3 < max(spreads) < most
    assert spread_of(UUID(int=1), parse_cron("* * * * *"), NO_SPREAD) == NO_SPREAD


def test_late_is_more_than_a_minute_after_the_turn():
    schedule = hourly()
    window = Window(schedule_id=schedule.id, due_at=NOON, start_at=NOON)
    assert not is_late(schedule, window, now=NOON + MINUTE, most_spread=NO_SPREAD)
    assert is_late(schedule, window, now=NOON + 1.1 * MINUTE, most_spread=NO_SPREAD)
    by_hand = Window(schedule_id=schedule.id, due_at=NOON, start_at=NOON, by_hand=True)
    assert not is_late(schedule, by_hand, now=NOON + 9 * MINUTE, most_spread=NO_SPREAD)
