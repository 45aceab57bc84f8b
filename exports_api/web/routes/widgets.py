"""The widget of the insights: an address is made of a page's filters, and shows the figures within another site."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, cast
from urllib.parse import urlsplit

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from exports_api.access import PUBLIC
from exports_api.auth import requester_of
from exports_api.deps import Parts, note_caller
from exports_api.web.access import VISITOR
from exports_api.web.dashboard import glance
from exports_api.web.figures.insights import InsightFigures
from exports_api.web.forms.insights import read_query
from exports_api.web.page import drawn
from exports_api.web.page_route import PageRoute
from exports_api.web.routes.insights import WIDGET_DAYS, figures_of
from exports_api.web.security import let_embed
from exports_api.web.viewing import viewing_of
from exports_api.web.visitor import FormOf, VisitorOf
from exports_api.web.widget_seal import WIDGET, WidgetSeals
from exports_pipeline.core.errors import ExportError
from exports_pipeline.core.refusals import NotAllowed
from exports_pipeline.usecases.note_looks import note_widget
from exports_pipeline.usecases.read_insights import jobs_for

_LONGEST = 8_000
router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.post(WIDGET, dependencies=[VISITOR])
async def post_widget(request: Request, who: VisitorOf, parts: Parts, form: FormOf) -> Response:
    """The address of a widget that shows what the visitor has before them, in their name.

    Raises:
        NotAllowed: no other site may show one, or the exports are somebody else's.
    """
    seals, view = _seals(request), viewing_of(request)
    if not seals.origins:
        raise NotAllowed("No site may show this widget; ask your administrator to name yours.")
    query = read_query(form, now=parts.ports.clock(), zone=view.zone)
    jobs_for(who.requester, query.jobs)
    days = next((each for each in WIDGET_DAYS if str(each) == form.get("days")), WIDGET_DAYS[1])
    expires_at = (datetime.now(UTC) + timedelta(days=days)).replace(microsecond=0)
    path = seals.seal(who.session.claims, query.fields, zone=view.zone, expires_at=int(expires_at.timestamp()))
    await run_in_threadpool(note_widget, query.chosen, expires_at, who.requester, ports=parts.ports)
    base = urlsplit(str(request.base_url))
    facts: dict[str, Any] = {
        "query": query,
        "address": f"{base.scheme}://{base.netloc}{path}",
        "expires_at": expires_at,
        "origins": seals.origins,
    }
    return drawn(request, "widget_made.html", session=who.session, **facts)


@router.get(WIDGET, dependencies=[PUBLIC])
async def get_widget(request: Request, parts: Parts, seal: Annotated[str, Query(max_length=_LONGEST)] = "") -> Response:
    """The widget; whose address it is need not be signed in, and what they may not see any more is gone from it."""
    seals = _seals(request)
    try:
        sealed = seals.open(seal)
        requester = await parts.standings.complete(requester_of(dict(sealed.claims)))
        note_caller(request, requester)
        query = read_query(sealed.fields, now=parts.ports.clock(), zone=sealed.zone)
        found = await glance(query, requester, ports=parts.ports)
    except ExportError as error:
        answer = drawn(request, "widget.html", session=None, status=403, refusal=error.sentence)
    else:
        view = replace(viewing_of(request), zone=sealed.zone)
        draws = InsightFigures(query, view, leads=False)
        charts = [draws.destinations(found.bars), draws.volume(found.points)]
        facts: dict[str, Any] = {"query": query, "figures": figures_of(found.overview), "charts": charts, "refusal": ""}
        answer = drawn(request, "widget.html", session=None, view=view, **facts)
    let_embed(answer, seals.origins)
    return answer


def _seals(request: Request) -> WidgetSeals:
    return cast("WidgetSeals", request.app.state.seals)
