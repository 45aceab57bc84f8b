"""What a window of a schedule consists of: one job for each format, and for each set of rights."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Any

from exports_pipeline.core.errors import RequestError
from exports_pipeline.core.export_job import ExportRequest, NewExportJob
from exports_pipeline.core.filters import Filters
from exports_pipeline.core.formats import OPTIONS_OF_FORMAT
from exports_pipeline.core.labels import Labels
from exports_pipeline.core.period import Period, days_of
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.recipient import Recipient, person
from exports_pipeline.core.refusals import InvalidSchedule
from exports_pipeline.core.requester import Permission, Requester
from exports_pipeline.core.schedule import Schedule, ScheduleKind, Window
from exports_pipeline.core.scheduled_window import Condition, ScheduledWindow
from exports_pipeline.usecases.request_export import checked_export, digest
from exports_pipeline.usecases.request_report import checked_report

_ZONE = "timezone"


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The jobs of a window, none of them in the ledger yet, and who is left out of them."""

    jobs: tuple[NewExportJob, ...]
    left_out: tuple[str, ...] = ()
    """In words, recipients who get nothing."""


@dataclass(frozen=True, kw_only=True)
class _Scope:
    """Recipients who get the same rows, and with whose rights these are read."""

    requester: Requester
    recipients: tuple[Recipient, ...]
    mark: str
    """What tells it from others; empty for the owner's own rights."""


def parts_of(schedule: Schedule, window: Window, owner: Requester, *, ports: ExportPorts) -> Parts:
    """The jobs of a window, checked against the catalogue as it is now.

    A recipient whose own rights do not suffice is left out; where nobody is left, that is an error.

    Raises:
        RequestError: what is asked for does not fit any more.
    """
    scopes, left_out = _scopes(schedule, owner, ports)
    jobs: list[NewExportJob] = []
    refusal: RequestError | None = None
    for scope in scopes:
        try:
            of_scope = [
                checked_job(schedule, each, scope.requester, at=window.due_at, ports=ports) for each in schedule.formats
            ]
        except RequestError as error:
            if not scope.mark:
                raise
            refusal = error
            left_out += [f"{each.address}: {error.sentence}" for each in scope.recipients]
            continue
        jobs += [_of_window(schedule, window, job, scope, ports) for job in of_scope]
    if not jobs and refusal is not None:
        raise refusal
    return Parts(jobs=tuple(jobs), left_out=tuple(left_out))


def checked_job(
    schedule: Schedule, file_format: str, requester: Requester, *, at: datetime, ports: ExportPorts
) -> NewExportJob:
    """The job that a schedule makes at an instant in one of its formats with somebody's rights.

    Raises:
        RequestError: it does not fit the catalogue.
    """
    body, reason = schedule.body, unmask_reason(schedule, requester)
    if schedule.kind is ScheduleKind.REPORT:
        params = _params(schedule, ports)
        return checked_report(body["template"], params, file_format, requester, ports=ports, unmask_reason=reason)
    request = _export_request(_with_days(schedule, at), file_format, schedule.formats)
    request = replace(request, unmask_reason=reason)
    is_first_of_several = len(schedule.formats) > 1 and file_format == schedule.formats[0]
    if is_first_of_several:
        request = replace(request, options={"keep_result": True, **request.options})
    if schedule.condition is Condition.CHANGED:  # rows that are not kept cannot be compared, whatever the body says
        request = replace(request, options={**request.options, "keep_result": True})
    return checked_export(request, requester, ports=ports)


def unmask_reason(schedule: Schedule, requester: Requester) -> str | None:
    """Why somebody gets redacted columns as they are: the reason is the owner's, and does for nobody else."""
    given: str | None = schedule.body.get("unmask_reason")
    return given if requester.user_id == schedule.user_id else None


def _params(schedule: Schedule, ports: ExportPorts) -> Mapping[str, Any]:
    """The parameters of a report; its days are those of the schedule's zone, unless it names one itself."""
    params = schedule.body.get("params") or {}
    takes_zone = any(each.name == _ZONE for each in ports.reports.find(schedule.body["template"]).parameters)
    return {_ZONE: schedule.timezone, **params} if takes_zone else params


