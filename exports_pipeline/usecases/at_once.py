"""Asks the ledger some questions at the same time, where the answer needs all of them."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

_AT_ONCE = 2
"""More would wait for each other's turn, and each of them holds a connection."""
Answer = TypeVar("Answer")
Other = TypeVar("Other")


def at_once(questions: Sequence[Callable[[], Answer]]) -> list[Answer]:
    """What each question is answered, in their order; all of them have ended when this returns or raises.

    They are asked by other threads, on behalf of whoever acts in this one.

    Raises:
        Exception: what the first of the questions that failed has raised.
    """
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="question") as threads:
        asked = [threads.submit(copy_context().run, each) for each in questions]
    return [each.result() for each in asked]


def both(one: Callable[[], Answer], other: Callable[[], Other]) -> tuple[Answer, Other]:
    """What two questions are answered, the first of them asked by another thread; as `at_once`."""
    with ThreadPoolExecutor(1, thread_name_prefix="question") as thread:
        asked = thread.submit(copy_context().run, one)
        answered = other()
    return asked.result(), answered
