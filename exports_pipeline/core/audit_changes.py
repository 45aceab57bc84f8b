"""Settings as an audit entry tells them: plain values that JSON has."""

from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from exports_pipeline.core.destination import Destination
from exports_pipeline.core.schedule import Schedule

_OF_SCHEDULES = (
    "name",
    "kind",
    "body",
    "formats",
    "cron",
    "timezone",
    "recipients",
    "is_active",
    "catch_up",
    "condition",
    "key",
    "per_recipient",
    "expires_at",
)
_OF_DESTINATIONS = ("name", "channel", "address", "options", "secret_names")
"""The names of secrets, never the secrets."""


def schedule_as_told(schedule: Schedule) -> dict[str, Any]:
    """What somebody has set in a schedule."""
    return as_told({name: getattr(schedule, name) for name in _OF_SCHEDULES})


def destination_as_told(destination: Destination) -> dict[str, Any]:
    """What somebody has set in a destination."""
    return as_told({name: getattr(destination, name) for name in _OF_DESTINATIONS})


def as_told(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as JSON has them."""
    return {str(name): _plain(value) for name, value in values.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return as_told(value)
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(each) for each in value]
    if is_dataclass(value) and not isinstance(value, type):
        return as_told(asdict(value))
    if isinstance(value, datetime):
        return value.isoformat()
    if value is None or isinstance(value, bool | int | float):
        return value
    return str(value) if isinstance(value, str | UUID) else repr(value)
