"""The charts of campaigns."""

from exports_api.web.figures.figure import Figure
from exports_api.web.figures.series import over_time
from exports_api.web.viewing import Viewing
from exports_pipeline.core.campaign import CONVERSATIONS, CampaignQuestion, CampaignStory, IntentStory
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.requester import Requester
from exports_pipeline.usecases.read_metrics import MetricQuestion, read_metric

_MOST = 5
"""Lines that can still be told apart."""


def busiest(question: CampaignQuestion, requester: Requester, *, view: Viewing, ports: ExportPorts) -> Figure:
    """The conversations of the campaigns that had most.

    Raises:
        InvalidDateRange, BeyondRetention, TooManyPoints.
    """
    days = question.days
    asked = MetricQuestion(
        from_=days.from_,
        to=days.to,
        timezone=days.zone.key,
        granularity=days.granularity,
        where=question.where,
        by=("campaign",),
    )
    found = read_metric(ports.campaign_rules.metrics[CONVERSATIONS], asked, requester, ports=ports)
    lines = [line for line in found.lines if line.group[0]][:_MOST]
    return over_time(
        "Conversations over time",
        f"The {_MOST} campaigns with most conversations." if len(lines) == _MOST else "",
        {line.group[0]: [point.count for point in line.points] for line in lines},
        buckets=found.buckets,
        granularity=days.granularity,
        view=view,
    )


def story_figure(story: CampaignStory, question: CampaignQuestion, view: Viewing) -> Figure:
    """Conversations, intents and engagement of one campaign."""
    return over_time(
        "Over time",
        "",
        {role.capitalize(): values for role, values in story.series.items()},
        buckets=story.buckets,
        granularity=question.days.granularity,
        view=view,
    )


def intents_figure(story: IntentStory, question: CampaignQuestion, view: Viewing) -> Figure:
    """The most frequent labels of one campaign's intents."""
    labels = [label for label in story.labels if label.count.value][:_MOST]
    return over_time(
        "Intents over time",
        f"The {_MOST} most frequent ones." if len(labels) == _MOST else "",
        {label.label or "without a label": label.series for label in labels},
        buckets=story.buckets,
        granularity=question.days.granularity,
        view=view,
    )
