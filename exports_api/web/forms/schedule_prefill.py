"""The fields of the form of a schedule, filled with what a job, a report's form or the schedule itself says."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from starlette.datastructures import FormData, UploadFile

from exports_api.web.forms.cadence import Cadence
from exports_api.web.forms.export import STYLES
from exports_api.web.forms.schedule import FIXED, PARAMETER
from exports_pipeline.core.export_job import ExportJob
from exports_pipeline.core.parameters import ParameterKind, TemplateFacts
from exports_pipeline.core.period import Period, days_of
from exports_pipeline.core.schedule import Schedule, ScheduleKind

_Pairs = list[tuple[str, str | UploadFile]]
_INSTANT = timedelta(microseconds=1)
_CALENDAR = frozenset(Period) - {Period.TODAY, Period.YESTERDAY}


def fields_of_new(name: str, zone: str, *, style: str, me: str | None) -> FormData:
    """A form that nobody has filled yet: every day at eight, to the visitor themselves where they have an address."""
    first: _Pairs = [("channel", "email"), ("address", "me")] if me else []
    return FormData([("name", name), ("timezone", zone), ("style", style), *first])


def fields_of_export(job: ExportJob, zone: str, *, me: str | None) -> FormData:
    """The form that repeats an export; days that were a whole month or week become the month or week before."""
    options = {"bom": job.options.bom, "decimal_comma": job.options.decimal_comma}
    pairs: _Pairs = [("style", style) for style in _styles((job.format,), options)]
    filters = job.filters
    on = job.created_at.astimezone(ZoneInfo(zone)).date()
    period = _period(filters.start_date, filters.end_date, on)
    pairs += _days(period, filters.start_date, filters.end_date)
    pairs += _lists({name: getattr(filters, name) for name in ("account_ids", "tag_ids", "columns")})
    return FormData([*_about(job.dataset_title or job.dataset, zone, me), *pairs])


def fields_of_report(
    template: TemplateFacts, parameters: Mapping[str, Any], zone: str, *, style: str, me: str | None
) -> FormData:
    """The form that repeats a report; its zone is left to the schedule."""
    zones = {each.name for each in template.parameters if each.kind is ParameterKind.ZONE}
    given = {name: value for name, value in parameters.items() if name not in zones}
    return FormData([*_about(template.title, zone, me), ("style", style), *_parameters(given)])


def fields_of_schedule(schedule: Schedule) -> FormData:
    """The form as a schedule is; its owner stands there as `me`."""
    cadence = Cadence.of(schedule.cron)
    pairs: _Pairs = [("name", schedule.name), ("timezone", schedule.timezone), ("cadence", cadence.kind)]
    pairs += [("at", cadence.at), ("day", cadence.day), ("cron", cadence.text)]
    pairs += [("weekday", each) for each in cadence.weekdays]
    body = schedule.body
    if schedule.kind is ScheduleKind.REPORT:
        pairs += [("style", each) for each in schedule.formats] + _parameters(body.get("params") or {})
    else:
        pairs += [("style", each) for each in _styles(schedule.formats, body.get("options") or {})]
        pairs += _days(body.get("period"), body.get("start_date"), body.get("end_date"))
        pairs += _lists({name: body.get(name) or () for name in ("account_ids", "tag_ids", "columns")})
    for each in schedule.recipients:
        if each.destination_id is not None:
            pairs.append(("destination", f"{each.channel}:{each.destination_id}"))
        else:
            address = "me" if each.address == str(schedule.user_id) else each.address
            pairs += [("channel", each.channel), ("address", address)]
    pairs += [("condition", schedule.condition), ("catch_up", schedule.catch_up)]
    pairs += [("key", each) for each in schedule.key]
    pairs += [("share_with", str(each)) for each in schedule.shared_with]
    if schedule.per_recipient:
        pairs.append(("per_recipient", "true"))
    if schedule.expires_at is not None:
        pairs.append(("ends", str((schedule.expires_at - _INSTANT).astimezone(schedule.zone).date())))
    return FormData(pairs)


def _about(name: str, zone: str, me: str | None) -> _Pairs:
    return [(field, str(value)) for field, value in fields_of_new(name, zone, style="", me=me).multi_items() if value]


def _styles(formats: tuple[str, ...], options: Mapping[str, Any]) -> list[str]:
    """The styles that write these formats with these options, as well as they can be told."""
    found = []
    for each in formats:
        fitting = [style for style in STYLES if style.format == each]
        exact = (
            style
            for style in fitting
            if all(bool(options.get(name)) == style.options.get(name, False) for name in ("bom", "decimal_comma"))
        )
        found += [style.name for style in (next(exact, None), *fitting) if style][:1]
    return found


def _period(first: date | None, last: date | None, on: date) -> Period | None:
    """The period that a person meant who chose these days on a day, if it was one of the calendar."""
    return next((each for each in Period if each in _CALENDAR and (first, last) == days_of(each, on)), None)


def _days(period: str | None, first: date | str | None, last: date | str | None) -> _Pairs:
    if period:
        return [("days", period)]
    if first is None and last is None:
        return []
    return [("days", FIXED), ("start_date", str(first or "")), ("end_date", str(last or ""))]


def _lists(values: Mapping[str, Any]) -> _Pairs:
    return [(name, str(each)) for name, chosen in values.items() for each in chosen]


def _parameters(given: Mapping[str, Any]) -> _Pairs:
    pairs: _Pairs = []
    for name, value in given.items():
        pairs += [(PARAMETER + name, str(each)) for each in (value if isinstance(value, list | tuple) else [value])]
    return pairs
