"""Segments of customers as a form offers them: those that conversations of the days had, and those chosen before."""

from exports_pipeline.core.campaign import CONVERSATIONS, CampaignQuestion
from exports_pipeline.core.metric import Granularity
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.requester import Requester
from exports_pipeline.usecases.read_metrics import MetricQuestion, read_metric

SEGMENT = "segment"
_MOST, _LONGEST = 100, 200


def segments_of(question: CampaignQuestion, requester: Requester, *, ports: ExportPorts) -> list[str]:
    """The segments to choose from, those of most conversations first; '' is that of events without one.

    Raises:
        InvalidDateRange, BeyondRetention, TooManyPoints.
    """
    days = question.days
    asked = MetricQuestion(
        from_=days.from_, to=days.to, timezone=days.zone.key, granularity=Granularity.MONTH, by=(SEGMENT,)
    )
    series = read_metric(ports.campaign_rules.metrics[CONVERSATIONS], asked, requester, ports=ports)
    found = [line.group[0] for line in series.lines[:_MOST]]
    return found + [each for each in question.segments or () if each not in found]


def chosen_segments(given: list[str]) -> tuple[str, ...] | None:
    """The segments that a form names; None for all."""
    return tuple(each[:_LONGEST].replace("\x00", "") for each in given[:_MOST]) or None
