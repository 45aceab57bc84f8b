"""Questions that are asked at the same time."""

from contextlib import ExitStack
from contextvars import copy_context
from socket import socketpair
from threading import BoundedSemaphore

import pytest

from exports_pipeline.adapters.acting import Acting, act_as, who_acts
from exports_pipeline.core.giving_way import give_way
from exports_pipeline.usecases import at_once as turns
from exports_pipeline.usecases.at_once import at_once, both

ASK = [lambda *asked: tuple(at_once(asked)), both]


@pytest.fixture
def sockets():
    with ExitStack() as opened:
        yield lambda: [opened.enter_context(each) for each in socketpair()]


@pytest.fixture(params=["in turns", "one after the other"])
def any_way(request, monkeypatch):
    """Where many ask at once, some of them ask one after the other."""
    if request.param == "one after the other":
        monkeypatch.setattr(turns, "_MOST", BoundedSemaphore(0))


@pytest.mark.usefixtures("any_way")
def test_answers_come_in_the_order_of_the_questions():
    assert at_once([lambda n=n: n * n for n in range(9)]) == [n * n for n in range(9)]
    assert at_once([]) == []


@pytest.mark.parametrize("ask", ASK)
def test_who_waits_lets_the_other_go_on(ask, sockets):
    (here, there), told = sockets(), []

    def waits():
        told.append("asks")
        give_way(here.fileno())
        told.append("is answered")
        return here.recv(6)

    def answers():
        told.append("answers")
        there.send(b"answer")
        return who_acts().tenant

    assert ask(waits, answers) == (b"answer", who_acts().tenant)
    assert told == ["asks", "answers", "is answered"]


def test_whoever_is_answered_first_goes_on_first(sockets):
    pairs, told = [sockets() for _ in range(3)], []

    def asks(place):
        here, _ = pairs[place]
        give_way(here.fileno())
        told.append(place)
        if place:
            pairs[place - 1][1].send(b"next")
        return here.recv(4)

    pairs[2][1].send(b"once")
    assert at_once([lambda place=place: asks(place) for place in range(3)]) == [b"next", b"next", b"once"]
    assert told == [2, 1, 0]


@pytest.mark.usefixtures("any_way")
@pytest.mark.parametrize("ask", ASK)
def test_they_are_asked_on_behalf_of_whoever_asks(ask, sockets):
    def question(tenant):
        def answer():
            before = who_acts().tenant
            act_as(Acting(tenant=tenant))
            give_way(sockets()[0].fileno())  # where nothing comes, one looks for oneself after a while
            return before, who_acts().tenant

        return answer

    def asked():
        act_as(Acting(tenant="ann"))
        return *ask(question("bob"), question("cid")), who_acts().tenant

    assert copy_context().run(asked) == (("ann", "bob"), ("ann", "cid"), "ann")


@pytest.mark.usefixtures("any_way")
@pytest.mark.parametrize("ask", ASK)
@pytest.mark.parametrize("place", [0, 1])
def test_what_one_of_them_raises_is_raised_when_both_have_ended(ask, place, sockets):
    ended = []

    def fails():
        raise LookupError

    def ends():
        give_way(sockets()[0].fileno())
        ended.append(1)

    questions = [ends, ends]
    questions[place] = fails
    with pytest.raises(LookupError):
        ask(*questions)
    assert ended == [1]


def test_questions_may_ask_several_themselves(sockets):
    def asks_both():
        return both(lambda: give_way(sockets()[0].fileno()) or 1, lambda: 2)

    assert both(asks_both, asks_both) == ((1, 2), (1, 2))


def test_nobody_waits_for_a_turn_when_many_ask():
    def asks(left):
        return both(lambda: asks(left - 1), lambda: left) if left else ()

    assert asks(12)[1] == 12
    assert at_once([lambda: 1]) == [1], "and what was taken is given back"


def test_alone_nobody_gives_way(sockets):
    give_way(sockets()[0].fileno())
    assert at_once([lambda: give_way(sockets()[0].fileno()) or "at once"]) == ["at once"]
