"""What is asked about campaigns, and what they are told by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from exports_pipeline.core.bucket import Bucket
from exports_pipeline.core.comparison import Compared
from exports_pipeline.core.days import Days

CONVERSATIONS, INTENTS, ENGAGEMENT, CUSTOMERS = "conversations", "intents", "engagement", "customers"
ROLES = (CONVERSATIONS, INTENTS, ENGAGEMENT, CUSTOMERS)
"""What campaigns are told by; which metric each of them is stands in the campaigns' YAML."""
SERIES = (CONVERSATIONS, INTENTS, ENGAGEMENT)
"""Those of them that are shown over time."""


@dataclass(frozen=True, kw_only=True)
class CampaignQuestion:
    """Which events."""

    tenant: str
    days: Days
    segments: tuple[str, ...] | None = None
    """None for all; '' is that of events without one."""

    @property
    def where(self) -> dict[str, Sequence[str]]:
        """The segments as a filter of metrics."""
        return {} if self.segments is None else {"segment": self.segments}


@dataclass(frozen=True, kw_only=True)
class CampaignFigures:
    """How one campaign performed."""

    campaign: str
    figures: Mapping[str, Compared]
    """By role; of `CUSTOMERS` as exact as its metric."""
    intent_rate: Compared
    """Intents for each conversation."""
    engagement_rate: Compared
    """Engagement for each conversation."""


@dataclass(frozen=True, kw_only=True)
class CampaignStory:
    """A campaign with its series."""

    totals: CampaignFigures
    buckets: tuple[Bucket, ...]
    series: Mapping[str, tuple[int, ...]]
    """By role, for each bucket."""


@dataclass(frozen=True, kw_only=True)
class LabelFigures:
    """One label of the intents of a campaign."""

    label: str
    """'' for intents without one."""
    count: Compared
    share: Compared
    """Of all intents."""
    rate: Compared
    """For each conversation."""
    series: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class IntentStory:
    """The intents of a campaign by label, the most frequent first."""

    total: Compared
    buckets: tuple[Bucket, ...]
    labels: tuple[LabelFigures, ...]


@dataclass(frozen=True, kw_only=True)
class StepFigures:
    """One step of the funnel."""

    name: str
    title: str
    reached: int
    """Journeys that reached it."""
    series: tuple[int, ...]
    """The same for each bucket in which journeys began."""
    median_seconds_since_previous: float | None
    median_seconds_since_first: float | None


@dataclass(frozen=True, kw_only=True)
class JourneyStory:
    """The journeys through a campaign that began in the range."""

    window: timedelta
    buckets: tuple[Bucket, ...]
    steps: tuple[StepFigures, ...]
