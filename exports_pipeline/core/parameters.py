"""The parameters of a report template: what may be given, and the check of what was."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from exports_pipeline.core.catalog import Catalog, Column, Dataset
from exports_pipeline.core.errors import RequestError
from exports_pipeline.core.filters import Filters, Selection, select
from exports_pipeline.core.formats import Format, parse_options
from exports_pipeline.core.question import Aggregate, Condition, Measure, Question
from exports_pipeline.core.question_check import askable, check_question, described
from exports_pipeline.core.question_text import parse_condition, parse_measure
from exports_pipeline.core.redaction_policy import Sensitivity
from exports_pipeline.core.refusals import InvalidParameter
from exports_pipeline.core.requester import Requester
from exports_pipeline.core.value_types import is_number

_LONGEST_TEXT = 1_000
_NOTHING: tuple[Any, ...] = (None, "", [], ())
"""What counts as not given."""
_EVERY_ROW = Measure(aggregate=Aggregate.COUNT)


class ParameterKind(StrEnum):
    """What a value of a parameter is."""

    DATASET = "dataset"
    COLUMN = "column"
    MEASURE = "measure"
    """As `sum(amount)`."""
    CONDITION = "condition"
    """As `status = done`."""
    DATE = "date"
    CHOICE = "choice"
    NUMBER = "number"
    TEXT = "text"
    ZONE = "zone"
    """An IANA time zone."""


class Holds(StrEnum):
    """What a column must hold to be taken."""

    ANYTHING = "anything"
    NUMBERS = "numbers"
    KEYS = "keys"
    """Anything that tells one value from another, which a mask does not."""
    TRUTHS = "truths"
    """Booleans, or numbers that are 0 or 1."""


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """One parameter of a template."""

    name: str
    kind: ParameterKind
    description: str
    required: bool = False
    default: Any = None
    """What is taken if nothing is given, as a client would write it; None for nothing."""
    is_list: bool = False
    most: int = 50
    """Of a list."""
    may_be_empty: bool = False
    """Whether '' is a value of the list."""
    choices: tuple[str, ...] = ()
    holds: Holds = Holds.ANYTHING
    """For a column."""
    low: float | None = None
    """The least number."""
    high: float | None = None
    dataset: str = "dataset"
    """The parameter that names the dataset of a column, a measure or a condition."""


@dataclass(frozen=True, kw_only=True)
class TemplateFacts:
    """What anybody may know of a report template."""

    name: str
    title: str
    description: str
    parameters: Sequence[Parameter]


def check_parameters(
    parameters: Sequence[Parameter], given: Mapping[str, Any], *, catalog: Catalog, requester: Requester
) -> dict[str, Any]:
    """The value of every parameter: a Dataset, Column, Measure, Condition, date, Decimal, text or None, or a tuple.

    Raises:
        InvalidParameter: one is unknown, missing or wrong, or names what this requester is not shown.
    """
    known = {parameter.name: parameter for parameter in parameters}
    for name in given:
        if name not in known:
            raise InvalidParameter(
                f"There is no parameter {str(name)[:40]!r} here; there are {', '.join(known)}.",
                field=f"params.{str(name)[:40]}",
            )
    values: dict[str, Any] = {}
    datasets_first = sorted(parameters, key=lambda each: each.kind is not ParameterKind.DATASET)
    for parameter in datasets_first:
        value = given.get(parameter.name)
        value = parameter.default if value in _NOTHING else value
        values[parameter.name] = _checked(parameter, value, _Reader(values, catalog, requester))
    return values


class _Reader:
    """Reads single values, knowing the datasets that were read before."""

    def __init__(self, values: Mapping[str, Any], catalog: Catalog, requester: Requester) -> None:
        self._values, self._catalog, self._requester = values, catalog, requester

    def read(self, parameter: Parameter, value: Any) -> Any:
        readers: dict[ParameterKind, Callable[[Parameter, Any], Any]] = {
            ParameterKind.DATASET: lambda _, text: self._catalog.find(_text(text), self._requester),
            ParameterKind.COLUMN: self._column,
            ParameterKind.MEASURE: self._measure,
            ParameterKind.CONDITION: self._condition,
            ParameterKind.DATE: lambda _, text: _date(text),
            ParameterKind.CHOICE: _choice,
            ParameterKind.NUMBER: _number,
            ParameterKind.TEXT: lambda _, text: _text(text),
            # A zone of an export is checked the same way.
            ParameterKind.ZONE: lambda _, text: parse_options(Format.PARQUET, {"timezone": text}).timezone,
        }
        return readers[parameter.kind](parameter, value)

    def _selection(self, parameter: Parameter) -> Selection:
        dataset: Dataset | None = self._values.get(parameter.dataset)
        if dataset is None:
            raise InvalidParameter(f"needs a dataset in parameter {parameter.dataset}.")
        return select(dataset, Filters(), self._requester)

    def _column(self, parameter: Parameter, text: Any) -> Column:
        selection = self._selection(parameter)
        column = askable(selection).get(_text(text))
        if column is None:
            raise InvalidParameter(f"Dataset {selection.dataset.name} has no column {text[:80]!r} that you are shown.")
        kind = column.shown_type
        if parameter.holds is Holds.KEYS and column.sensitive is Sensitivity.MASK:
            raise InvalidParameter(f"Column {column.name} is masked for you, so its values cannot be told apart.")
        if parameter.holds in {Holds.NUMBERS, Holds.TRUTHS} and not (
            is_number(kind) or (kind == "BOOLEAN" and parameter.holds is Holds.TRUTHS)
        ):
            raise InvalidParameter(
                f"Column {column.name} is {described(column)}; a column of {parameter.holds} is needed."
            )
        return column

    def _measure(self, parameter: Parameter, text: Any) -> Measure:
        selection, measure = self._selection(parameter), parse_measure(_text(text))
        check_question(Question(dataset=selection.dataset.name, measures=(measure,)), selection)
        return measure

    def _condition(self, parameter: Parameter, text: Any) -> Condition:
        selection, condition = self._selection(parameter), parse_condition(_text(text))
        question = Question(dataset=selection.dataset.name, measures=(_EVERY_ROW,), where=(condition,))
        check_question(question, selection)
        return condition


def _checked(parameter: Parameter, value: Any, reader: _Reader) -> Any:
    field = f"params.{parameter.name}"
    if value in _NOTHING:
        if parameter.required:
            raise InvalidParameter(f"Parameter {parameter.name} is missing: {parameter.description}", field=field)
        return () if parameter.is_list else None
    try:
        if not parameter.is_list:
            return reader.read(parameter, value)
        if not isinstance(value, list | tuple) or len(value) > parameter.most:
            raise InvalidParameter(f"It takes a list of at most {parameter.most} values.")
        return tuple("" if parameter.may_be_empty and each == "" else reader.read(parameter, each) for each in value)
    except RequestError as error:
        raise InvalidParameter(f"Parameter {parameter.name}: {error.sentence}", field=field) from error


def _text(value: Any) -> str:
    if not isinstance(value, str) or "\x00" in value or not 0 < len(value) <= _LONGEST_TEXT:
        raise InvalidParameter(f"It takes a text of 1 to {_LONGEST_TEXT} characters.")
    return value


def _date(value: Any) -> date:
    try:
        return date.fromisoformat(_text(value)) if not isinstance(value, date) else value
    except ValueError:
        raise InvalidParameter(f"{value[:40]!r} is no date; write it as 2026-01-31.") from None


def _choice(parameter: Parameter, value: Any) -> str:
    if value not in parameter.choices:
        raise InvalidParameter(f"{str(value)[:40]!r} is none of {', '.join(parameter.choices)}.")
    return str(value)


def _number(parameter: Parameter, value: Any) -> Decimal:
    number = Decimal(str(value)) if isinstance(value, int | float) and not isinstance(value, bool) else None
    if number is None or not number.is_finite():
        raise InvalidParameter("It takes a number.")
    low, high = parameter.low, parameter.high
    if (low is not None and number < Decimal(str(low))) or (high is not None and number > Decimal(str(high))):
        raise InvalidParameter(f"{number} is outside of {low} to {high}.")
    return number
