"""Who used the service, as the API shows it."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue
from pydantic.config import JsonDict

from exports_api.schemas.days import DaysQuery, RangeView, number
from exports_api.schemas.metrics import starts_of
from exports_pipeline.core.activity import Activity, UserActivity
from exports_pipeline.core.comparison import rate
from exports_pipeline.core.days import Days
from exports_pipeline.usecases.read_activity import SeenActivities

_RANGE: JsonDict = {"from": "2026-03-01", "to": "2026-03-07", "timezone": "UTC", "granularity": "week"}
_STARTS: list[JsonValue] = ["2026-02-23", "2026-03-02"]
_SERIES: JsonDict = {"actions_series": [2, 5], "users_series": [1, 2]}
_EVERYBODY: JsonDict = {"actions": 7, "users": 2, "share": 1.0, **_SERIES}


class UsersQuery(DaysQuery):
    """Which days, and how many users."""

    limit: int = Field(20, ge=1, le=1_000, description="Users at most.")


class UserActivityView(BaseModel):
    """What one user did in the range."""

    user_id: UUID = Field(description="Their id.")
    team: str = Field(description="Their owner key; empty for a user who is not known any more.")
    actions: int = Field(description="Entries of the audit log.")
    first_at: datetime = Field(description="Their first action in the range.")
    last_at: datetime = Field(description="Their last action in the range.")

    @classmethod
    def of(cls, user: UserActivity) -> "UserActivityView":
        """The view of a user's activity."""
        return cls(
            user_id=user.user_id, team=user.team, actions=user.actions, first_at=user.first_at, last_at=user.last_at
        )


class MostActiveView(BaseModel):
    """The users who did most."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "range": _RANGE,
                "items": [
                    {
                        "user_id": "1c9d0f6e-8b1e-5d0b-9a53-3a1f2f6c7b11",
                        "team": "UA",
                        "actions": 7,
                        "first_at": "2026-03-01T08:00:00Z",
                        "last_at": "2026-03-07T17:30:00Z",
                    }
                ],
            }
        }
    )

    range: RangeView = Field(description="What the answer is about.")
    items: list[UserActivityView] = Field(description="The users.")

    @classmethod
    def of(cls, days: Days, users: list[UserActivity]) -> "MostActiveView":
        """The view of the most active users."""
        return cls(range=RangeView.of(days), items=[UserActivityView.of(user) for user in users])


class ActivityView(BaseModel):
    """How much was done, and by how many."""

    actions: int = Field(description="Entries of the audit log.")
    users: int = Field(description="Different ones, in the whole range.")
    share: float | None = Field(description="Of all actions; null where there are none.")
    actions_series: list[int] = Field(description="Actions in each bucket, as `starts` names them.")
    users_series: list[int] = Field(description="Active users of each bucket: with weeks, the weekly actives.")

    @classmethod
    def of(cls, activity: Activity, everybody: Activity) -> "ActivityView":
        """The view of an activity."""
        return cls(
            actions=activity.actions,
            users=activity.users,
            share=number(rate(activity.actions, everybody.actions)),
            actions_series=list(activity.actions_series),
            users_series=list(activity.users_series),
        )


class ActivitiesView(BaseModel):
    """Activity over time, of everybody and of each team or feature, the most active first."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "range": _RANGE,
                "starts": _STARTS,
                "everybody": _EVERYBODY,
                "groups": {"exports": _EVERYBODY},
            }
        }
    )

    range: RangeView = Field(description="What the answer is about.")
    starts: list[str] = Field(
        description="When each bucket of the series begins: a date; of hours a time with its offset."
    )
    everybody: ActivityView = Field(description="Of everybody together.")
    groups: dict[str, ActivityView] = Field(description="By team or feature.")

    @classmethod
    def of(cls, days: Days, seen: SeenActivities) -> "ActivitiesView":
        """The view of activities."""
        everybody = seen.activities.everybody
        groups = {name: ActivityView.of(each, everybody) for name, each in seen.activities.groups.items()}
        return cls(
            range=RangeView.of(days),
            starts=starts_of(seen.buckets, days.granularity),
            everybody=ActivityView.of(everybody, everybody),
            groups=groups,
        )
