"""How wide the columns of a table are: from the data, shrunk when they must be, and parted before any is cut."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from exports_pipeline.writers.fonts.face import EM
from exports_pipeline.writers.fonts.ink import Ink
from exports_pipeline.writers.fonts.wrapping import longest_word, paragraphs

SIZES = (8.0, 7.5, 7.0, 6.5, 6.0)
"""Font sizes that are tried, in points."""
PARTED_SIZE = 7.0
"""Font size where the columns are parted over several pages; smaller would gain little."""
PADDING = 4.0
"""Points left and right of a cell's text."""
ROW_NUMBERS = -1
"""Stands for the column of row numbers, which parted columns are found again by."""

_COMFORTABLE = 14 * EM
"""A text column may be wrapped to this, however long its texts are."""
_MOST_UNBROKEN = 25 * EM
_MOST_STRETCH = 14.0


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a column would like, in thousandths of the font size."""

    least: int
    """No word broken, or nearly none."""
    whole: int
    """No cell wrapped."""
    titled: int
    """The title not wrapped either."""


@dataclass(frozen=True, kw_only=True)
class Slot:
    """A column where it stands on the page, in points."""

    column: int
    x: float
    width: float


@dataclass(frozen=True, kw_only=True)
class Grid:
    """The font size, and the columns of each page that rows are spread over."""

    size: float
    groups: tuple[tuple[Slot, ...], ...]


def wish(title: str, texts: Collection[str], *, is_number: bool, body: Ink, head: Ink) -> Wish:
    """What a column with these distinct texts would like."""
    whole = max((body.width(line) for text in texts for line in paragraphs(text)), default=0)
    word = whole if is_number else max((longest_word(text, body) for text in texts), default=0)
    least = max(min(word, _MOST_UNBROKEN), min(longest_word(title, head), _COMFORTABLE))
    whole = max(whole, least)
    return Wish(least=least, whole=whole, titled=max(whole, head.width(title)))


def arrange(wishes: Sequence[Wish], *, left: float, room: float, rows: int) -> Grid:
    """Places for all columns within `room` points from `left`.

    The largest size at which the columns stand beside each other in comfort; else the smallest, if no word must be
    broken; else groups of columns, each with the numbers of the rows.
    """
    everything = range(len(wishes))
    for size in SIZES:
        if sum(_points(_comfort(wishes[column]), size) for column in everything) <= room:
            return Grid(size=size, groups=(_stand(everything, wishes, size, left, room),))
    if sum(_points(one.least, SIZES[-1]) for one in wishes) <= room:
        return Grid(size=SIZES[-1], groups=(_stand(everything, wishes, SIZES[-1], left, room),))
    size = PARTED_SIZE
    numbers = Slot(column=ROW_NUMBERS, x=left, width=_points(round(EM * 0.6 * max(3, len(str(rows)))), size))
    left, room = left + numbers.width, room - numbers.width
    groups: list[list[int]] = [[]]
    used = 0.0
    for column in everything:
        width = min(room, _points(_comfort(wishes[column]), size))
        if groups[-1] and used + width > room:
            groups.append([])
            used = 0.0
        groups[-1].append(column)
        used += width
    return Grid(size=size, groups=tuple((numbers, *_stand(columns, wishes, size, left, room)) for columns in groups))


def _points(thousandths: int, size: float) -> float:
    return thousandths * size / EM + 2 * PADDING + 0.01


def _comfort(one: Wish) -> int:
    return max(one.least, min(one.whole, _COMFORTABLE))


def _stand(columns: Sequence[int], wishes: Sequence[Wish], size: float, left: float, room: float) -> tuple[Slot, ...]:
    """Columns side by side; what is left over goes to cells that would wrap, to such titles, then a little to all."""
    least = [_points(wishes[column].least, size) for column in columns]
    comfort = [_points(_comfort(wishes[column]), size) for column in columns]
    widths = [min(room, width) for width in (comfort if sum(comfort) <= room else least)]
    _share_out(widths, [_points(wishes[column].whole, size) for column in columns], room)
    _share_out(widths, [_points(wishes[column].titled, size) for column in columns], room)
    stretch = min(_MOST_STRETCH, max(0.0, room - sum(widths)) / len(widths))
    slots, x = [], left
    for column, width in zip(columns, widths, strict=True):
        slots.append(Slot(column=column, x=x, width=width + stretch))
        x += width + stretch
    return tuple(slots)


def _share_out(widths: list[float], wanted: Sequence[float], room: float) -> None:
    """Widen columns towards what they want, as long as there is room; all in equal steps."""
    spare = room - sum(widths)
    while spare > 1 and (short := [at for at, one in enumerate(wanted) if one > widths[at]]):
        share = spare / len(short)
        for at in short:
            given = min(share, wanted[at] - widths[at])
            widths[at] += given
            spare -= given
