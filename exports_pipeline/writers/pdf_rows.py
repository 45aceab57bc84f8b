"""Which rows stand on which page; a row taller than a page goes on over the next."""

from collections.abc import Sequence
from dataclasses import dataclass

PADDING = 1.8
"""Points above and below the lines of a row."""
_WORTH_STARTING = 3
"""Lines of a tall row that must fit at the foot of a page for it to begin there."""


@dataclass(frozen=True, slots=True)
class Slice:
    """A row, or the lines `[first, last)` of it."""

    row: int
    first: int
    last: int


def height(lines: int, leading: float) -> float:
    """The height of so many lines of a row, in points."""
    return lines * leading + 2 * PADDING


def paginate(lines: Sequence[int], *, leading: float, first_room: float, room: float) -> list[list[Slice]]:
    """The rows of each page, given the lines of each row; there is at least one page.

    `first_room` is what the first page has left, in points; `room` what every other has.
    """
    pages: list[list[Slice]] = [[]]
    left = first_room

    def place(row: int, first: int, last: int) -> None:
        nonlocal left
        pages[-1].append(Slice(row, first, last))
        left -= height(last - first, leading)

    def turn() -> None:
        nonlocal left
        pages.append([])
        left = room

    for row, count in enumerate(lines):
        if height(count, leading) <= left:
            place(row, 0, count)
            continue
        if height(count, leading) <= room or height(_WORTH_STARTING, leading) > left:
            turn()
        done = 0
        while done < count:
            fitting = max(1, int((left - 2 * PADDING) // leading))
            place(row, done, min(count, done + fitting))
            done += fitting
            if done < count:
                turn()
    return pages
