"""The funnel of campaigns, and which metrics tell how they perform: declared as data."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta

from exports_pipeline.core.metric import EventFilter


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of the funnel."""

    name: str
    title: str
    events: EventFilter


@dataclass(frozen=True, kw_only=True)
class Funnel:
    """The steps in order, and how long after the first of them the others count."""

    steps: tuple[Step, ...]
    window: timedelta

    @property
    def digest(self) -> str:
        """What differs where journeys are told differently; titles and names make no difference."""
        told_by = [self.window.total_seconds(), [asdict(step.events) for step in self.steps]]
        return hashlib.sha256(json.dumps(told_by).encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class CampaignRules:
    """What the words of the campaign analytics mean here."""

    funnel: Funnel
    metrics: Mapping[str, str]
    """The name of the metric for each of `campaign.ROLES`."""
