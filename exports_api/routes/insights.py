"""Insights: how the export service itself is used."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel

from exports_api.access import SIGNED_IN
from exports_api.deps import Caller, Parts
from exports_api.insight_views import column_view, counts_view, large_view, overview_view, storage_view
from exports_api.routes.documented import problems
from exports_api.schemas.insight_queries import (
    CountsQuery,
    DaysQuery,
    JobsQuery,
    OpeningsQuery,
    RecentQuery,
    VolumeQuery,
)
from exports_api.schemas.insights import (
    CountsView,
    OpenedView,
    OpeningsView,
    OverviewView,
    RangeView,
    RecentView,
    SpanView,
    StorageView,
    VolumeView,
)
from exports_pipeline.usecases.read_insights import (
    jobs_for,
    read_bars,
    read_largest,
    read_openings,
    read_overview,
    read_series,
    read_storage,
)

PREFIX = "/api/analytics/insights"
router = APIRouter(prefix=PREFIX, tags=["insights"])
_REFUSALS = problems(403, 422)


@router.get("/overview", dependencies=[SIGNED_IN], summary="Totals", response_model=OverviewView, responses=_REFUSALS)
async def get_overview(caller: Caller, parts: Parts, query: Annotated[DaysQuery, Query()]) -> Response:
    """Jobs that ended in a range of days: how many, how large, how fast, how often they failed and were opened.

    With VIEW_INSIGHTS_ALL those of everybody, else your own; this holds for all insights.
    """
    jobs, days = jobs_for(caller, query.jobs), query.days(parts.ports.clock())
    found = await run_in_threadpool(read_overview, jobs, days, ports=parts.ports)
    return _answer(overview_view(found, jobs, days, caller))


@router.get("/counts", dependencies=[SIGNED_IN], summary="Bars", response_model=CountsView, responses=_REFUSALS)
async def get_counts(caller: Caller, parts: Parts, query: Annotated[CountsQuery, Query()]) -> Response:
    """Jobs by tag, destination, format, dataset, plan, user, error and so on, or by up to three of these together.

    `by=plan&by=list&by=tag` tells how often each plan feeds exports; `by=format&by=dataset` what is exported as what;
    `by=user` who exports most; `by=error` why jobs failed. Every bar has the address of the list of its jobs.
    """
    jobs, days, by = jobs_for(caller, query.jobs), query.days(parts.ports.clock()), tuple(dict.fromkeys(query.by))
    total = await run_in_threadpool(read_bars, jobs, days, (), limit=1, ports=parts.ports)
    found = await run_in_threadpool(read_bars, jobs, days, by, limit=query.limit, ports=parts.ports)
    return _answer(counts_view(found, total, by, jobs, days, caller))


@router.get("/volume", dependencies=[SIGNED_IN], summary="A series", response_model=VolumeView, responses=_REFUSALS)
async def get_volume(caller: Caller, parts: Parts, query: Annotated[VolumeQuery, Query()]) -> Response:
    """Jobs, rows, bytes and rows per job by ISO week, or by hour, day or month; stacked with `by`."""
    jobs, days = jobs_for(caller, query.jobs), query.days(parts.ports.clock())
    columns, left_out = await run_in_threadpool(
        read_series, jobs, days, query.granularity, query.by, limit=query.limit, ports=parts.ports
    )
    items = [column_view(each, query.by, jobs, caller) for each in columns]
    return _answer(VolumeView(range=RangeView.of(days), granularity=query.granularity, items=items, left_out=left_out))


@router.get(
    "/openings", dependencies=[SIGNED_IN], summary="Openings of links", response_model=OpeningsView, responses=_REFUSALS
)
async def get_openings(caller: Caller, parts: Parts, query: Annotated[OpeningsQuery, Query()]) -> Response:
    """How often links in messages were opened and files downloaded, by when that was."""
    jobs, days = jobs_for(caller, query.jobs), query.days(parts.ports.clock())
    found = await run_in_threadpool(read_openings, jobs, days, query.granularity, ports=parts.ports)
    items = [
        OpenedView(
            **SpanView.fields_of(each.span),
            openings=each.openings,
            bytes=each.bytes,
            by_channel=dict(each.by_channel),
        )
        for each in found
    ]
    return _answer(OpeningsView(range=RangeView.of(days), granularity=query.granularity, items=items))


@router.get(
    "/recent", dependencies=[SIGNED_IN], summary="Large results", response_model=RecentView, responses=_REFUSALS
)
async def get_recent(caller: Caller, parts: Parts, query: Annotated[RecentQuery, Query()]) -> Response:
    """The completed jobs of a range of days with the most rows, with their plans and filters."""
    jobs, days = jobs_for(caller, query.jobs), query.days(parts.ports.clock())
    found = await run_in_threadpool(read_largest, jobs, days, limit=query.limit, ports=parts.ports)
    return _answer(RecentView(range=RangeView.of(days), items=[large_view(each, caller) for each in found]))


@router.get(
    "/storage",
    dependencies=[SIGNED_IN],
    summary="Storage and its cost",
    response_model=StorageView,
    responses=_REFUSALS,
)
async def get_storage(caller: Caller, parts: Parts, query: Annotated[JobsQuery, Query()]) -> Response:
    """What is stored now, and an estimate of what a month costs by the prices of the deployment."""
    jobs = jobs_for(caller, query.jobs)
    found = await run_in_threadpool(read_storage, jobs, ports=parts.ports)
    return _answer(storage_view(found, parts.ports.prices.currency))


def _answer(view: BaseModel) -> Response:
    body = view.model_dump_json(by_alias=True)
    return Response(body, media_type="application/json", headers={"Cache-Control": "no-store"})
