"""The form of a schedule while somebody fills it: what it is about, what its buttons do, and what it shows."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from starlette.datastructures import FormData

from exports_api.bodies import BodyRefused
from exports_api.web import words
from exports_api.web.forms.cadence import KINDS, WEEKDAYS, explain
from exports_api.web.forms.export import STYLES
from exports_api.web.forms.place import BY_ADDRESS, channels_of, details_of, draft_of, place_of
from exports_api.web.forms.report import controls_of
from exports_api.web.forms.schedule import FIXED, Line, ScheduleForm
from exports_api.web.own_values import own_values
from exports_api.web.places import destinations_for
from exports_api.web.schedule_facts import CATCH_UPS, CONDITIONS, PERIODS
from exports_api.web.teams import teams_of
from exports_pipeline.core.catalog import Dataset
from exports_pipeline.core.destination import Step
from exports_pipeline.core.errors import ExportError
from exports_pipeline.core.filters import Filters, select
from exports_pipeline.core.formats import REPORT_FORMATS
from exports_pipeline.core.parameters import ParameterKind, TemplateFacts
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.refusals import UnknownTemplate
from exports_pipeline.core.requester import Requester
from exports_pipeline.core.schedule import Schedule, ScheduleKind
from exports_pipeline.usecases.check_recipients import Wish
from exports_pipeline.usecases.save_destination import save_destination
from exports_pipeline.usecases.try_destination import try_destination, try_recipient

_STEPS: Mapping[str, str] = MappingProxyType(
    {
        "prepare": "prepared",
        "resolve": "found the server",
        "connect": "reached the server",
        "authenticate": "signed in",
        "write": "wrote something",
        "delete": "took it back",
    }
)
_REPORT_STYLES = MappingProxyType({"pdf": "PDF", "xlsx": "Excel workbook", "html": "Web page"})


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What recurs: the export of a dataset, or a report."""

    kind: ScheduleKind
    name: str
    title: str
    dataset: Dataset | None = None
    template: TemplateFacts | None = None

    @property
    def needed(self) -> TemplateFacts:
        """The template of a report.

        Raises:
            UnknownTemplate: it is none.
        """
        if self.template is None:
            raise UnknownTemplate
        return self.template


@dataclass(frozen=True, kw_only=True)
class Editor:
    """A form that somebody fills."""

    subject: Subject
    form: ScheduleForm
    action: str
    """Where it is sent."""
    of: Schedule | None = None
    """The schedule that it changes."""
    faults: Mapping[str, str] = field(default_factory=dict)
    """What is wrong, by field."""
    trial: tuple[str, list[Step]] = ("", [])
    """Who was tried to be reached, and how that went."""
    said: str = ""

    @property
    def searches(self) -> bool:
        """Whether accounts or tags were just searched for."""
        return self.form.one("do") == "find"

    def body(self) -> dict[str, Any]:
        """What the fields say, as a request has it.

        Raises:
            RequestError: something is not chosen, or cannot be meant.
        """
        subject, of = self.subject, self.of
        body = self.form.body(subject.kind, subject.name, template=subject.template, kept=of.body if of else {})
        options = body["body"].get("options")
        if options is not None and (of is None or options.get("timezone") == of.timezone):
            options["timezone"] = body["timezone"]  # that of the file follows, unless it was another one
        return body

    def refused(self, error: ExportError | BodyRefused | ValidationError) -> "Editor":
        """The form with what is wrong beside its fields."""
        return replace(self, faults=self.form.faults(error))

    def with_fields(self, *more: tuple[str, str], without: tuple[str, ...] = (), said: str = "") -> "Editor":
        """The form with fields more, or without some."""
        pairs = [pair for pair in self.form.fields.multi_items() if not pair[0].startswith(without or ("\x00",))]
        return replace(self, form=ScheduleForm(FormData([*pairs, *more])), said=said)


def subject_of_kind(kind: ScheduleKind, name: str, requester: Requester, *, ports: ExportPorts) -> Subject:
    """What somebody wants to recur.

    Raises:
        UnknownDataset, UnknownTemplate: there is none that they see.
    """
    if kind is ScheduleKind.REPORT:
        template = ports.reports.find(name)
        return Subject(kind=kind, name=template.name, title=template.title, template=template)
    dataset = ports.catalog.find(name, requester)
    return Subject(kind=kind, name=dataset.name, title=dataset.title or dataset.name, dataset=dataset)


