"""The form of a schedule: what its fields say, as the body of a request, and which field an error belongs to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError
from starlette.datastructures import FormData

from exports_api.bodies import BodyRefused
from exports_api.web.forms.cadence import Cadence
from exports_api.web.forms.export import STYLES
from exports_api.web.forms.report import parameters_of
from exports_pipeline.core.errors import ExportError
from exports_pipeline.core.parameters import TemplateFacts
from exports_pipeline.core.refusals import InvalidOption, InvalidSchedule
from exports_pipeline.core.zones import zone_names

FIXED = "fixed"
"""The choice of days that stay the same."""
PARAMETER = "param."
"""What the names of a report's own fields begin with."""
_LISTS = ("account_ids", "tag_ids", "columns")
_OF_STYLE = ("bom", "decimal_comma", "delimiter")
_PLACES = {
    "cron": "when",
    "timezone": "timezone",
    "format": "style",
    "expires_at": "ends",
    "key": "key",
    "per_recipient": "per_recipient",
    "body.period": "days",
    "body.start_date": "days",
    "body.end_date": "days",
    "body.options": "style",
    **{f"body.{name}": name for name in _LISTS},
    "share_with": "share_with",
    "name": "name",
}


@dataclass(frozen=True, kw_only=True)
class Line:
    """A recipient by address, as it was typed."""

    channel: str
    address: str


@dataclass(frozen=True)
class ScheduleForm:
    """The fields as they were filled."""

    fields: FormData

    def one(self, name: str, otherwise: str = "") -> str:
        """What a field holds."""
        return str(self.fields.get(name, otherwise))

    def has(self, name: str, value: str) -> bool:
        """Whether a value is among those of a field."""
        return value in self.fields.getlist(name)

    @property
    def cadence(self) -> Cadence:
        """How often."""
        return Cadence.read(self.fields)

    @property
    def lines(self) -> list[Line]:
        """The recipients by address, the empty lines too."""
        given = zip(self.fields.getlist("channel"), self.fields.getlist("address"), strict=False)
        return [Line(channel=str(channel), address=str(address).strip()) for channel, address in given]

    @property
    def chosen(self) -> dict[str, list[str]]:
        """The accounts, tags and columns that are ticked."""
        return {name: [str(each) for each in self.fields.getlist(name) if each] for name in _LISTS}

    def body(self, kind: str, thing: str, *, template: TemplateFacts | None, kept: Mapping[str, Any]) -> dict[str, Any]:
        """As `POST /api/analytics/schedules` takes it; `kept` is the body it had, with what has no field here.

        Raises:
            InvalidCron, InvalidSchedule, InvalidOption: something is not chosen, or cannot be meant.
        """
        condition = self.one("condition", "always")
        return {
            "name": self.one("name").strip(),
            "kind": kind,
            "body": self._report(thing, template, kept) if template else self._export(thing, kept),
            "format": self._formats(is_report=template is not None),
            "cron": self.cadence.cron,
            "timezone": self.one("timezone").strip(),
            "recipients": self._recipients(),
            "condition": condition,
            "key": [str(each) for each in self.fields.getlist("key")] if condition == "changed" else [],
            "catch_up": self.one("catch_up", "one"),
            "per_recipient": self.has("per_recipient", "true"),
            "expires_at": self._expires_at(),
            "share_with": [str(each) for each in self.fields.getlist("share_with")],
        }

    def parameters(self, template: TemplateFacts) -> dict[str, Any]:
        """What is given to the report."""
        return parameters_of(template, parameter_fields(self.fields))

    def _report(self, name: str, template: TemplateFacts, kept: Mapping[str, Any]) -> dict[str, Any]:
        return {**kept, "template": name, "params": self.parameters(template)}

    def _export(self, dataset: str, kept: Mapping[str, Any]) -> dict[str, Any]:
        ours = ("period", "start_date", "end_date", "options", *_LISTS)
        body: dict[str, Any] = {name: value for name, value in kept.items() if name not in ours}
        body["dataset_id"] = dataset
        days = self.one("days")
        if days == FIXED:
            body |= {name: value for name in ("start_date", "end_date") if (value := self.one(name))}
        elif days:
            body["period"] = days
        body |= {name: values for name, values in self.chosen.items() if values}
        options = {name: value for name, value in kept.get("options", {}).items() if name not in _OF_STYLE}
        for style in STYLES:
            if self.has("style", style.name):
                options |= style.options
        body["options"] = options
        return body

    def _formats(self, *, is_report: bool) -> list[str]:
        chosen = [str(each) for each in self.fields.getlist("style")]
        if not chosen:
            raise InvalidSchedule("Choose at least one kind of file.", field="format")
        if is_report:
            return chosen
        formats = [style.format for style in STYLES if style.name in chosen]
        if len(set(formats)) < len(formats):
            raise InvalidOption("Choose one kind of CSV; a schedule makes each format once.", field="format")
        return formats

    def _recipients(self) -> list[dict[str, str]]:
        found = [{"channel": each.channel, "address": each.address} for each in self.lines if each.address]
        for each in self.fields.getlist("destination"):
            channel, _, destination_id = str(each).partition(":")
            found.append({"channel": channel, "destination_id": destination_id})
        return found

    def _expires_at(self) -> str | None:
        """The midnight after the last day, in the zone of the schedule."""
        last, zone = self.one("ends"), self.one("timezone").strip()
        if not last or zone not in zone_names():
            return None
        try:
            after = date.fromisoformat(last) + timedelta(days=1)
        except (ValueError, OverflowError):
            raise InvalidSchedule("Write the last day as 2026-12-31.", field="expires_at") from None
        return datetime.combine(after, time(), ZoneInfo(zone)).isoformat()

    def faults(self, error: ExportError | BodyRefused | ValidationError) -> dict[str, str]:
        """The sentence that belongs beside each field; what belongs to none stands under the empty name."""
        if isinstance(error, ExportError):
            return {self._place(error.field or ""): error.sentence}
        cause = error.cause if isinstance(error, BodyRefused) else error
        told: dict[str, str] = {}
        for each in cause.errors(include_url=False, include_input=False):
            place = self._place(".".join(str(step) for step in each["loc"]))
            told.setdefault(place, _said(place, each["msg"], each["type"]))
        return told

    def _place(self, field: str) -> str:
        if field.startswith("recipients."):
            filled = [place for place, line in enumerate(self.lines) if line.address]
            place = int(field.split(".")[1]) if field.split(".")[1].isdigit() else 0
            return f"line.{filled[place]}" if place < len(filled) else "destination"
        for start in ("body.params.", "params."):
            if field.startswith(start):
                return PARAMETER + field.removeprefix(start).partition(".")[0]
        return next((place for name, place in _PLACES.items() if field == name or field.startswith(f"{name}.")), "")


def parameter_fields(fields: FormData) -> FormData:
    """The fields of a report alone, under their own names."""
    pairs: Sequence[tuple[str, Any]] = fields.multi_items()
    return FormData([(name.removeprefix(PARAMETER), value) for name, value in pairs if name.startswith(PARAMETER)])


def _said(place: str, sentence: str, kind: str) -> str:
    if place == "name" and kind == "string_too_short":
        return "Give it a name, so that you find it again."
    return sentence.removeprefix("Value error, ")
