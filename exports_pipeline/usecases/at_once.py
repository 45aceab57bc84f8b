"""Asks the ledger some questions at the same time, where the answer needs all of them."""

from collections.abc import Callable, Sequence
from contextvars import Context, copy_context
from select import POLLIN, poll
from threading import BoundedSemaphore
from typing import Any, Generic, TypeVar

from greenlet import getcurrent, greenlet

from exports_pipeline.core.giving_way import give_way_by

_LOOK_MS = 100
"""How long nobody looks whether what they wait for still comes."""
_MOST = BoundedSemaphore(4)
"""How many ask by turns; others ask one question after the other, with one connection. Who takes turns may have two and
wait for a third: of the ten connections of a pool these leave two, so that somebody always gets on."""
Answer = TypeVar("Answer")
Other = TypeVar("Other")


def at_once(questions: Sequence[Callable[[], Answer]]) -> list[Answer]:
    """What each question is answered, in their order; all of them have ended when this returns or raises.

    This thread asks them all before it waits for the first that is answered. They may be asked one after the other.

    Raises:
        Exception: what the first of the questions that failed has raised.
    """
    asked = [_Question(each) for each in questions]
    if _MOST.acquire(blocking=False):
        try:
            _Turns(asked).take()
        finally:
            _MOST.release()
    else:
        for each in asked:
            copy_context().run(each.ask)
    return [each.answer() for each in asked]


def both(one: Callable[[], Answer], other: Callable[[], Other]) -> tuple[Answer, Other]:
    """What two questions are answered; as `at_once`."""
    answered: list[Any] = at_once([one, other])
    return answered[0], answered[1]


class _Question(Generic[Answer]):
    """A question, and its answer or the error."""

    def __init__(self, question: Callable[[], Answer]) -> None:
        self._question = question
        self._answer: Answer
        self._error: BaseException | None = None

    def ask(self) -> None:
        try:
            self._answer = self._question()
        except BaseException as error:  # noqa: BLE001 - raised by `answer`, when the others have ended
            self._error = error

    def answer(self) -> Answer:
        if self._error:
            raise self._error
        return self._answer


class _Turns:
    """Lets each question go on until it waits for an answer, and then whichever is answered first."""

    def __init__(self, questions: Sequence[_Question[Any]]) -> None:
        self._questions = questions
        self._unanswered = len(questions)
        self._waiting: dict[int, greenlet] = {}
        """By the socket that an answer comes through."""
        self._sockets = poll()
        self._here = getcurrent()

    def take(self) -> None:
        for question in self._questions:
            turn = greenlet(question.ask)
            turn.gr_context = self._context()
            self._go_on(turn)
        while self._waiting:
            # Where nothing comes, each looks for themselves whether they have waited long enough.
            for socket in [ready for ready, _ in self._sockets.poll(_LOOK_MS)] or list(self._waiting):
                self._sockets.unregister(socket)
                self._go_on(self._waiting.pop(socket))

    def _context(self) -> Context:
        """That of whoever asks, so that it is on their behalf."""
        context = copy_context()
        context.run(give_way_by, self._give_way)
        return context

    def _go_on(self, turn: greenlet) -> None:
        turn.switch()
        self._unanswered -= turn.dead

    def _give_way(self, socket: int) -> None:
        if self._unanswered > 1:
            self._waiting[socket] = getcurrent()
            self._sockets.register(socket, POLLIN)
            self._here.switch()
