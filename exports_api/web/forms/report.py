"""The form of a report: a control for each parameter of its template, and what was filled in as a request has it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from starlette.datastructures import FormData

from exports_api.web.viewing import Viewing
from exports_pipeline.core.catalog import Catalog, Column, Dataset
from exports_pipeline.core.filters import Filters, select
from exports_pipeline.core.parameters import Holds, Parameter, ParameterKind, TemplateFacts
from exports_pipeline.core.question_check import askable
from exports_pipeline.core.redaction_policy import Sensitivity
from exports_pipeline.core.refusals import UnknownDataset
from exports_pipeline.core.requester import Requester
from exports_pipeline.core.value_types import is_number

_NUMBERS = {Holds.NUMBERS, Holds.TRUTHS}
_MEASURES = ("count", "count_distinct", "sum", "mean", "median", "min", "max")
_HELP = {
    ParameterKind.MEASURE: f"Each is {', '.join(_MEASURES[:-1])} or {_MEASURES[-1]} of a column, or count alone.",
    ParameterKind.CONDITION: "Such as status = done.",
}
_TITLES = {
    "timezone": "Time zone",
    "start_date": "First day",
    "end_date": "Last day",
    "account_ids": "Accounts",
    "tag_ids": "Tags",
    "where": "Only rows where",
    "user_id": "People",
    "error_code": "Errors",
}
"""Of parameters whose names in the API are no words of a form."""
IN_A_FORM: Mapping[str, str] = MappingProxyType(
    {
        "Name or id of the dataset it is about.": "What the report is about.",
        "IANA time zone of days, weeks and months.": "A city as in Europe/Prague, or UTC; days begin and end there.",
        "Last day, inclusive; yesterday if left out.": "It is included. Yesterday if left out.",
        "Only rows that meet all of these conditions.": "Rows that meet all of these conditions.",
    }
)
"""What the API says of a parameter, and what a form says of it instead."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One thing to choose."""

    value: str
    title: str


@dataclass(frozen=True, kw_only=True)
class Control:
    """A parameter as a person fills it."""

    parameter: Parameter
    kind: str
    """`select`, `ticks`, `lines`, `date`, `number` or `text`."""
    title: str
    help: str
    choices: Sequence[Choice] = ()
    values: tuple[str, ...] = ()
    """What it holds now."""
    turns: bool = False
    """Whether the choices of other controls depend on it."""

    @property
    def value(self) -> str:
        """What a control of one value holds."""
        return self.values[0] if self.values else ""


def controls_of(
    template: TemplateFacts, given: Mapping[str, Any], *, catalog: Catalog, requester: Requester, zone: str
) -> list[Control]:
    """The controls of a template, those of columns filled with what the chosen dataset shows this requester."""
    turning = {each.dataset for each in template.parameters if each.kind is ParameterKind.COLUMN}
    chosen = {name: _dataset(given.get(name), catalog, requester) for name in turning}
    controls = []
    for parameter in template.parameters:
        choices = _choices(parameter, chosen.get(parameter.dataset), catalog, requester)
        controls.append(
            Control(
                parameter=parameter,
                kind=_kind(parameter, choices),
                title=_TITLES.get(parameter.name) or parameter.name.replace("_", " ").capitalize(),
                help=_help(parameter),
                choices=choices,
                values=_shown(given.get(parameter.name), parameter, zone),
                turns=parameter.name in turning,
            )
        )
    return controls


def answers_in(controls: Sequence[Control], given: Mapping[str, Any], view: Viewing) -> dict[str, str]:
    """What was filled into some controls, by their titles and in the words of their choices."""
    return {
        control.title: ", ".join(_answer(each, control, view) for each in control.values)
        for control in controls
        if given.get(control.parameter.name) is not None
    }


def _answer(value: str, control: Control, view: Viewing) -> str:
    title = next((each.title for each in control.choices if each.value == value), None)
    if title is None and control.kind == "date":
        return view.day(value)
    return value if title is None else title


def parameters_of(template: TemplateFacts, form: FormData) -> dict[str, Any]:
    """What a form gives to a report, as `POST /api/analytics/reports` takes it; empty fields give nothing."""
    given: dict[str, Any] = {}
    for parameter in template.parameters:
        texts = [str(each).strip() for each in form.getlist(parameter.name)]
        lines = [line.strip() for text in texts for line in text.splitlines() if line.strip()]
        if parameter.is_list and lines:
            given[parameter.name] = lines
        elif lines:
            given[parameter.name] = _number(lines[0]) if parameter.kind is ParameterKind.NUMBER else lines[0]
    return given


def _number(text: str) -> float | int | str:
    """A number as JSON has it; a text that is none is refused by the check of parameters, in its words."""
    try:
        return int(text)
    except ValueError:
        try:
            return float(text)
        except ValueError:
            return text


def _dataset(name: object, catalog: Catalog, requester: Requester) -> Dataset | None:
    try:
        return catalog.find(str(name), requester) if name else None
    except UnknownDataset:
        return None


def _help(parameter: Parameter) -> str:
    said = IN_A_FORM.get(parameter.description, parameter.description)
    return " ".join(filter(None, (said, _HELP.get(parameter.kind))))


def _choices(parameter: Parameter, dataset: Dataset | None, catalog: Catalog, requester: Requester) -> Sequence[Choice]:
    if parameter.kind is ParameterKind.CHOICE:
        return [Choice(value=each, title=each.replace("_", " ")) for each in parameter.choices]
    if parameter.kind is ParameterKind.DATASET:
        return [Choice(value=each.name, title=each.title or each.name) for each in catalog.visible_to(requester)]
    if parameter.kind is ParameterKind.COLUMN and dataset is not None:
        columns = askable(select(dataset, Filters(), requester)).values()
        return [Choice(value=each.name, title=each.title or each.name) for each in columns if _takes(parameter, each)]
    return ()


def _takes(parameter: Parameter, column: Column) -> bool:
    kind = column.shown_type
    if parameter.holds in _NUMBERS:
        return is_number(kind) or (kind == "BOOLEAN" and parameter.holds is Holds.TRUTHS)
    return not (parameter.holds is Holds.KEYS and column.sensitive is Sensitivity.MASK)


def _kind(parameter: Parameter, choices: Sequence[Choice]) -> str:
    if choices or parameter.kind is ParameterKind.COLUMN:
        return "ticks" if parameter.is_list else "select"
    if parameter.is_list:
        return "lines"
    return {ParameterKind.DATE: "date", ParameterKind.NUMBER: "number"}.get(parameter.kind, "text")


def _shown(value: Any, parameter: Parameter, zone: str) -> tuple[str, ...]:
    """The given value as texts; the viewer's zone where none is given, and else the default."""
    if value is None:
        value = zone if parameter.kind is ParameterKind.ZONE else parameter.default
    if value is None:
        return ()
    return tuple(str(each) for each in value) if isinstance(value, list | tuple) else (str(value),)
