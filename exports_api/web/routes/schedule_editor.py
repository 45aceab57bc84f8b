"""The form that makes a schedule and changes one: filled from a job, from a report's form, or from the schedule."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import ValidationError
from starlette.datastructures import FormData

from exports_api.bodies import BodyRefused
from exports_api.deps import Parts
from exports_api.schedule_drafts import change_as_described, create_as_described
from exports_api.schemas.schedules import ScheduleBody, SchedulePatch
from exports_api.schemas.sharing import SharingBody
from exports_api.web.access import TO_EXPORT
from exports_api.web.forms.export import STYLES
from exports_api.web.forms.report import parameters_of
from exports_api.web.forms.schedule import ScheduleForm
from exports_api.web.forms.schedule_prefill import fields_of_export, fields_of_new, fields_of_report, fields_of_schedule
from exports_api.web.page import drawn
from exports_api.web.page_route import PageRoute
from exports_api.web.routes.schedules import HOME, seen_at
from exports_api.web.schedule_editor import Editor, editor_facts, explained, pressed, subject_of, subject_of_kind
from exports_api.web.viewing import viewing_of
from exports_api.web.visitor import FormOf, Visitor, VisitorOf
from exports_pipeline.core.errors import ExportError
from exports_pipeline.core.formats import Format
from exports_pipeline.core.recipient import Channel
from exports_pipeline.core.schedule import ScheduleKind
from exports_pipeline.usecases.read_datasets import list_datasets
from exports_pipeline.usecases.read_exports import read_export
from exports_pipeline.usecases.read_schedules import schedule_to_change
from exports_pipeline.usecases.share import share_schedule

_REFUSALS = (ExportError, BodyRefused, ValidationError)
router = APIRouter(prefix=HOME, route_class=PageRoute, include_in_schema=False)
Named = Annotated[str, Query(max_length=200)]


@router.get("/new", dependencies=[TO_EXPORT])
async def get_new(
    request: Request,
    who: VisitorOf,
    parts: Parts,
    dataset: Named = "",
    from_report: Named = "",
    from_job: UUID | None = None,
) -> Response:
    """The form of a new schedule; before it is known what is to recur, the choice of that."""
    zone, ports = viewing_of(request).zone, parts.ports
    me = who.requester.email if Channel.EMAIL in ports.senders else None
    if from_job is not None:
        job = await run_in_threadpool(read_export, from_job, who.requester, ports=ports)
        if job.type == "report":
            subject = subject_of_kind(ScheduleKind.REPORT, job.dataset, who.requester, ports=ports)
            fields = fields_of_report(subject.needed, job.parameters, zone, style=job.format, me=me)
        else:
            subject = subject_of_kind(ScheduleKind.EXPORT, job.dataset, who.requester, ports=ports)
            fields = fields_of_export(job, zone, me=me)
    elif from_report:
        subject = subject_of_kind(ScheduleKind.REPORT, from_report, who.requester, ports=ports)
        given = FormData([*request.query_params.multi_items()])
        style = str(given.get("format") or Format.PDF)
        fields = fields_of_report(subject.needed, parameters_of(subject.needed, given), zone, style=style, me=me)
    elif dataset:
        subject = subject_of_kind(ScheduleKind.EXPORT, dataset, who.requester, ports=ports)
        fields = fields_of_new(subject.title, zone, style=STYLES[0].name, me=me)
    else:
        datasets, reports = list_datasets(who.requester, ports=ports), ports.reports.templates()
        return drawn(request, "schedule_subject.html", session=who.session, datasets=datasets, reports=reports)
    return await _form(request, who, parts, Editor(subject=subject, form=ScheduleForm(fields), action=f"{HOME}/new"))


@router.post("/new", dependencies=[TO_EXPORT])
async def post_new(request: Request, who: VisitorOf, parts: Parts, form: FormOf) -> Response:
    """Save the schedule, or show the form again with what its other buttons do."""
    kind = ScheduleKind.REPORT if form.get("kind") == ScheduleKind.REPORT else ScheduleKind.EXPORT
    subject = subject_of_kind(kind, str(form.get("thing", "")), who.requester, ports=parts.ports)
    editor = Editor(subject=subject, form=ScheduleForm(form), action=f"{HOME}/new")
    if form.get("do") != "save":
        return await _pressed(request, who, parts, editor)
    try:
        made = await create_as_described(ScheduleBody.model_validate(editor.body()), who.requester, parts.ports)
    except _REFUSALS as error:
        return await _form(request, who, parts, editor.refused(error))
    return seen_at(request, f"{HOME}/{made.id}?did=created")


@router.get("/{schedule_id}/edit", dependencies=[TO_EXPORT])
async def get_edit(request: Request, who: VisitorOf, parts: Parts, schedule_id: UUID) -> Response:
    """The form as the schedule is."""
    found = await run_in_threadpool(schedule_to_change, schedule_id, who.requester, ports=parts.ports)
    form = ScheduleForm(fields_of_schedule(found))
    subject = subject_of(found, who.requester, ports=parts.ports)
    return await _form(
        request, who, parts, Editor(subject=subject, form=form, action=f"{HOME}/{found.id}/edit", of=found)
    )


@router.post("/{schedule_id}/edit", dependencies=[TO_EXPORT])
async def post_edit(request: Request, who: VisitorOf, parts: Parts, schedule_id: UUID, form: FormOf) -> Response:
    """Save the changes, or show the form again with what its other buttons do."""
    found = await run_in_threadpool(schedule_to_change, schedule_id, who.requester, ports=parts.ports)
    subject = subject_of(found, who.requester, ports=parts.ports)
    editor = Editor(subject=subject, form=ScheduleForm(form), action=f"{HOME}/{found.id}/edit", of=found)
    if form.get("do") != "save":
        return await _pressed(request, who, parts, editor)
    try:
        body = editor.body()
        teams = SharingBody(share_with=body.pop("share_with")).share_with
        del body["kind"]
        await change_as_described(found.id, SchedulePatch.model_validate(body), who.requester, parts.ports)
        if found.user_id == who.requester.user_id and set(teams) != set(found.shared_with):
            await run_in_threadpool(share_schedule, found.id, teams, who.requester, ports=parts.ports)
    except _REFUSALS as error:
        return await _form(request, who, parts, editor.refused(error))
    return seen_at(request, f"{HOME}/{found.id}?did=changed")


@router.post("/explain", dependencies=[TO_EXPORT])
async def post_explain(request: Request, who: VisitorOf, parts: Parts, form: FormOf) -> Response:
    """What the chosen times mean, for the script that asks while they are chosen."""
    return drawn(request, "when.html", session=who.session, **explained(ScheduleForm(form), parts.ports))


async def _pressed(request: Request, who: Visitor, parts: Parts, editor: Editor) -> Response:
    changed = await run_in_threadpool(pressed, editor, who.requester, ports=parts.ports)
    return await _form(request, who, parts, changed)


async def _form(request: Request, who: Visitor, parts: Parts, editor: Editor) -> Response:
    facts = await run_in_threadpool(editor_facts, editor, who.requester, viewing_of(request).zone, ports=parts.ports)
    return drawn(request, "schedule_form.html", session=who.session, status=422 if editor.faults else 200, **facts)
