"""How who waits for an answer lets others of the same thread go on meanwhile."""

from collections.abc import Callable
from contextvars import ContextVar

GiveWay = Callable[[int], None]
"""Takes a socket, and returns when there is something to read, or when it is time to look."""
_give_way: ContextVar[GiveWay | None] = ContextVar("give_way", default=None)


def give_way(socket: int) -> None:
    """Let others go on until there is something to read; returns at once where there are no others."""
    if to_others := _give_way.get():
        to_others(socket)


def give_way_by(to_others: GiveWay) -> None:
    """Say how whoever runs in this context gives way."""
    _give_way.set(to_others)
