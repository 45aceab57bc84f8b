"""Read how campaigns performed, beside the period of the same length before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from exports_pipeline.core.bucket import Bucket
from exports_pipeline.core.campaign import (
    CONVERSATIONS,
    CUSTOMERS,
    ENGAGEMENT,
    INTENTS,
    ROLES,
    SERIES,
    CampaignFigures,
    CampaignQuestion,
    CampaignStory,
    IntentStory,
    LabelFigures,
)
from exports_pipeline.core.comparison import Compared, rate
from exports_pipeline.core.metric_store import Line
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.refusals import UnknownCampaign
from exports_pipeline.usecases.at_once import at_once, both
from exports_pipeline.usecases.read_metrics import check_range, is_kept

_Figures = Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class CampaignList:
    """Some campaigns of a tenant, those of most conversations first."""

    items: tuple[CampaignFigures, ...]
    total: int
    """How many there are."""


def list_campaigns(question: CampaignQuestion, *, limit: int, offset: int, ports: ExportPorts) -> CampaignList:
    """Campaigns that an event was ever seen of, those of most conversations first, then by name.

    Raises:
        InvalidDateRange, BeyondRetention, TooManyPoints.
    """
    buckets_of(question, ports)
    now: dict[str, dict[str, int]] = {}
    before: dict[str, dict[str, int]] = {}
    read = partial(_lines, None, question, _two_periods(question), by=("campaign",), ports=ports)
    customers, (names, counts) = both(
        partial(read, (CUSTOMERS,)), lambda: (ports.journeys.campaigns(question.tenant), read(SERIES))
    )
    for role, lines in (counts | customers).items():
        for line in lines:
            (name,) = line.group
            before.setdefault(name, {})[role], now.setdefault(name, {})[role] = _values(role, line, ports=ports)
    ranked = sorted(names, key=lambda name: (-now.get(name, {}).get(CONVERSATIONS, 0), name))
    has_before = _has_before(question, ports)
    items = (
        _figures(name, now.get(name, {}), before.get(name, {}) if has_before else None)
        for name in ranked[offset : offset + limit]
    )
    return CampaignList(items=tuple(items), total=len(names))


def read_campaign(campaign: str, question: CampaignQuestion, *, ports: ExportPorts) -> CampaignStory:
    """How a campaign performed, with its series.

    Raises:
        UnknownCampaign, InvalidDateRange, BeyondRetention, TooManyPoints.
    """
    buckets = buckets_of(question, ports)
    now, before, series = dict[str, int](), dict[str, int](), dict[str, tuple[int, ...]]()
    read = partial(_lines, campaign, question, ports=ports)
    counted = partial(read, (question.days.previous.whole(), *buckets))
    # The counts of many days are asked for in two parts, since one statement has one processor of Postgres.
    customers, some, others = at_once(
        [
            partial(read, _two_periods(question), (CUSTOMERS,)),
            partial(counted, SERIES[:2]),
            partial(counted, SERIES[2:]),
        ]
    )
    for role, (line,) in (some | others).items():
        before[role], *counts = (point.count for point in line.points)
        now[role], series[role] = sum(counts), tuple(counts)
    before[CUSTOMERS], now[CUSTOMERS] = _values(CUSTOMERS, *customers[CUSTOMERS], ports=ports)
    if not any((*before.values(), *now.values())):
        refuse_unknown(campaign, question, ports)
    totals = _figures(campaign, now, before if _has_before(question, ports) else None)
    return CampaignStory(totals=totals, buckets=buckets, series=series)


def read_intents(campaign: str, question: CampaignQuestion, *, ports: ExportPorts) -> IntentStory:
    """The intents of a campaign by label, with share, rate and trend.

    Raises:
        UnknownCampaign, InvalidDateRange, BeyondRetention, TooManyPoints.
    """
    buckets = buckets_of(question, ports)
    read = partial(_lines, campaign, question, ports=ports)
    talked, labelled = both(
        partial(read, _two_periods(question), (CONVERSATIONS,)),
        partial(read, (question.days.previous.whole(), *buckets), (INTENTS,), by=("label",)),
    )
    counts = {line.group[0]: tuple(point.count for point in line.points) for line in labelled[INTENTS]}
    total = sum(sum(own[1:]) for own in counts.values())
    total_before = sum(own[0] for own in counts.values())
    talks_before, talks = _values(CONVERSATIONS, *talked[CONVERSATIONS], ports=ports)
    if not any((total, total_before, talks, talks_before)):
        refuse_unknown(campaign, question, ports)
    has_before = _has_before(question, ports)
    labels = [
        LabelFigures(
            label=label,
            count=Compared(value=sum(series), previous=before if has_before else None),
            share=_rates(sum(series), total, (before, total_before) if has_before else None),
            rate=_rates(sum(series), talks, (before, talks_before) if has_before else None),
            series=tuple(series),
        )
        for label, (before, *series) in counts.items()
    ]
    ranked = sorted(labels, key=lambda each: (-(each.count.value or 0), each.label))
    compared = Compared(value=total, previous=total_before if has_before else None)
    return IntentStory(total=compared, buckets=buckets, labels=tuple(ranked))


def buckets_of(question: CampaignQuestion, ports: ExportPorts) -> tuple[Bucket, ...]:
    """The buckets of the series that is asked for.

    Raises:
        InvalidDateRange, BeyondRetention, TooManyPoints.
    """
    days = question.days
    check_range(days.from_, days.to, days.zone, ports=ports)
    return days.buckets()


def refuse_unknown(campaign: str, question: CampaignQuestion, ports: ExportPorts) -> None:
    """Refuse a campaign that no event was ever seen of; asked where a range has nothing of it, as most have something.

    Raises:
        UnknownCampaign
    """
    if not ports.journeys.knows(question.tenant, campaign):
        raise UnknownCampaign


def _has_before(question: CampaignQuestion, ports: ExportPorts) -> bool:
    """Whether all events of the period before are kept: figures of some of them would look like a rise."""
    return is_kept(question.days.previous.from_, question.days.zone, ports=ports)


def _two_periods(question: CampaignQuestion) -> tuple[Bucket, Bucket]:
    return question.days.previous.whole(), question.days.whole()


def _values(role: str, line: Line, *, ports: ExportPorts) -> tuple[int, int]:
    metric = ports.metrics.metrics.find(ports.campaign_rules.metrics[role])
    before, now = (int(point.value(metric.aggregate) or 0) for point in line.points)
    return before, now


def _lines(
    campaign: str | None,
    question: CampaignQuestion,
    buckets: Sequence[Bucket],
    roles: Sequence[str],
    *,
    by: Sequence[str] = (),
    ports: ExportPorts,
) -> dict[str, tuple[Line, ...]]:
    """The lines of each of some roles."""
    where = question.where | ({} if campaign is None else {"campaign": [campaign]})
    metrics = [ports.campaign_rules.metrics[role] for role in roles]
    return dict(zip(roles, ports.metrics.lines(question.tenant, metrics, buckets, where=where, by=by), strict=True))


def _figures(campaign: str, now: _Figures, before: _Figures | None) -> CampaignFigures:
    """A campaign's figures beside those of the period before, if that is kept."""
    return CampaignFigures(
        campaign=campaign,
        figures={
            role: Compared(value=now.get(role, 0), previous=None if before is None else before.get(role, 0))
            for role in ROLES
        },
        intent_rate=_rate_of(INTENTS, now, before),
        engagement_rate=_rate_of(ENGAGEMENT, now, before),
    )


def _rate_of(role: str, now: _Figures, before: _Figures | None) -> Compared:
    was = None if before is None else (before.get(role, 0), before.get(CONVERSATIONS, 0))
    return _rates(now.get(role, 0), now.get(CONVERSATIONS, 0), was)


def _rates(part: int, whole: int, before: tuple[int, int] | None) -> Compared:
    """A rate, and that of before, of its part and its whole then."""
    return Compared(value=rate(part, whole), previous=None if before is None else rate(*before))
