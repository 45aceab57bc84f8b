"""Reads the bodies of requests about schedules, and within them the body of the request that recurs."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import Depends
from pydantic import BaseModel, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError
from starlette.requests import Request

from exports_api.bodies import BodyRefused, read_json
from exports_api.schemas.export_request import ExportBody
from exports_api.schemas.reports import ReportBody
from exports_api.schemas.schedules import CronBody, ScheduleBody, SchedulePatch
from exports_pipeline.core.period import Period
from exports_pipeline.core.refusals import InvalidSchedule
from exports_pipeline.core.schedule import ScheduleKind

_MODELS: Mapping[ScheduleKind, type[BaseModel]] = {ScheduleKind.EXPORT: ExportBody, ScheduleKind.REPORT: ReportBody}
_BESIDE = ("recipients", "share", "share_with")
"""What stands beside the body, or makes no sense in it."""
_PERIOD = "period"


async def schedule_body(request: Request) -> ScheduleBody:
    """The body that creates a schedule."""
    return await read_json(request, ScheduleBody)


async def schedule_patch(request: Request) -> SchedulePatch:
    """The body that changes a schedule."""
    return await read_json(request, SchedulePatch)


async def cron_body(request: Request) -> CronBody:
    """The body that asks what an expression means."""
    return await read_json(request, CronBody)


ScheduleBodyOf = Annotated[ScheduleBody, Depends(schedule_body)]
SchedulePatchOf = Annotated[SchedulePatch, Depends(schedule_patch)]
CronBodyOf = Annotated[CronBody, Depends(cron_body)]


def formats_of(given: str | Sequence[str] | None, body: Mapping[str, Any]) -> tuple[str, ...]:
    """The formats that a request names, beside its body or in it.

    Raises:
        InvalidSchedule: none is named, or both places name different ones.
    """
    inside = body.get("format")
    if given is None:
        if not isinstance(inside, str):
            raise InvalidSchedule("Name a format here or in the body.", field="format")
        return (inside.lower(),)
    formats = tuple(dict.fromkeys(each.lower() for each in ([given] if isinstance(given, str) else given)))
    if inside is not None and (not isinstance(inside, str) or inside.lower() not in formats):
        raise InvalidSchedule("The schedule names another format; leave this one out.", field="body.format")
    return formats


def checked_body(kind: ScheduleKind, body: Mapping[str, Any], formats: Sequence[str]) -> dict[str, Any]:
    """The body as it is kept: of the shape that a request has, without what stands beside it.

    Raises:
        BodyRefused: it is not of that shape; the fields at fault begin with `body`.
    """
    model = _MODELS[kind]
    period = _period_of(kind, body)
    body = {name: value for name, value in body.items() if name != _PERIOD or period is None}
    foreign = [_fault("extra_forbidden", "", (name,)) for name in _BESIDE if name in body]
    if foreign:
        raise BodyRefused(ValidationError.from_exception_data(model.__name__, foreign))
    try:
        checked = model.model_validate({**body, "format": formats[0]})
    except ValidationError as error:
        faults = [_fault(each["type"], each["msg"], each["loc"]) for each in error.errors(include_url=False)]
        raise BodyRefused(ValidationError.from_exception_data(model.__name__, faults)) from error
    kept = checked.model_dump(mode="json", exclude={"format", *_BESIDE}, exclude_none=True)
    return kept | ({_PERIOD: period} if period else {})


def _period_of(kind: ScheduleKind, body: Mapping[str, Any]) -> Period | None:
    """The period of an export that recurs; None where it has none."""
    if kind is not ScheduleKind.EXPORT or _PERIOD not in body:
        return None
    field = f"body.{_PERIOD}"
    if body[_PERIOD] not in tuple(Period):
        raise InvalidSchedule(f"The period is one of {', '.join(Period)}.", field=field)
    if body.get("start_date") or body.get("end_date"):
        raise InvalidSchedule("Give a period, or a first and last day, not both.", field=field)
    return Period(body[_PERIOD])


def _fault(kind: str, sentence: str, steps: tuple[int | str, ...]) -> InitErrorDetails:
    return InitErrorDetails(type=PydanticCustomError(kind, sentence), loc=("body", *steps), input=None)
