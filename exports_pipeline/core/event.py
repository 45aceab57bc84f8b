"""An event: something that happened to a customer or a campaign, as a tenant tells it."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

TEXT_LENGTHS = {"id": 128, "event_type": 100, "category": 200, "label": 200, "campaign": 128, "customer": 128}
"""The most characters of each text: they are keys of indexes, whose entries Postgres bounds at 2,704 bytes."""
VALUE_DIGITS, VALUE_PLACES = 20, 18
"""Digits of a value before and after its point; a DECIMAL(38, 18) holds them all."""
MAX_EVENTS = 10_000
"""Events of one request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event; texts that are absent are empty."""

    id: str
    """Unique within its tenant."""
    event_type: str
    category: str = ""
    label: str = ""
    value: Decimal | None = None
    occurred_at: datetime
    """In UTC."""
    campaign: str = ""
    customer: str = ""
    metadata: str = "{}"
    """The JSON text of an object."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventWindow:
    """The times that events may have."""

    earliest: datetime
    """The first moment that is kept."""
    latest: datetime
    """Now, and what clocks may differ by."""


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """Why one event of many was not taken."""

    index: int
    """Its place in the body, from 0; for JSON Lines, its line."""
    pointer: str
    """The value at fault within the event (RFC 6901); empty for the event as a whole."""
    code: str
    reason: str


class EventFault(Exception):
    """An event cannot be taken as it is."""

    def __init__(self, pointer: str, code: str, reason: str) -> None:
        self.pointer, self.code, self.reason = pointer, code, reason
        super().__init__(f"{pointer}: {reason}")

    def below(self, pointer: str) -> "EventFault":
        """The same fault, told by whoever knows where the value at fault stands."""
        return EventFault(pointer + self.pointer, self.code, self.reason)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Stands for an event that is no JSON."""

    reason: str
