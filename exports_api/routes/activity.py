"""Activity: who used the service, when and for what."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.concurrency import run_in_threadpool

from exports_api.access import SIGNED_IN
from exports_api.deps import Caller, Parts
from exports_api.routes.campaigns import shown
from exports_api.routes.documented import problems
from exports_api.schemas.activity import ActivitiesView, MostActiveView, UsersQuery
from exports_api.schemas.days import DaysQuery
from exports_pipeline.usecases.read_activity import feature_usage, most_active_users, team_trends

PREFIX = "/api/analytics/activity"
router = APIRouter(prefix=PREFIX, tags=["operation"])
Asked = Annotated[DaysQuery, Query()]


@router.get(
    "/users",
    dependencies=[SIGNED_IN],
    summary="List the most active users",
    response_model=MostActiveView,
    responses=problems(422),
)
async def get_users(caller: Caller, parts: Parts, query: Annotated[UsersQuery, Query()]) -> Response:
    """Who did most, with first and last action; without VIEW_AUDIT, yourself alone."""
    days = query.days(parts.ports.clock())
    users = await run_in_threadpool(most_active_users, days, caller, limit=query.limit, ports=parts.ports)
    return shown(MostActiveView.of(days, users))


@router.get(
    "/trends",
    dependencies=[SIGNED_IN],
    summary="Look at activity over time",
    response_model=ActivitiesView,
    responses=problems(422),
)
async def get_trends(caller: Caller, parts: Parts, query: Asked) -> Response:
    """Actions and active users over time, of everybody and of each team; without VIEW_AUDIT, your own alone.

    `granularity=week` gives the weekly actives (ISO weeks), `granularity=month` the monthly ones.
    """
    days = query.days(parts.ports.clock())
    seen = await run_in_threadpool(team_trends, days, caller, ports=parts.ports)
    return shown(ActivitiesView.of(days, seen))


@router.get(
    "/features",
    dependencies=[SIGNED_IN],
    summary="Look at the use of features",
    response_model=ActivitiesView,
    responses=problems(422),
)
async def get_features(caller: Caller, parts: Parts, query: Asked) -> Response:
    """Actions and users of each feature over time; without VIEW_AUDIT, your own alone."""
    days = query.days(parts.ports.clock())
    seen = await run_in_threadpool(feature_usage, days, caller, ports=parts.ports)
    return shown(ActivitiesView.of(days, seen))
