"""The pages of schedules: all of the visitor's, and one with what became of its windows."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse

from exports_api.deps import Parts
from exports_api.paging import decode_cursor, encode_cursor
from exports_api.web.access import TO_EXPORT, VISITOR
from exports_api.web.forms.report import answers_in, controls_of
from exports_api.web.page import drawn
from exports_api.web.page_route import PageRoute
from exports_api.web.places import destinations_for, places_of
from exports_api.web.schedule_facts import CATCH_UPS, CONDITIONS, MARKS, PERIODS, facts_of
from exports_api.web.security import headers_for
from exports_api.web.teams import names_of
from exports_api.web.viewing import Viewing, viewing_of
from exports_api.web.visitor import FormOf, Visitor, VisitorOf
from exports_pipeline.core.recurrence import preview
from exports_pipeline.core.refusals import UnknownTemplate
from exports_pipeline.core.schedule import Schedule
from exports_pipeline.usecases.keep_schedules import change_schedule, delete_schedule, run_now
from exports_pipeline.usecases.read_schedules import latest_windows, list_schedules, list_windows

HOME = "/schedules"
_ON_A_PAGE, _ON_A_CARD, _ON_A_STRIP, _NEXT = 12, 10, 60, 5
_DONE = {
    "created": "The schedule is saved. It runs for the first time at its next time.",
    "changed": "Your changes are saved. They count from the next run on.",
    "paused": "It is paused. What comes due until you resume it is left out.",
    "resumed": "It runs again, from its next time on.",
    "run": "It runs now, once, beside its times.",
    "deleted": "The schedule is deleted. The exports that it made are still there.",
}
"""What a page says after the visitor did something."""
router = APIRouter(prefix=HOME, route_class=PageRoute, include_in_schema=False)
Did = Annotated[str, Query(max_length=20)]
Cursor = Annotated[str, Query(max_length=200)]


@router.get("", dependencies=[VISITOR])
async def get_schedules(
    request: Request,
    who: VisitorOf,
    parts: Parts,
    of: Annotated[str, Query(max_length=20)] = "",
    cursor: Cursor = "",
    did: Did = "",
) -> Response:
    """The visitor's schedules, newest first; those that others share with them, or everybody's."""
    choices = {"": "Yours", "shared": "Shared with you"}
    if who.requester.manages_schedules:
        choices["all"] = "Everybody's"
    chosen = of if of in choices else ""
    found = await run_in_threadpool(
        list_schedules,
        who.requester,
        limit=_ON_A_PAGE + 1,
        before=decode_cursor(cursor) if cursor else None,
        is_shared=chosen == "shared",
        is_own=chosen == "",
        ports=parts.ports,
    )
    shown, rest = found[:_ON_A_PAGE], found[_ON_A_PAGE:]
    newest = await run_in_threadpool(latest_windows, shown, limit=_ON_A_CARD, ports=parts.ports)
    facts: dict[str, Any] = {
        "schedules": [facts_of(each, newest.get(each.id, ()), who.requester, ports=parts.ports) for each in shown],
        "choices": choices,
        "chosen": chosen,
        "older": encode_cursor(shown[-1].created_at, shown[-1].id) if rest else "",
        "may_export": who.requester.may_export,
        "marks": MARKS,
        "done": _DONE.get(did, ""),
    }
    return drawn(request, "schedules.html", session=who.session, **facts)


@router.get("/{schedule_id}", dependencies=[VISITOR])
async def get_schedule(
    request: Request, who: VisitorOf, parts: Parts, schedule_id: UUID, cursor: Cursor = "", did: Did = ""
) -> Response:
    """One schedule, with what became of its windows."""
    before = decode_cursor(cursor)[0] if cursor else None
    schedule, windows = await run_in_threadpool(
        list_windows, schedule_id, who.requester, limit=_ON_A_STRIP + 1, before=before, ports=parts.ports
    )
    shown, rest = windows[:_ON_A_STRIP], windows[_ON_A_STRIP:]
    told = facts_of(schedule, shown, who.requester, ports=parts.ports)
    facts: dict[str, Any] = {
        "told": told,
        "answers": _answers(schedule, who, parts, viewing_of(request)),
        "next": _next(schedule),
        "places": places_of(told.view.recipients, await _names(who, parts), who.requester.user_id),
        "shared_with": await run_in_threadpool(names_of, schedule.shared_with, who.requester, parts.ports),
        "older": encode_cursor(shown[-1].due_at, schedule.id) if rest else "",
        "is_first": not cursor,
        "may_export": who.requester.may_export,
        "marks": MARKS,
        "periods": PERIODS,
        "conditions": CONDITIONS,
        "catch_ups": CATCH_UPS,
        "done": _DONE.get(did, ""),
    }
    return drawn(request, "schedule.html", session=who.session, **facts)


@router.post("/{schedule_id}/pause", dependencies=[VISITOR])
async def post_pause(request: Request, who: VisitorOf, parts: Parts, schedule_id: UUID, form: FormOf) -> Response:
    """Let it rest."""
    await run_in_threadpool(change_schedule, schedule_id, {"is_active": False}, who.requester, ports=parts.own)
    return _back(request, form, schedule_id, "paused")


@router.post("/{schedule_id}/resume", dependencies=[TO_EXPORT])
async def post_resume(request: Request, who: VisitorOf, parts: Parts, schedule_id: UUID, form: FormOf) -> Response:
    """Let it run again."""
    await run_in_threadpool(change_schedule, schedule_id, {"is_active": True}, who.requester, ports=parts.ports)
    return _back(request, form, schedule_id, "resumed")


@router.post("/{schedule_id}/run", dependencies=[TO_EXPORT])
async def post_run(request: Request, who: VisitorOf, parts: Parts, schedule_id: UUID, form: FormOf) -> Response:
    """Run it once."""
    await run_in_threadpool(run_now, schedule_id, who.requester, ports=parts.own)
    parts.dispatch_soon()
    return _back(request, form, schedule_id, "run")


@router.post("/{schedule_id}/delete", dependencies=[VISITOR])
async def post_delete(request: Request, who: VisitorOf, parts: Parts, schedule_id: UUID, _form: FormOf) -> Response:
    """Delete it; the exports that it made stay."""
    await run_in_threadpool(delete_schedule, schedule_id, who.requester, ports=parts.ports)
    return seen_at(request, f"{HOME}?did=deleted")


def seen_at(request: Request, to: str) -> Response:
    """On to the page that shows what was done."""
    return RedirectResponse(to, status_code=HTTPStatus.SEE_OTHER, headers=headers_for(request))


def _back(request: Request, form: FormData, schedule_id: UUID, did: str) -> Response:
    of = str(form.get("of", ""))
    is_from_list = form.get("from") == "list"
    kept = f"&of={of}" if of in {"shared", "all"} else ""
    return seen_at(request, f"{HOME}?did={did}{kept}" if is_from_list else f"{HOME}/{schedule_id}?did={did}")


def _next(schedule: Schedule) -> list[datetime]:
    """The next times of a schedule, until it ends; none while it rests."""
    if schedule.next_due_at is None:
        return []
    found = preview(schedule.parsed_cron, schedule.zone, after=schedule.planned_until, count=_NEXT)
    return [each for each in found if schedule.expires_at is None or each < schedule.expires_at]


def _answers(schedule: Schedule, who: Visitor, parts: Parts, view: Viewing) -> dict[str, str]:
    """What a report is asked for, in the words of its form; nothing of a report that is not there any more."""
    given = schedule.body.get("params") or {}
    try:
        template = parts.ports.reports.find(str(schedule.body.get("template")))
    except UnknownTemplate:
        return {}
    found = controls_of(template, given, catalog=parts.ports.catalog, requester=who.requester, zone=schedule.timezone)
    return answers_in(found, given, view)


async def _names(who: Visitor, parts: Parts) -> dict[UUID, str]:
    """The names of the saved destinations that the visitor may send to."""
    found = await run_in_threadpool(destinations_for, who.requester, parts.ports)
    return {each.id: each.name for each in found}
