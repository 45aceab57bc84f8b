"""Campaigns, their intents and journeys as the API shows them."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from exports_api.schemas.days import ROUNDED, ComparedView, DaysQuery, RangeView, number
from exports_api.schemas.fields import WithoutNul
from exports_api.schemas.metrics import starts_of
from exports_pipeline.core.campaign import (
    CampaignFigures,
    CampaignQuestion,
    CampaignStory,
    IntentStory,
    JourneyStory,
    LabelFigures,
    StepFigures,
)
from exports_pipeline.core.comparison import rate
from exports_pipeline.core.days import Days
from exports_pipeline.usecases.read_campaigns import CampaignList

_RANGE: JsonDict = {"from": "2009-05-01", "to": "2009-05-31", "timezone": "UTC", "granularity": "month"}
_GREW: JsonDict = {"value": 5575, "previous": 4646, "change": 0.199957}
_RATE: JsonDict = {"value": 1.0, "previous": 1.0, "change": 0.0}
_NONE: JsonDict = {"value": 0, "previous": 0, "change": None}
_FIGURES: JsonDict = {
    "campaign": "deposits",
    "conversations": _GREW,
    "intents": _GREW,
    "intent_rate": _RATE,
    "engagement": _NONE,
    "engagement_rate": {"value": 0.0, "previous": 0.0, "change": None},
    "customers": _GREW,
}
_MAY = "2009-05-01"


class CampaignQuery(DaysQuery):
    """Which events of a campaign."""

    segment: Annotated[list[Annotated[str, Field(max_length=200), WithoutNul]] | None, Field(max_length=100)] = Field(
        None, description="Of these segments alone; an empty text means events without one. May be repeated."
    )

    def question(self, tenant: str, now: datetime) -> CampaignQuestion:
        """The question in the words of the core.

        Raises:
            MalformedValue
        """
        segments = None if self.segment is None else tuple(self.segment)
        return CampaignQuestion(tenant=tenant, days=self.days(now), segments=segments)


class CampaignsQuery(CampaignQuery):
    """Which campaigns, and which of their events."""

    limit: int = Field(100, ge=1, le=1_000, description="Campaigns at most.")
    offset: int = Field(0, ge=0, le=1_000_000, description="How many of them to leave out.")


class CampaignView(BaseModel):
    """How a campaign performed, beside as many days before."""

    campaign: str = Field(description="The campaign; in a path its slashes are written as %2F.")
    conversations: ComparedView = Field(description="Conversations.")
    intents: ComparedView = Field(description="Intents that customers showed.")
    intent_rate: ComparedView = Field(description="Intents for each conversation.")
    engagement: ComparedView = Field(description="Engagement of customers.")
    engagement_rate: ComparedView = Field(description="Engagement for each conversation.")
    customers: ComparedView = Field(
        description="Distinct customers: exact up to about 380, then within 3.3 % in 95 of 100 cases."
    )

    @classmethod
    def of(cls, figures: CampaignFigures) -> "CampaignView":
        """The view of a campaign's figures."""
        return cls(
            campaign=figures.campaign,
            intent_rate=ComparedView.of(figures.intent_rate),
            engagement_rate=ComparedView.of(figures.engagement_rate),
            **{role: ComparedView.of(compared) for role, compared in figures.figures.items()},
        )


class CampaignsView(BaseModel):
    """Campaigns, those of most conversations first."""

    model_config = ConfigDict(json_schema_extra={"example": {"range": _RANGE, "items": [_FIGURES], "total": 1}})

    range: RangeView = Field(description="What the answer is about.")
    items: list[CampaignView] = Field(description="The campaigns.")
    total: int = Field(description="How many campaigns there are.")

    @classmethod
    def of(cls, days: Days, found: CampaignList) -> "CampaignsView":
        """The view of a list of campaigns."""
        return cls(range=RangeView.of(days), items=[CampaignView.of(each) for each in found.items], total=found.total)


class CampaignPoint(BaseModel):
    """A campaign in one bucket of time."""

    start: str = Field(description="When the bucket begins: a date; of hours a time with its offset.")
    conversations: int = Field(description="Conversations.")
    intents: int = Field(description="Intents.")
    engagement: int = Field(description="Engagement.")


class CampaignStoryView(BaseModel):
    """How a campaign performed, over time."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "range": _RANGE,
                "totals": _FIGURES,
                "series": [{"start": _MAY, "conversations": 5575, "intents": 5575, "engagement": 0}],
            }
        }
    )

    range: RangeView = Field(description="What the answer is about.")
    totals: CampaignView = Field(description="The figures of the whole range.")
    series: list[CampaignPoint] = Field(description="Every bucket of the range, empty ones too.")

    @classmethod
    def of(cls, days: Days, story: CampaignStory) -> "CampaignStoryView":
        """The view of a campaign's story."""
        series = [
            CampaignPoint(start=start, **{role: points[place] for role, points in story.series.items()})
            for place, start in enumerate(starts_of(story.buckets, days.granularity))
        ]
        return cls(range=RangeView.of(days), totals=CampaignView.of(story.totals), series=series)


