"""Read who used the service, when and for what; whoever may not view the audit log sees their own activity alone."""

from dataclasses import dataclass
from uuid import UUID

from exports_pipeline.core.activity import Activities, UserActivity
from exports_pipeline.core.bucket import Bucket
from exports_pipeline.core.days import Days
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.requester import Requester


@dataclass(frozen=True, kw_only=True)
class SeenActivities:
    """Activity by groups, over time."""

    buckets: tuple[Bucket, ...]
    activities: Activities


def most_active_users(days: Days, requester: Requester, *, limit: int, ports: ExportPorts) -> list[UserActivity]:
    """The users who did most in the range.

    Raises:
        InvalidDateRange, TooManyPoints.
    """
    days.buckets()
    return ports.activity.most_active([days.whole()], actor=_actor(requester), limit=limit)


def team_trends(days: Days, requester: Requester, *, ports: ExportPorts) -> SeenActivities:
    """Actions and active users of each team, over time.

    Raises:
        InvalidDateRange, TooManyPoints.
    """
    buckets = days.buckets()
    return SeenActivities(buckets=buckets, activities=ports.activity.by_team(buckets, actor=_actor(requester)))


def feature_usage(days: Days, requester: Requester, *, ports: ExportPorts) -> SeenActivities:
    """Actions and users of each feature, over time.

    Raises:
        InvalidDateRange, TooManyPoints.
    """
    buckets = days.buckets()
    return SeenActivities(buckets=buckets, activities=ports.activity.by_feature(buckets, actor=_actor(requester)))


def _actor(requester: Requester) -> UUID | None:
    return None if requester.views_audit else requester.user_id
