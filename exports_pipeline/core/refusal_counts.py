"""Refusals that are counted: equal ones of one actor are one entry a minute, so that nobody can fill the audit log."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from uuid import UUID

WINDOW = timedelta(minutes=1)
MOST_KINDS = 500
"""Kinds of refusals that are told apart at a time; those beyond are counted together."""


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """What was refused to whom; two that are equal are counted together."""

    actor: UUID
    method: str
    route: str
    """The path of the route, with names in place of values."""
    status: int
    code: str
    address: str | None
    """Of whoever has no token; else None."""
    service: UUID | None = None


BEYOND = Refusal(actor=UUID(int=0), method="*", route="*", status=0, code="many", address=None)
"""Stands for all kinds beyond the most that are told apart."""


@dataclass(kw_only=True)
class _Count:
    since: datetime
    times: int = 0
    """How often it came again after the entry that was written of it."""


@dataclass(frozen=True, kw_only=True)
class CountedRefusal:
    """A refusal that came again after its entry was written."""

    refusal: Refusal
    times: int
    since: datetime


@dataclass
class RefusalCounts:
    """Tells which refusals are to be written now, and which only counted; threads may share it."""

    _counts: dict[Refusal, _Count] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def is_new(self, refusal: Refusal, now: datetime) -> Refusal | None:
        """The refusal to be written now; None where one like it was within the last minute, and it is counted."""
        with self._lock:
            kind = refusal if refusal in self._counts or len(self._counts) < MOST_KINDS else BEYOND
            known = self._counts.get(kind)
            if known is None:
                self._counts[kind] = _Count(since=now)
                return kind
            known.times += 1
            return None

    def take(self, now: datetime, *, everything: bool = False) -> list[CountedRefusal]:
        """What came again in minutes that are over, each once; with `everything`, in those that are not, too."""
        with self._lock:
            over = [kind for kind, count in self._counts.items() if everything or now - count.since >= WINDOW]
            taken = [(kind, self._counts.pop(kind)) for kind in over]
        return [
            CountedRefusal(refusal=kind, times=count.times, since=count.since) for kind, count in taken if count.times
        ]
