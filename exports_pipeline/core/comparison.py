"""Figures beside those of the period before, and rates that never divide by nothing."""

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

PLACES = 6
"""Digits after the point of every rate, share and change; half a unit goes to the even digit."""
_UNIT = Decimal(1).scaleb(-PLACES)

Figure = int | Decimal


@dataclass(frozen=True, kw_only=True)
class Compared:
    """A figure and that of the period of the same length before; None where there is none."""

    value: Figure | None
    previous: Figure | None

    @property
    def change(self) -> Decimal | None:
        """By what part of the previous figure it grew; None where there is none, or it was 0."""
        if self.value is None or self.previous is None:
            return None
        return rate(self.value - self.previous, self.previous)


def rate(part: Figure, whole: Figure) -> Decimal | None:
    """Part of a whole, rounded; None where the whole is 0."""
    if whole == 0:
        return None
    return (Decimal(part) / Decimal(whole)).quantize(_UNIT, ROUND_HALF_EVEN)