class LabelView(BaseModel):
    """One label of the intents."""

    label: str = Field(description="The label; empty for intents without one.")
    count: ComparedView = Field(description="Intents with the label.")
    share: ComparedView = Field(description="Of all intents.")
    rate: ComparedView = Field(description="For each conversation.")
    series: list[int] = Field(description="Intents in each bucket, as `starts` names them.")

    @classmethod
    def of(cls, label: LabelFigures) -> "LabelView":
        """The view of a label."""
        return cls(
            label=label.label,
            count=ComparedView.of(label.count),
            share=ComparedView.of(label.share),
            rate=ComparedView.of(label.rate),
            series=list(label.series),
        )


class IntentsView(BaseModel):
    """The intents of a campaign by label, the most frequent first."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "range": _RANGE,
                "total": _GREW,
                "starts": [_MAY],
                "labels": [
                    {
                        "label": "yes",
                        "count": {"value": 533, "previous": 687, "change": -0.224163},
                        "share": {"value": 0.095605, "previous": 0.147869, "change": -0.353448},
                        "rate": {"value": 0.095605, "previous": 0.147869, "change": -0.353448},
                        "series": [533],
                    }
                ],
            }
        }
    )

    range: RangeView = Field(description="What the answer is about.")
    total: ComparedView = Field(description="All intents.")
    starts: list[str] = Field(
        description="When each bucket of the series begins: a date; of hours a time with its offset."
    )
    labels: list[LabelView] = Field(description="The labels.")

    @classmethod
    def of(cls, days: Days, story: IntentStory) -> "IntentsView":
        """The view of a campaign's intents."""
        return cls(
            range=RangeView.of(days),
            total=ComparedView.of(story.total),
            starts=starts_of(story.buckets, days.granularity),
            labels=[LabelView.of(each) for each in story.labels],
        )


class StepView(BaseModel):
    """One step of the funnel."""

    name: str = Field(description="Its name, as `picked_up`.")
    title: str = Field(description="Its name for people.")
    count: int = Field(description="Customers who reached it.")
    step_conversion: float | None = Field(
        description=f"Of those who reached the step before; null for the first, and where nobody did. {ROUNDED}."
    )
    total_conversion: float | None = Field(description="Of those who began; null where nobody did.")
    median_seconds_since_previous: float | None = Field(
        description="From the step before, within 1 % of the true median; null for the first, and where nobody came."
    )
    median_seconds_since_first: float | None = Field(description="From the first step, likewise.")
    series: list[int] = Field(description="By the bucket in which their journey began, as `starts` names them.")

    @classmethod
    def of(cls, step: StepFigures, before: StepFigures | None, first: StepFigures) -> "StepView":
        """The view of a step."""
        return cls(
            name=step.name,
            title=step.title,
            count=step.reached,
            step_conversion=number(rate(step.reached, before.reached)) if before else None,
            total_conversion=number(rate(step.reached, first.reached)),
            median_seconds_since_previous=step.median_seconds_since_previous,
            median_seconds_since_first=step.median_seconds_since_first,
            series=list(step.series),
        )


class JourneyView(BaseModel):
    """The funnel of a campaign: journeys that began in the range."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "range": _RANGE,
                "window_seconds": 2_592_000,
                "starts": [_MAY],
                "steps": [
                    {
                        "name": name,
                        "title": title,
                        "count": count,
                        "step_conversion": step,
                        "total_conversion": total,
                        "median_seconds_since_previous": seconds,
                        "median_seconds_since_first": seconds,
                        "series": [count],
                    }
                    for name, title, count, step, total, seconds in (
                        ("picked_up", "Picked up", 5575, None, 1.0, None),
                        ("interested", "Interested", 533, 0.095605, 0.095605, 612.4),
                    )
                ],
            }
        }
    )

    range: RangeView = Field(description="What the answer is about.")
    window_seconds: float = Field(description="How long after the first step the others count.")
    starts: list[str] = Field(
        description="When each bucket of the series begins: a date; of hours a time with its offset."
    )
    steps: list[StepView] = Field(description="The steps, in order.")

    @classmethod
    def of(cls, days: Days, story: JourneyStory) -> "JourneyView":
        """The view of a campaign's journeys."""
        first, *_ = story.steps
        before = (None, *story.steps)
        return cls(
            range=RangeView.of(days),
            window_seconds=story.window.total_seconds(),
            starts=starts_of(story.buckets, days.granularity),
            steps=[StepView.of(step, ahead, first) for ahead, step in zip(before, story.steps, strict=False)],
        )
