"""Checks an event that a client sent, one field after the other; the first fault is told."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from exports_pipeline.core.event import (
    TEXT_LENGTHS,
    VALUE_DIGITS,
    VALUE_PLACES,
    Event,
    EventFault,
    EventWindow,
    Unreadable,
)
from exports_pipeline.core.event_metadata import check_characters, metadata_text, step
from exports_pipeline.core.event_months import first_kept

_FIELDS = frozenset({*TEXT_LENGTHS, "value", "occurred_at", "metadata"})
_LARGEST = 10**VALUE_DIGITS
_MISSING = "This field is needed."
_NO_TEXT = ("wrong_type", "This field is a text.")


def check_event(given: Any, window: EventWindow) -> Event:
    """The event that a JSON value describes; numbers with a fraction are decimals, as they were written.

    Raises:
        EventFault: it describes none, or none of the window's time.
    """
    if type(given) is not dict:
        if type(given) is Unreadable:
            raise EventFault("", "malformed_json", given.reason)
        raise EventFault("", "not_an_object", "An event is a JSON object.")
    if not given.keys() <= _FIELDS:
        unknown = next(name for name in given if name not in _FIELDS)
        raise EventFault(step(unknown), "unknown_field", f"An event has these fields: {', '.join(sorted(_FIELDS))}.")
    read = given.get
    return Event(
        id=_key(read("id"), "id"),
        event_type=_key(read("event_type"), "event_type"),
        category=_text(read("category"), "category"),
        label=_text(read("label"), "label"),
        value=_value(read("value")),
        occurred_at=_instant(read("occurred_at"), window),
        campaign=_text(read("campaign"), "campaign"),
        customer=_text(read("customer"), "customer"),
        metadata=metadata_text(read("metadata")),
    )


def _key(value: Any, name: str) -> str:
    if value is None:
        raise EventFault(f"/{name}", "missing_field", _MISSING)
    if not value:
        raise EventFault(f"/{name}", *(("empty", "This field may not be empty.") if value == "" else _NO_TEXT))
    return _text(value, name)


def _text(value: Any, name: str) -> str:
    if value is None:
        return ""
    if type(value) is not str:
        raise EventFault(f"/{name}", *_NO_TEXT)
    if len(value) > TEXT_LENGTHS[name]:
        raise EventFault(f"/{name}", "too_long", f"This field has at most {TEXT_LENGTHS[name]} characters.")
    if not value.isprintable():
        try:
            check_characters(value)
        except EventFault as fault:
            raise fault.below(f"/{name}") from None
    return value


def _value(value: Any) -> Decimal | None:
    if value is None:
        return None
    if type(value) is int:
        if -_LARGEST < value < _LARGEST:
            return Decimal(value)
    elif type(value) is Decimal:
        if value.adjusted() < VALUE_DIGITS and _places(value) <= VALUE_PLACES:
            return value
    elif type(value) is float:  # all that a JSON text has of these is NaN and Infinity, which JSON has not
        raise EventFault("/value", "not_finite", "A value is a finite number, or null.")
    else:
        raise EventFault("/value", "wrong_type", "A value is a JSON number, or null.")
    raise EventFault(
        "/value",
        "number_too_long",
        f"A value has at most {VALUE_DIGITS} digits before its point and {VALUE_PLACES} after it.",
    )


def _places(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return -exponent if isinstance(exponent, int) else 0


def _instant(value: Any, window: EventWindow) -> datetime:
    pointer = "/occurred_at"
    if value is None:
        raise EventFault(pointer, "missing_field", _MISSING)
    if type(value) is not str:
        raise EventFault(pointer, "wrong_type", "A time is a text, as 2026-03-01T12:00:00Z.")
    try:
        instant = datetime.fromisoformat(value)
    except ValueError:
        raise EventFault(pointer, "malformed_time", "Write a time as 2026-03-01T12:00:00.123456Z.") from None
    if instant.tzinfo is None:
        raise EventFault(pointer, "naive_time", "A time needs its offset, as Z or +01:00.")
    if instant > window.latest:
        ahead = f"{window.latest.isoformat(timespec='seconds')} is the latest that is taken now."
        raise EventFault(pointer, "in_the_future", f"The event has not happened yet; {ahead}")
    if instant < window.earliest:
        kept = f"events are kept from {window.earliest.isoformat(timespec='seconds')} on."
        raise EventFault(pointer, "beyond_retention", f"The event is too old; {kept}")
    return instant.astimezone(UTC)


def events_window(now: datetime, *, months: int, ahead: timedelta) -> EventWindow:
    """The times that events may have now: this month, so many months before it, and a little ahead."""
    return EventWindow(earliest=first_kept(now, months=months), latest=now + ahead)
