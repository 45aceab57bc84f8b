"""The funnel is ordered: what counts for a step, and what does not."""

from datetime import timedelta

from exports_pipeline.core.journey import Touch, tell
from exports_pipeline_tests.fakes.clock import NOON

WINDOW = timedelta(days=30)
PICKED_UP, INTERESTED, QUALIFIED = 1, 2, 3


def told(*touches):
    """The minutes after noon at which the steps are reached."""
    story = tell(
        [Touch(at=NOON + timedelta(minutes=minutes), step=step, segment="") for minutes, step in touches],
        window=WINDOW,
    )
    return story and [(at - NOON) / timedelta(minutes=1) for at in story[1]]


def test_without_a_pick_up_there_is_no_journey():
    assert told((0, INTERESTED), (1, QUALIFIED)) is None


def test_every_step_is_its_first_event_after_the_step_before():
    assert told((0, PICKED_UP), (1, PICKED_UP), (3, INTERESTED), (2, INTERESTED), (9, QUALIFIED)) == [0, 2, 9]


def test_what_came_before_its_turn_does_not_count():
    assert told((0, INTERESTED), (1, PICKED_UP), (2, QUALIFIED), (3, INTERESTED)) == [1, 3]


def test_steps_may_be_reached_at_the_same_instant_whatever_order_they_came_in():
    assert told((5, QUALIFIED), (5, INTERESTED), (5, PICKED_UP)) == [5, 5, 5]


def test_the_window_is_counted_from_the_first_step_and_holds_its_own_end():
    month = WINDOW / timedelta(minutes=1)
    assert told((0, PICKED_UP), (10, INTERESTED), (month, QUALIFIED)) == [0, 10, month]
    assert told((0, PICKED_UP), (10, INTERESTED), (month + 1, QUALIFIED)) == [0, 10]


def test_a_second_pick_up_after_the_window_begins_nothing_anew():
    month = WINDOW / timedelta(minutes=1)
    assert told((0, PICKED_UP), (month + 5, PICKED_UP), (month + 6, INTERESTED)) == [0]


def test_of_pick_ups_at_the_same_instant_the_first_segment_counts():
    touches = [Touch(at=NOON, step=1, segment=segment) for segment in ("gold", "basic")]
    assert tell(touches, window=WINDOW) == ("basic", (NOON,))
