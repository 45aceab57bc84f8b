"""Questions that are asked at the same time."""

from contextvars import copy_context
from threading import Barrier

import pytest

from exports_pipeline.adapters.acting import Acting, act_as, who_acts
from exports_pipeline.usecases.at_once import at_once, both


def test_answers_come_in_the_order_of_the_questions():
    assert at_once([lambda n=n: n * n for n in range(9)]) == [n * n for n in range(9)]


@pytest.mark.parametrize("ask", [lambda *asked: tuple(at_once(asked)), both])
def test_they_are_under_way_at_the_same_time_on_behalf_of_whoever_asks(ask):
    both_are_there = Barrier(2, timeout=10)

    def question():
        both_are_there.wait()
        return who_acts().tenant

    def asked():
        act_as(Acting(tenant="ann"))
        return ask(question, question)

    assert copy_context().run(asked) == ("ann", "ann")


@pytest.mark.parametrize("ask", [lambda *asked: at_once(asked), both])
@pytest.mark.parametrize("place", [0, 1])
def test_what_one_of_them_raises_is_raised_when_both_have_ended(ask, place):
    ended = []

    def fails():
        raise LookupError

    questions = [lambda: ended.append(1)] * 2
    questions[place] = fails
    with pytest.raises(LookupError):
        ask(*questions)
    assert ended == [1]
