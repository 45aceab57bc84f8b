"""Read how campaigns performed, beside the period of the same length before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import cast

from exports_pipeline.core.campaign import (
    CONVERSATIONS,
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
from exports_pipeline.core.metric_store import Line, Series
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.refusals import UnknownCampaign

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
        InvalidDateRange, TooManyPoints.
    """
    question.days.buckets()
    names = ports.journeys.campaigns(question.tenant)
    now, before = (_by_campaign(question, *days, ports=ports) for days in _periods(question))
    ranked = sorted(names, key=lambda name: (-now.get(name, {}).get(CONVERSATIONS, 0), name))
    items = (_figures(name, now.get(name, {}), before.get(name, {})) for name in ranked[offset : offset + limit])
    return CampaignList(items=tuple(items), total=len(names))


def read_campaign(campaign: str, question: CampaignQuestion, *, ports: ExportPorts) -> CampaignStory:
    """How a campaign performed, with its series.

    Raises:
        UnknownCampaign, InvalidDateRange, TooManyPoints.
    """
    buckets = question.days.buckets()
    refuse_unknown(campaign, question, ports)
    series = {role: _series(role, campaign, question, ports=ports) for role in SERIES}
    lines = {role: each.lines[0] for role, each in series.items()}
    customers, *_ = (role for role in ROLES if role not in SERIES)
    now = {role: line.total.count for role, line in lines.items()}
    now[customers] = _total(customers, campaign, question, question.days.from_, question.days.to, ports=ports)
    before = {role: _total(role, campaign, question, *question.days.previous, ports=ports) for role in ROLES}
    return CampaignStory(
        totals=_figures(campaign, now, before),
        buckets=buckets,
        series={role: _counts(line) for role, line in lines.items()},
    )


def read_intents(campaign: str, question: CampaignQuestion, *, ports: ExportPorts) -> IntentStory:
    """The intents of a campaign by label, with share, rate and trend.

    Raises:
        UnknownCampaign, InvalidDateRange, TooManyPoints.
    """
    buckets = question.days.buckets()
    refuse_unknown(campaign, question, ports)
    found = _series(INTENTS, campaign, question, by=("label",), ports=ports)
    lines = {line.group[0]: line for line in found.lines}
    before = {
        line.group[0]: line.total.count
        for line in _totals(INTENTS, question, *question.days.previous, campaign=campaign, by=("label",), ports=ports)
    }
    talks, talks_before = (_total(CONVERSATIONS, campaign, question, *days, ports=ports) for days in _periods(question))
    now = {label: lines[label].total.count if label in lines else 0 for label in lines.keys() | before.keys()}
    total = Compared(value=sum(now.values()), previous=sum(before.values()))
    nothing = (0,) * len(buckets)
    labels = [
        LabelFigures(
            label=label,
            count=Compared(value=count, previous=before.get(label, 0)),
            share=_rates(count, sum(now.values()), before.get(label, 0), sum(before.values())),
            rate=_rates(count, talks, before.get(label, 0), talks_before),
            series=_counts(lines[label]) if label in lines else nothing,
        )
        for label, count in sorted(now.items(), key=lambda each: (-each[1], each[0]))
    ]
    return IntentStory(total=total, buckets=buckets, labels=tuple(labels))


def refuse_unknown(campaign: str, question: CampaignQuestion, ports: ExportPorts) -> None:
    """Refuse a campaign that no event was ever seen of.

    Raises:
        UnknownCampaign
    """
    if not ports.journeys.knows(question.tenant, campaign):
        raise UnknownCampaign


def _periods(question: CampaignQuestion) -> tuple[tuple[date, date], tuple[date, date]]:
    return (question.days.from_, question.days.to), question.days.previous


def _by_campaign(question: CampaignQuestion, first: date, last: date, *, ports: ExportPorts) -> dict[str, _Figures]:
    found: dict[str, dict[str, int]] = {}
    for role in ROLES:
        for line in _totals(role, question, first, last, campaign=None, by=("campaign",), ports=ports):
            found.setdefault(line.group[0], {})[role] = _value(role, line, ports)
    return cast("dict[str, _Figures]", found)


def _total(role: str, campaign: str, question: CampaignQuestion, first: date, last: date, *, ports: ExportPorts) -> int:
    (line,) = _totals(role, question, first, last, campaign=campaign, by=(), ports=ports)
    return _value(role, line, ports)


def _totals(
    role: str,
    question: CampaignQuestion,
    first: date,
    last: date,
    *,
    campaign: str | None,
    by: Sequence[str],
    ports: ExportPorts,
) -> tuple[Line, ...]:
    where = question.where | ({} if campaign is None else {"campaign": [campaign]})
    metric = ports.campaign_rules.metrics[role]
    return ports.metrics.totals(
        question.tenant, metric, from_=first, to=last, zone=question.days.zone, where=where, by=by
    )


def _series(
    role: str, campaign: str, question: CampaignQuestion, *, by: Sequence[str] = (), ports: ExportPorts
) -> Series:
    return ports.metrics.series(
        question.tenant,
        ports.campaign_rules.metrics[role],
        from_=question.days.from_,
        to=question.days.to,
        granularity=question.days.granularity,
        zone=question.days.zone,
        where=question.where | {"campaign": [campaign]},
        by=by,
    )


def _value(role: str, line: Line, ports: ExportPorts) -> int:
    metric = ports.metrics.metrics.find(ports.campaign_rules.metrics[role])
    return int(line.total.value(metric.aggregate) or 0)


def _counts(line: Line) -> tuple[int, ...]:
    return tuple(point.count for point in line.points)


def _figures(campaign: str, now: _Figures, before: _Figures) -> CampaignFigures:
    return CampaignFigures(
        campaign=campaign,
        figures={role: Compared(value=now.get(role, 0), previous=before.get(role, 0)) for role in ROLES},
        intent_rate=_rate_of(INTENTS, now, before),
        engagement_rate=_rate_of(ENGAGEMENT, now, before),
    )


def _rate_of(role: str, now: _Figures, before: _Figures) -> Compared:
    return _rates(now.get(role, 0), now.get(CONVERSATIONS, 0), before.get(role, 0), before.get(CONVERSATIONS, 0))


def _rates(part: int, whole: int, part_before: int, whole_before: int) -> Compared:
    value: Decimal | None = rate(part, whole)
    return Compared(value=value, previous=rate(part_before, whole_before))
