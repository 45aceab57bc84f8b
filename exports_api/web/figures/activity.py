"""The charts of activity."""

from exports_api.web.figures.figure import Figure
from exports_api.web.figures.series import over_time
from exports_api.web.viewing import Viewing
from exports_pipeline.core.days import Days
from exports_pipeline.core.report import Mark
from exports_pipeline.usecases.read_activity import SeenActivities

_MOST = 5


def people_figure(teams: SeenActivities, days: Days, view: Viewing) -> Figure:
    """How many different people were active."""
    said = "Different people in each stretch of time; who came twice counts once."
    people = {"People": teams.activities.everybody.users_series}
    return over_time(
        "Active people", said, people, buckets=teams.buckets, granularity=days.granularity, view=view, mark=Mark.BAR
    )


def use_figure(features: SeenActivities, days: Days, view: Viewing) -> Figure:
    """What people used, all but the most used features together."""
    groups = list(features.activities.groups.items())
    series = {name.capitalize(): each.actions_series for name, each in groups[:_MOST]}
    if rest := [each.actions_series for _, each in groups[_MOST:]]:
        series["All others"] = tuple(map(sum, zip(*rest, strict=True)))
    return over_time(
        "Use over time",
        "Actions in each stretch of time.",
        series,
        buckets=features.buckets,
        granularity=days.granularity,
        view=view,
        mark=Mark.STACKED_BAR,
    )
