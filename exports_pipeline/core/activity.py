"""Who used the service, when and for what: read off the audit log."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Protocol
from uuid import UUID

from exports_pipeline.core.bucket import Bucket

FEATURES: Mapping[str, str] = MappingProxyType(
    {
        "export": "exports",
        "report": "reports",
        "schedule": "schedules",
        "delivery": "deliveries",
        "link": "deliveries",
        "telegram": "deliveries",
        "destination": "destinations",
        "user": "administration",
        "estimate": "exports",
        "dataset": "exports",
        "insight": "insights",
        "event": "events",
        "audit": "administration",
        "redaction": "redaction",
        "retention": "retention",
        "catalog": "settings",
        "quota": "quotas",
        "key": "administration",
        "role": "administration",
        "service": "administration",
        "team": "administration",
        "token": "administration",
        "request": "refusals",
    }
)
"""The feature that actions of the audit log belong to, by what stands before their first point."""
OTHER = "other"
"""The feature of all other actions."""
HEADS = tuple(FEATURES)
"""What actions begin with, each at the place of its bit where it is kept who used what; new ones come last."""
OTHER_BIT = 62
"""The place of the bit of all other actions."""


@dataclass(frozen=True, kw_only=True)
class UserActivity:
    """What one user did in a range."""

    user_id: UUID
    team: str
    """The owner key; '' of a user who is not known any more."""
    actions: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, kw_only=True)
class Activity:
    """How much was done, and by how many, in a range and in each of its buckets."""

    actions: int
    users: int
    actions_series: tuple[int, ...]
    users_series: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Activities:
    """The activity of everybody, and that of groups of them: teams or features, the most active first."""

    everybody: Activity
    groups: Mapping[str, Activity]


def feature_of(head: str) -> str:
    """The feature of actions that begin so."""
    return FEATURES.get(head, OTHER)


def bits_of_features() -> dict[str, int]:
    """The bits of each feature, one for each beginning of its actions."""
    bits = {OTHER: 1 << OTHER_BIT}
    for place, head in enumerate(HEADS):
        bits[feature_of(head)] = bits.get(feature_of(head), 0) | 1 << place
    return bits


class ActivityStore(Protocol):
    """The activity of all users, or of one where `actor` names one; buckets follow on one another.

    Everything that the audit log holds is counted, whether it was rolled up or not.
    """

    def most_active(self, buckets: Sequence[Bucket], *, actor: UUID | None, limit: int) -> list[UserActivity]:
        """The users who did most, then by id.

        Raises:
            LedgerUnavailable
        """

    def by_team(self, buckets: Sequence[Bucket], *, actor: UUID | None) -> Activities:
        """Activity by team.

        Raises:
            LedgerUnavailable
        """

    def by_feature(self, buckets: Sequence[Bucket], *, actor: UUID | None) -> Activities:
        """Activity by feature, as `FEATURES` has it.

        Raises:
            LedgerUnavailable
        """

    def roll_up(self) -> int:
        """Roll up what is new; how many entries of the log that were. It changes no figure, only how fast it is read.

        Raises:
            LedgerUnavailable: what was rolled up by then stays so.
        """