def subject_of(schedule: Schedule, requester: Requester, *, ports: ExportPorts) -> Subject:
    """What a schedule makes.

    Raises:
        UnknownDataset, UnknownTemplate: it is not there any more, or not for this viewer.
    """
    name = schedule.body["template" if schedule.kind is ScheduleKind.REPORT else "dataset_id"]
    return subject_of_kind(schedule.kind, str(name), requester, ports=ports)


def pressed(editor: Editor, requester: Requester, *, ports: ExportPorts) -> Editor:
    """The form after one of the buttons that do not save it: another line, another place, a trial."""
    act, _, which = editor.form.one("do").partition(":")
    if act == "more":
        return editor.with_fields(("channel", "email"), ("address", ""))
    if act == "save_place":
        return _with_place(editor, requester, ports)
    if act == "try":
        return _tried(editor, which, requester, ports)
    return editor


def explained(form: ScheduleForm, ports: ExportPorts) -> dict[str, Any]:
    """What the chosen times mean, or why they mean nothing."""
    try:
        return {"explained": explain(form.cadence, form.one("timezone").strip(), ports=ports), "why_none": ""}
    except ExportError as error:
        return {"explained": None, "why_none": error.sentence}


def editor_facts(editor: Editor, requester: Requester, zone: str, *, ports: ExportPorts) -> dict[str, Any]:
    """What the page of the form speaks of."""
    form, dataset, template = editor.form, editor.subject.dataset, editor.subject.template
    places = {f"{each.channel}:{each.id}": each.name for each in destinations_for(requester, ports)}
    unknown = [each for each in form.fields.getlist("destination") if each not in places]
    places |= {str(each): "a saved place of its owner" for each in unknown}
    is_own = editor.of is None or editor.of.user_id == requester.user_id
    return {
        "editor": editor,
        "subject": editor.subject,
        "form": form,
        "faults": editor.faults,
        "offered": own_values(dataset, form.fields, form.chosen, requester, ports=ports) if dataset else {},
        "opens_rows": any(form.chosen.values()) or editor.searches or not form.chosen.keys().isdisjoint(editor.faults),
        "columns": select(dataset, Filters(), requester).columns if dataset else (),
        "controls": _controls(template, form, requester, zone, ports) if template else (),
        "styles": [(each.name, each.title, each.said) for each in STYLES]
        if dataset
        else [(each.value, _REPORT_STYLES[each], "") for each in REPORT_FORMATS],
        "periods": {str(each): words for each, words in PERIODS.items()},
        "fixed": FIXED,
        "kinds": KINDS,
        "weekdays": WEEKDAYS,
        "lines": form.lines or [Line(channel="email", address="")],
        "channels": channels_of(ports, BY_ADDRESS),
        "places": [(value, name, words.channel(value.partition(":")[0])) for value, name in places.items()],
        "place_channels": channels_of(ports),
        "details": details_of(form.fields, ports),
        "conditions": CONDITIONS,
        "catch_ups": CATCH_UPS,
        "steps": _STEPS,
        "trial": editor.trial,
        "is_own": is_own,
        "teams": teams_of(requester, ports) if is_own else (),
        **explained(form, ports),
    }


def _controls(
    template: TemplateFacts, form: ScheduleForm, requester: Requester, zone: str, ports: ExportPorts
) -> list[Any]:
    controls = controls_of(template, form.parameters(template), catalog=ports.catalog, requester=requester, zone=zone)
    return [each for each in controls if each.parameter.kind is not ParameterKind.ZONE]


def _with_place(editor: Editor, requester: Requester, ports: ExportPorts) -> Editor:
    try:
        saved = save_destination(draft_of(editor.form.fields), requester, ports=ports)
    except ExportError as error:
        return replace(editor, faults={place_of(error.field): error.sentence})
    chosen = ("destination", f"{saved.channel}:{saved.id}")
    return editor.with_fields(chosen, without=("place.",), said=f"“{saved.name}” is saved and chosen below.")


def _tried(editor: Editor, which: str, requester: Requester, ports: ExportPorts) -> Editor:
    _, _, destination_id = which.partition(":")
    try:
        if destination_id:
            steps = try_destination(UUID(destination_id), requester, ports=ports)
        else:
            line = editor.form.lines[int(which)]
            steps = try_recipient(Wish(channel=line.channel, address=line.address), requester, ports=ports)
    except (ValueError, IndexError):
        return editor
    except ExportError as error:
        return replace(editor, faults={"destination" if destination_id else f"line.{which}": error.sentence})
    return replace(editor, trial=(which, steps))