def _with_days(schedule: Schedule, at: datetime) -> Mapping[str, Any]:
    """The body with the days of its period, as they are in the schedule's zone at an instant."""
    body = schedule.body
    if "period" not in body:
        return body
    first, last = days_of(Period(body["period"]), at.astimezone(schedule.zone).date())
    options = {"timezone": schedule.timezone, **(body.get("options") or {})}
    return {**body, "start_date": first.isoformat(), "end_date": last.isoformat(), "options": options}


def _export_request(body: Mapping[str, Any], file_format: str, formats: tuple[str, ...]) -> ExportRequest:
    """The request of one format; of the options, those that only another of the formats takes are left out."""
    by_format = {str(each): options for each, options in OPTIONS_OF_FORMAT.items()}
    of_all = frozenset[str]().union(*(by_format.get(each, frozenset()) for each in formats))
    of_others = of_all - by_format.get(file_format, frozenset())
    return ExportRequest(
        dataset=body["dataset_id"],
        format=file_format,
        filters=Filters(
            start_date=_date(body.get("start_date")),
            end_date=_date(body.get("end_date")),
            account_ids=tuple(body.get("account_ids") or ()),
            tag_ids=tuple(body.get("tag_ids") or ()),
            columns=tuple(body.get("columns") or ()),
        ),
        options={name: value for name, value in (body.get("options") or {}).items() if name not in of_others},
    )


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _scopes(schedule: Schedule, owner: Requester, ports: ExportPorts) -> tuple[list[_Scope], list[str]]:
    """Who gets the owner's rows, and who their own."""
    if not schedule.per_recipient:
        return [_Scope(requester=owner, recipients=schedule.recipients, mark="")], []
    of_owner: list[Recipient] = []
    people: dict[str, tuple[Requester, list[Recipient]]] = {}
    left_out = []
    for recipient in sorted(schedule.recipients, key=lambda each: (each.address, each.channel)):
        user_id = person(recipient)
        requester = owner if user_id is None or user_id == owner.user_id else ports.users.requester(user_id)
        if requester is None:
            left_out.append(f"{recipient.address}: nobody of that id, or deactivated.")
        elif _rights(requester) == _rights(owner):
            of_owner.append(recipient)
        else:
            people.setdefault(_rights(requester), (requester, []))[1].append(recipient)
    if left_out and not of_owner and not people:
        raise InvalidSchedule("None of the recipients may use the service any more.", field="recipients")
    scopes = [_Scope(requester=owner, recipients=tuple(of_owner), mark="")] if of_owner or not people else []
    for rights, (requester, recipients) in sorted(people.items()):
        mark = hashlib.sha256(f"{requester.user_id} {rights}".encode()).hexdigest()[:12]
        scopes.append(_Scope(requester=requester, recipients=tuple(recipients), mark=mark))
    return scopes, left_out


def _rights(requester: Requester) -> str:
    permissions = sorted(requester.permissions - {Permission.EXPORT})
    return " ".join((requester.owner_key, *permissions, *sorted(requester.roles)))


def _of_window(
    schedule: Schedule, window: Window, job: NewExportJob, scope: _Scope, ports: ExportPorts
) -> NewExportJob:
    of = ScheduledWindow(
        schedule_id=schedule.id,
        name=schedule.name,
        due_at=window.due_at,
        timezone=schedule.timezone,
        condition=schedule.condition,
        key=schedule.key,
        part=":".join(each for each in (job.format, scope.mark) if each),
        is_only_part=len(schedule.formats) == 1 and not schedule.per_recipient,
    )
    return replace(
        job,
        id=of.job_id,
        schedule=of,
        triggered_by="schedule",
        export_type="scheduled",
        recipients=tuple(dict.fromkeys(scope.recipients)),
        labels=Labels(**{name: text for name, text in (schedule.body.get("labels") or {}).items() if text}),
        idempotency_key=of.idempotency_key,
        request_digest=digest(schedule.body, [asdict(each) for each in scope.recipients]),
        traceparent=ports.spans.traceparent(),
    )
