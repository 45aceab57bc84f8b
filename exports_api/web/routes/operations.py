"""The page for those who operate the service: what waits, runs and fails, whether all parts answer, and the cost."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from exports_api.deps import ApiParts, Parts
from exports_api.readiness import look_at_parts
from exports_api.web.access import TO_OPERATE
from exports_api.web.page import drawn
from exports_api.web.page_route import PageRoute
from exports_api.web.run_links import run_link
from exports_api.web.visitor import VisitorOf
from exports_pipeline.checkup.finding import Finding, broken, fine
from exports_pipeline.core.requester import Requester
from exports_pipeline.usecases.read_operations import read_operations

_PARTS = {"database": "Database", "object_store": "File store", "dagster": "Dagster"}
_ASKED_ALREADY = "dagster"
router = APIRouter(prefix="/operations", route_class=PageRoute, include_in_schema=False)


@router.get("", dependencies=[TO_OPERATE])
async def get_operations(
    request: Request, who: VisitorOf, parts: Parts, check: Annotated[str, Query(max_length=10)] = ""
) -> Response:
    """The service in one look; with `check`, all its parts are asked before the page is drawn."""
    seen = await run_in_threadpool(read_operations, who.requester, ports=parts.own)
    facts: dict[str, Any] = {
        "seen": seen,
        "now": parts.ports.clock(),
        "prices": parts.ports.prices,
        "links": {each.id: run_link(request, each) for each in (*seen.under_way, *seen.failures)},
        "titles": _titles(who.requester, parts),
        "dagster_url": request.app.state.dagster_url,
        "findings": await _findings(request, parts) if check else None,
    }
    return drawn(request, "operations.html", session=who.session, **facts)


@router.get("/parts", dependencies=[TO_OPERATE])
async def get_parts(request: Request, who: VisitorOf, parts: Parts) -> Response:
    """Whether all parts answer, for the script that asks while the page is looked at already."""
    return drawn(request, "findings.html", session=who.session, findings=await _findings(request, parts))


def _titles(requester: Requester, parts: ApiParts) -> dict[str, str]:
    """What people call the datasets and reports whose files are stored, by their names."""
    datasets, reports = parts.ports.catalog.visible_to(requester), parts.ports.reports.templates()
    return {each.name: each.title for each in reports} | {each.name: each.title or each.name for each in datasets}


async def _findings(request: Request, parts: ApiParts) -> list[Finding]:
    look: Callable[[], list[Finding]] = request.app.state.look_at_machinery
    answers = await look_at_parts(parts.ports)
    found = [
        fine(_PARTS[name], f"Answers, in {each.milliseconds:.0f} milliseconds.")
        if each.ok
        else broken(_PARTS[name], each.sentence, "See its log, and `exports doctor`.")
        for name, each in answers.items()
        if name != _ASKED_ALREADY
    ]
    return found + await run_in_threadpool(look)
