"""Report templates written in YAML: a title, parameters, and sections that each show the answer to a question."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from string import Template as Placeholders
from typing import Any

import yaml

from exports_pipeline.core.parameters import Parameter, ParameterKind
from exports_pipeline.core.question import Condition, Dimension, Measure
from exports_pipeline.core.question_text import parse_condition, parse_dimension, parse_measure
from exports_pipeline.core.report import Chart, KeyFigures, Mark, Report, Section, Series, Table, TableColumn, Text
from exports_pipeline.reports.inquiry import Ask
from exports_pipeline.reports.scope import DATASET, SCOPE, Scope, check_scope, compared, scope_of
from exports_pipeline.reports.sections import empty_report, key_figures
from exports_pipeline.reports.template import Template
from exports_pipeline.reports.wording import (
    dimension_title,
    label,
    measure_title,
    number,
    shape_of,
    table_column,
)

_TOP = {"title", "description", "dataset", "parameters", "sections"}
_PARAMETER = {"name", "kind", "description", "required", "default", "choices"}
_SECTION = {"heading", "show", "text", "measures", "by", "where", "order", "limit", "unit"}
# Intervals need ends that no measure has; a pie shows one series, and a template may have any number of categories.
_SHOWS = ("text", "figures", "table", *(str(mark) for mark in Mark if mark not in {Mark.INTERVAL, Mark.PIE}))
_MOST_ROWS = 200


class InvalidTemplate(ValueError):
    """A file does not describe a template."""


@dataclass(frozen=True, kw_only=True)
class _Part:
    """One section, read."""

    show: str
    heading: str = ""
    text: str = ""
    measures: tuple[Measure, ...] = ()
    by: tuple[Dimension, ...] = ()
    where: tuple[str, ...] = ()
    """Conditions in which `$name` stands for the parameter of that name."""
    order: tuple[str, ...] = ()
    limit: int = 50
    unit: str = ""


def read_yaml_template(file: Path) -> Template:
    """The template of a YAML file, named after the file.

    Raises:
        InvalidTemplate, InvalidQuestion: with what is wrong.
    """
    try:
        document = yaml.safe_load(file.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        raise InvalidTemplate(f"is no readable YAML: {' '.join(str(error).split())}") from error
    top = _mapping(document, _TOP, "the file")
    own = [_parameter(each) for each in _listed(top, "parameters")]
    taken = {parameter.name for parameter in SCOPE}
    for parameter in own:
        if parameter.name in taken:
            raise InvalidTemplate(f"parameter {parameter.name} is there twice, or always there")
        taken.add(parameter.name)
    parts = tuple(_part(each, place) for place, each in enumerate(_listed(top, "sections"), start=1))
    if not parts:
        raise InvalidTemplate("sections: a report needs at least one")
    _check_placeholders(parts, {parameter.name for parameter in own})
    title = _text(top, "title") or file.stem.replace("_", " ").capitalize()
    dataset = _text(top, "dataset")
    first = replace(DATASET, default=dataset, required=dataset is None)
    return Template(
        name=file.stem,
        title=title,
        description=_text(top, "description") or "",
        parameters=(first, *SCOPE[1:], *own),
        compose=_Composed(title=title, parts=parts, own=tuple(own)),
        rules=(check_scope,),
    )


@dataclass(frozen=True, kw_only=True)
class _Composed:
    """Makes the report of a YAML template."""

    title: str
    parts: tuple[_Part, ...]
    own: tuple[Parameter, ...]

    def __call__(self, parameters: Mapping[str, Any], ask: Ask, *, today: date) -> Report:
        scope = scope_of(parameters, today=today)
        given = {each.name: _as_text(parameters[each.name]) for each in self.own}
        if scope.is_empty(ask(scope.question(parse_measure("count")))):
            return empty_report(self.title, scope)
        scope = compared(scope, ask)
        return Report(
            title=self.title,
            subtitle=scope.subtitle,
            sections=tuple(_section(part, scope, given, ask) for part in self.parts),
        )


def _section(part: _Part, scope: Scope, given: Mapping[str, str | None], ask: Ask) -> Section:
    heading = Placeholders(part.heading).safe_substitute(given)
    if part.show == "text":
        return Text(heading=heading, text=Placeholders(part.text).safe_substitute(given))
    conditions = tuple(found for text in part.where if (found := _filled(text, given)) is not None)
    scope = replace(scope, where=(*scope.where, *conditions))
    if part.show == "figures":
        figures: KeyFigures = key_figures(scope, part.measures, ask, heading=heading, unit=part.unit)
        return figures
    answer = ask(scope.question(*part.measures, by=part.by, order=part.order, limit=part.limit))
    names = [dimension_title(dimension, scope.dataset) for dimension in part.by]
    if part.show == "table":
        return Table(
            heading=heading,
            columns=(
                *(TableColumn(title=name) for name in names),
                *(table_column(measure, scope.dataset, unit=part.unit) for measure in part.measures),
            ),
            rows=tuple((*map(label, row[: len(names)]), *row[len(names) :]) for row in answer.rows),
            note=f"The first {part.limit} of more." if answer.is_cut else "",
        )
    shapes = [shape_of(measure, scope.dataset, unit=part.unit) for measure in part.measures]
    titles = [measure_title(measure, scope.dataset) for measure in part.measures]
    return Chart(
        heading=heading or f"{', '.join(titles)} by {names[0].lower()}",
        mark=Mark(part.show),
        categories=tuple(row[0] if isinstance(row[0], date) else label(row[0]) for row in answer.rows),
        series=tuple(
            Series(name=title, values=tuple(number(row[place]) for row in answer.rows))
            for place, title in enumerate(titles, start=1)
        ),
        description=f"{', '.join(titles)} of {scope.title} by {names[0].lower()}."
        + (f" The first {part.limit} of more." if answer.is_cut else ""),
        x_title=names[0],
        kind=shapes[0].kind,
        unit=shapes[0].unit if len({shape.unit for shape in shapes}) == 1 else "",
    )


def _filled(text: str, given: Mapping[str, str | None]) -> Condition | None:
    """A condition with its parameters' values, which are values whatever they hold; None if one was not given."""
    condition = parse_condition(text)
    values = []
    for value in condition.values:
        filled = given[value[1:]] if value.startswith("$") else value
        if filled is None:
            return None
        values.append(filled)
    return replace(condition, values=tuple(values))


