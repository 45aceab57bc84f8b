"""Read how far, and how fast, customers went through the steps of a campaign's funnel."""

from collections.abc import Mapping
from functools import partial

from exports_pipeline.core.campaign import CampaignQuestion, JourneyStory, StepFigures
from exports_pipeline.core.histogram import median_seconds
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.usecases.at_once import both
from exports_pipeline.usecases.read_campaigns import buckets_of, refuse_unknown


def read_journeys(campaign: str, question: CampaignQuestion, *, ports: ExportPorts) -> JourneyStory:
    """The journeys that began in the range, step by step.

    Raises:
        UnknownCampaign, InvalidDateRange, BeyondRetention, TooManyPoints.
    """
    buckets = buckets_of(question, ports)
    funnel = ports.campaign_rules.funnel
    tenant, span, segments = question.tenant, question.days.whole(), question.segments
    reached, histograms = both(
        partial(ports.journeys.reached, tenant, campaign, buckets, steps=len(funnel.steps), segments=segments),
        partial(ports.journeys.durations, tenant, campaign, span, segments=segments),
    )
    if not any(map(any, reached)):
        refuse_unknown(campaign, question, ports)
    series = list(zip(*reached, strict=True))
    steps = [
        StepFigures(
            name=step.name,
            title=step.title,
            reached=sum(series[place - 1]),
            series=series[place - 1],
            median_seconds_since_previous=_median(histograms, place, place - 1),
            median_seconds_since_first=_median(histograms, place, 1),
        )
        for place, step in enumerate(funnel.steps, 1)
    ]
    return JourneyStory(window=funnel.window, buckets=buckets, steps=tuple(steps))


def _median(histograms: Mapping[tuple[int, int], int], step: int, since_step: int) -> float | None:
    return median_seconds(histograms.get((step, since_step), 0))
