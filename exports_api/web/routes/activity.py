"""The page of activity: who used the service, when and for what."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool

from exports_api.deps import Parts
from exports_api.web.access import VISITOR
from exports_api.web.days_page import drawn_for_days, together
from exports_api.web.figures.activity import people_figure, use_figure
from exports_api.web.figures.sparkline import sparkline
from exports_api.web.forms.days import DaysForm
from exports_api.web.page_route import PageRoute
from exports_api.web.viewing import viewing_of
from exports_api.web.visitor import VisitorOf
from exports_pipeline.core.metric import Granularity
from exports_pipeline.core.origin import NOBODY
from exports_pipeline.usecases.name_users import name_users
from exports_pipeline.usecases.read_activity import feature_usage, most_active_users, team_trends

_USERS, _GROUPS = 20, 15
_WEEKS, _MONTHS = timedelta(weeks=5), timedelta(days=93)
"""Before the last day: with its own week and month, six weeks and four or five months."""
router = APIRouter(prefix="/activity", route_class=PageRoute, include_in_schema=False)


@router.get("", dependencies=[VISITOR])
async def get_activity(request: Request, who: VisitorOf, parts: Parts) -> Response:
    """The most active users, teams and features; without VIEW_AUDIT, the visitor's own activity alone."""
    view = viewing_of(request)
    form = DaysForm.read(request.query_params, view, parts.ports.clock())
    days, ports, requester = form.days, parts.ports, who.requester

    async def read() -> dict[str, Any]:
        days.buckets()  # refuses days beyond our time, from which nothing can be counted back
        monday, month = days.to - timedelta(days=days.to.weekday()), (days.to - _MONTHS).replace(day=1)
        weeks = replace(days, from_=monday - _WEEKS, granularity=Granularity.WEEK)
        months = replace(days, from_=month, granularity=Granularity.MONTH)
        ask: dict[str, Callable[[], Any]] = {
            "users": partial(most_active_users, days, requester, limit=_USERS, ports=ports),
            "features": partial(feature_usage, days, requester, ports=ports),
        }
        if requester.views_audit:
            ask |= {
                name: partial(team_trends, each, requester, ports=ports)
                for name, each in (("teams", days), ("weeks", weeks), ("months", months))
            }
        found = await together(**ask)
        people = {each.user_id for each in found["users"]}
        found["names"] = await run_in_threadpool(name_users, people, requester, ports=ports)
        found["use_figure"] = use_figure(found["features"], days, view)
        if requester.views_audit:
            found["people_figure"] = people_figure(found["teams"], days, view)
        return found

    facts = {"sparkline": sparkline, "most_groups": _GROUPS, "nobody": NOBODY}
    return await drawn_for_days(request, "activity.html", who, form, read, **facts)