def _part(given: Any, place: int) -> _Part:
    where = f"section {place}"
    fields = _mapping(given, _SECTION, where)
    show = _text(fields, "show") or ("text" if "text" in fields else "figures")
    if show not in _SHOWS:
        raise InvalidTemplate(f"{where}: show: {show!r} is none of {', '.join(_SHOWS)}")
    part = _Part(
        show=show,
        heading=_text(fields, "heading") or "",
        text=_text(fields, "text") or "",
        measures=tuple(parse_measure(text) for text in _texts(fields, "measures")),
        by=tuple(parse_dimension(text) for text in _texts(fields, "by")),
        where=_texts(fields, "where"),
        order=_texts(fields, "order"),
        limit=fields.get("limit", 50),
        unit=_text(fields, "unit") or "",
    )
    if not isinstance(part.limit, int) or not 1 <= part.limit <= _MOST_ROWS:
        raise InvalidTemplate(f"{where}: limit: must be 1 to {_MOST_ROWS}")
    if show == "text" and not part.text:
        raise InvalidTemplate(f"{where}: text: is missing")
    if show != "text" and not part.measures:
        raise InvalidTemplate(f"{where}: measures: at least one is needed")
    if show not in {"text", "figures", "table"} and len(part.by) != 1:
        raise InvalidTemplate(f"{where}: by: a chart goes by one column")
    return part


def _check_placeholders(parts: tuple[_Part, ...], names: set[str]) -> None:
    for value in (value for part in parts for text in part.where for value in parse_condition(text).values):
        if value.startswith("$") and value[1:] not in names:
            raise InvalidTemplate(f"where: {value} is no parameter; there are {', '.join(sorted(names)) or 'none'}")


def _parameter(given: Any) -> Parameter:
    fields = _mapping(given, _PARAMETER, "parameters")
    name, kind = _text(fields, "name"), _text(fields, "kind") or "text"
    if not name or not name.isidentifier():
        raise InvalidTemplate(f"parameters: name: {name!r} is no name of letters, digits and _")
    if kind not in {ParameterKind.TEXT, ParameterKind.NUMBER, ParameterKind.DATE, ParameterKind.CHOICE}:
        raise InvalidTemplate(f"parameter {name}: kind: must be text, number, date or choice, is {kind!r}")
    return Parameter(
        name=name,
        kind=ParameterKind(kind),
        description=_text(fields, "description") or name.replace("_", " ").capitalize(),
        required=bool(fields.get("required")),
        default=fields.get("default"),
        choices=_texts(fields, "choices"),
    )


def _as_text(value: Any) -> str | None:
    return None if value is None else str(value)


def _mapping(given: Any, known: set[str], where: str) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        raise InvalidTemplate(f"{where}: must be a mapping")
    for key in given:
        if key not in known:
            raise InvalidTemplate(f"{where}: unknown key {key!r}; there are {', '.join(sorted(known))}")
    return given


def _listed(fields: Mapping[str, Any], key: str) -> Sequence[Any]:
    value = fields.get(key) or []
    if not isinstance(value, list):
        raise InvalidTemplate(f"{key}: must be a list")
    return value


def _text(fields: Mapping[str, Any], key: str) -> str | None:
    value = fields.get(key)
    if value is not None and not isinstance(value, str):
        raise InvalidTemplate(f"{key}: must be text, is {value!r}; put it in quotes")
    return value


def _texts(fields: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = fields.get(key) or []
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, list) or not all(isinstance(each, str) for each in listed):
        raise InvalidTemplate(f"{key}: must be a text or a list of texts, is {value!r}")
    return tuple(listed)
