"""The pages of campaigns: all of them beside the days before, and one with its funnel and intents."""

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from exports_api.deps import Parts
from exports_api.raw_path import RawPathRoute
from exports_api.web.access import VISITOR
from exports_api.web.days_page import drawn_for_days, together
from exports_api.web.figures.campaigns import busiest, intents_figure, story_figure
from exports_api.web.figures.sparkline import sparkline
from exports_api.web.forms.days import DaysForm
from exports_api.web.page_route import PageRoute
from exports_api.web.segments import SEGMENT, chosen_segments, segments_of
from exports_api.web.viewing import viewing_of
from exports_api.web.visitor import Visitor, VisitorOf
from exports_pipeline.core.campaign import CampaignQuestion
from exports_pipeline.usecases.read_campaigns import list_campaigns, read_campaign, read_intents
from exports_pipeline.usecases.read_journeys import read_journeys

_ON_A_PAGE, _LABELS = 25, 25


class _CampaignPageRoute(RawPathRoute, PageRoute):
    """A page whose address names a campaign, slashes and all."""


router = APIRouter(prefix="/campaigns", route_class=_CampaignPageRoute, include_in_schema=False)


@router.get("", dependencies=[VISITOR])
async def get_campaigns(
    request: Request, who: VisitorOf, parts: Parts, page: Annotated[int, Query(ge=1, le=40_000)] = 1
) -> Response:
    """The visitor's campaigns, those of most conversations first, each beside as many days before."""
    form, question = _asked(request, who, parts)
    view = viewing_of(request)

    async def read() -> dict[str, Any]:
        offset = (page - 1) * _ON_A_PAGE
        shown = await together(
            found=partial(list_campaigns, question, limit=_ON_A_PAGE, offset=offset, ports=parts.ports),
            segments=partial(segments_of, question, who.requester, ports=parts.ports),
            figure=partial(busiest, question, who.requester, view=view, ports=parts.ports),
        )
        return {**shown, "pages": max(1, -(-shown["found"].total // _ON_A_PAGE))}

    return await drawn_for_days(request, "campaigns.html", who, form, read, page=page, question=question)


@router.get("/{campaign}", dependencies=[VISITOR])
async def get_campaign(request: Request, who: VisitorOf, parts: Parts, campaign: str) -> Response:
    """One campaign: its figures over time, its funnel, and what its customers wanted."""
    form, question = _asked(request, who, parts)
    view = viewing_of(request)

    async def read() -> dict[str, Any]:
        shown = await together(
            story=partial(read_campaign, campaign, question, ports=parts.ports),
            journey=partial(read_journeys, campaign, question, ports=parts.ports),
            intents=partial(read_intents, campaign, question, ports=parts.ports),
            segments=partial(segments_of, question, who.requester, ports=parts.ports),
        )
        shown["figure"] = story_figure(shown["story"], question, view)
        shown["intents_figure"] = intents_figure(shown["intents"], question, view)
        return shown

    facts = {"campaign": campaign, "question": question, "sparkline": sparkline, "most_labels": _LABELS}
    return await drawn_for_days(request, "campaign.html", who, form, read, **facts)


def _asked(request: Request, who: Visitor, parts: Parts) -> tuple[DaysForm, CampaignQuestion]:
    form = DaysForm.read(request.query_params, viewing_of(request), parts.ports.clock(), also=(SEGMENT,))
    segments = chosen_segments(request.query_params.getlist(SEGMENT))
    return form, CampaignQuestion(tenant=who.requester.owner_key, days=form.days, segments=segments)
