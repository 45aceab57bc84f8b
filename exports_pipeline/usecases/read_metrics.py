"""Reads metrics for whoever asks: those of their own tenant, within what is kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from exports_pipeline.core.days import LATEST, TOO_FAR
from exports_pipeline.core.event_months import first_kept
from exports_pipeline.core.metric import Granularity
from exports_pipeline.core.metric_store import Series
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.refusals import BeyondRetention, InvalidDateRange, MalformedValue
from exports_pipeline.core.requester import Requester
from exports_pipeline.core.zones import zone_names


@dataclass(frozen=True, kw_only=True)
class MetricQuestion:
    """Which figures of a metric are wanted."""

    from_: date
    to: date
    """The last day, inclusive."""
    timezone: str = "UTC"
    granularity: Granularity = Granularity.DAY
    where: Mapping[str, Sequence[str]] = field(default_factory=dict)
    by: Sequence[str] = ()


def read_metric(name: str, asked: MetricQuestion, requester: Requester, *, ports: ExportPorts) -> Series:
    """The series of a metric over the events of the requester's tenant.

    Raises:
        UnknownMetric, UnknownDimension, InvalidDateRange, BeyondRetention, TooManyPoints.
        MalformedValue: there is no such time zone.
        LedgerUnavailable
    """
    ports.metrics.metrics.find(name)
    zone = zone_of(asked.timezone)
    check_range(asked.from_, asked.to, zone, ports=ports)
    return ports.metrics.series(
        requester.owner_key,
        name,
        from_=asked.from_,
        to=asked.to,
        granularity=asked.granularity,
        zone=zone,
        where=asked.where,
        by=asked.by,
    )


def zone_of(name: str) -> ZoneInfo:
    """The time zone of that name.

    Raises:
        MalformedValue: there is none.
    """
    if name not in zone_names():
        raise MalformedValue(f"There is no time zone {name!r}; use an IANA name, as Europe/Prague.", field="timezone")
    return ZoneInfo(name)


def check_range(from_: date, to: date, zone: ZoneInfo, *, ports: ExportPorts) -> None:
    """Refuse a range that ends before it begins, or after our time, or begins before the events that are kept.

    Raises:
        InvalidDateRange, BeyondRetention.
    """
    if to < from_:
        raise InvalidDateRange(field="to")
    if to > LATEST:
        raise InvalidDateRange(TOO_FAR, field="to")
    if not is_kept(from_, zone, ports=ports):
        first = _first_kept(ports).astimezone(zone).date()
        raise BeyondRetention(f"Events are kept from {first} on ({zone.key}); begin there, or later.", field="from")


def is_kept(from_: date, zone: ZoneInfo, *, ports: ExportPorts) -> bool:
    """Whether events of that day and all after it are kept, by the clock of a zone."""
    return datetime.combine(from_, time()) >= _first_kept(ports).astimezone(zone).replace(tzinfo=None)


def _first_kept(ports: ExportPorts) -> datetime:
    return first_kept(ports.clock(), months=ports.limits.event_months)
