"""Saved destinations: places that results are sent to, named once and used often."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from exports_pipeline.core.recipient import Channel


@dataclass(frozen=True, kw_only=True)
class Destination:
    """A place that results are sent to, saved under a name; its secrets are kept apart, encrypted."""

    id: UUID
    user_id: UUID
    name: str
    channel: Channel
    address: str
    options: Mapping[str, Any] = field(default_factory=dict)
    secret_names: tuple[str, ...] = ()
    """Which secrets are set; their values are never returned."""
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of trying a destination out, as `connect` or `authenticate`."""

    name: str
    ok: bool
    seconds: float
    sentence: str | None = None
    """What went wrong and what to do, where it did."""
