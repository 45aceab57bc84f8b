"""What the ledger counts: totals of all that ever ended, and how things stand now."""

from dataclasses import dataclass
from datetime import datetime
from math import inf

SECONDS_BUCKETS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0, inf)
"""Upper bounds of the buckets that seconds are counted in, as the function `count_seconds` of the ledger has them."""


@dataclass(frozen=True, kw_only=True)
class JobTotal:
    """Export jobs that ended alike; never falls, whatever is deleted from the ledger."""

    dataset: str
    format: str
    status: str
    error_code: str
    """Empty unless they failed."""
    jobs: int
    rows: int
    bytes: int


@dataclass(frozen=True, kw_only=True)
class DeliveryTotal:
    """Deliveries of one channel that ended alike."""

    channel: str
    state: str
    deliveries: int


@dataclass(frozen=True, kw_only=True)
class SecondsTotal:
    """How often something took longer than the bucket before and at most `up_to` seconds."""

    phase: str
    """`queue` or `run`, with a format as label; `delivery`, with a channel."""
    label: str
    up_to: float
    events: int
    seconds: float
    """The seconds of these events, added up."""


@dataclass(frozen=True, kw_only=True)
class Figures:
    """All figures of one moment."""

    pending: int = 0
    running: int = 0
    slots_taken: int = 0
    """Running jobs, and those launched but not begun."""
    oldest_due_at: datetime | None = None
    """Since when the pending job that has waited longest could have run."""
    oldest_heartbeat_at: datetime | None = None
    deliveries_waiting: int = 0
    oldest_delivery_at: datetime | None = None
    oldest_unsealed_at: datetime | None = None
    """When the oldest entry of the audit log was written that has no seal yet."""
    audit_head_at: datetime | None = None
    """When the chain of the audit log was signed last."""
    audit_findings: int = 0
    """What the last verification of the audit log has found wrong."""
    jobs: tuple[JobTotal, ...] = ()
    deliveries: tuple[DeliveryTotal, ...] = ()
    seconds: tuple[SecondsTotal, ...] = ()
    """By phase, label and bucket, in that order."""
