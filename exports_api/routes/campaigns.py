"""Campaigns: how they perform, what customers want, and how far they go."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel

from exports_api.access import SIGNED_IN
from exports_api.deps import Caller, Parts
from exports_api.raw_path import RawPathRoute
from exports_api.routes.documented import problems
from exports_api.schemas.campaigns import (
    CampaignQuery,
    CampaignsQuery,
    CampaignStoryView,
    CampaignsView,
    IntentsView,
    JourneyView,
)
from exports_api.schemas.fields import WithoutNul
from exports_pipeline.usecases.read_campaigns import list_campaigns, read_campaign, read_intents
from exports_pipeline.usecases.read_journeys import read_journeys

PREFIX = "/api/analytics/campaigns"
router = APIRouter(prefix=PREFIX, tags=["campaigns"], route_class=RawPathRoute)
CampaignId = Annotated[str, Path(description="The campaign, URL-encoded: a slash is %2F."), WithoutNul]
Asked = Annotated[CampaignQuery, Query()]


@router.get(
    "", dependencies=[SIGNED_IN], summary="List campaigns", response_model=CampaignsView, responses=problems(422)
)
async def get_campaigns(caller: Caller, parts: Parts, query: Annotated[CampaignsQuery, Query()]) -> Response:
    """Your campaigns, those of most conversations first, each beside as many days before."""
    question = query.question(caller.owner_key, parts.ports.clock())
    found = await run_in_threadpool(list_campaigns, question, limit=query.limit, offset=query.offset, ports=parts.ports)
    return shown(CampaignsView.of(question.days, found))


@router.get(
    "/{campaign}",
    dependencies=[SIGNED_IN],
    summary="Look at a campaign",
    response_model=CampaignStoryView,
    responses=problems(404, 422),
)
async def get_campaign(caller: Caller, parts: Parts, campaign: CampaignId, query: Asked) -> Response:
    """Conversations, intents, engagement and customers, beside as many days before, and over time."""
    question = query.question(caller.owner_key, parts.ports.clock())
    story = await run_in_threadpool(read_campaign, campaign, question, ports=parts.ports)
    return shown(CampaignStoryView.of(question.days, story))


@router.get(
    "/{campaign}/journey",
    dependencies=[SIGNED_IN],
    summary="Look at the funnel",
    response_model=JourneyView,
    responses=problems(404, 422),
)
async def get_journey(caller: Caller, parts: Parts, campaign: CampaignId, query: Asked) -> Response:
    """How many customers went how far through the steps of the funnel, and how fast.

    A customer counts once, in the cohort of their first pick-up; each later step is the first event for it at or after
    the step before, within the window counted from the first.
    """
    question = query.question(caller.owner_key, parts.ports.clock())
    story = await run_in_threadpool(read_journeys, campaign, question, ports=parts.ports)
    return shown(JourneyView.of(question.days, story))


@router.get(
    "/{campaign}/intents",
    dependencies=[SIGNED_IN],
    summary="Look at the intents",
    response_model=IntentsView,
    responses=problems(404, 422),
)
async def get_intents(caller: Caller, parts: Parts, campaign: CampaignId, query: Asked) -> Response:
    """The labels of the intents with their share, beside as many days before, and over time."""
    question = query.question(caller.owner_key, parts.ports.clock())
    story = await run_in_threadpool(read_intents, campaign, question, ports=parts.ports)
    return shown(IntentsView.of(question.days, story))


def shown(view: BaseModel) -> Response:
    """A view as an answer that nobody keeps."""
    body = view.model_dump_json(by_alias=True)
    return Response(body, media_type="application/json", headers={"Cache-Control": "no-store"})
