"""How measures and numbers are called and shown."""

import re
from dataclasses import dataclass
from decimal import Decimal

from exports_pipeline.core.catalog import Column, Dataset
from exports_pipeline.core.question import Aggregate, Dimension, Measure
from exports_pipeline.core.report import Kind, TableColumn, Value
from exports_pipeline.core.value_types import is_float, is_number
from exports_pipeline.reports.truths import is_rate

_CURRENCY = re.compile("[A-Z]{3}")
_WORDS = {
    Aggregate.COUNT: "Known {}",
    Aggregate.COUNT_DISTINCT: "Distinct {}",
    Aggregate.SUM: "Total {}",
    Aggregate.AVG: "Mean {}",
    Aggregate.MIN: "Lowest {}",
    Aggregate.MAX: "Highest {}",
    Aggregate.MEDIAN: "Median {}",
    Aggregate.STDDEV_SAMP: "Standard deviation of {}",
    Aggregate.VAR_SAMP: "Variance of {}",
}


def title_of(name: str, dataset: Dataset) -> str:
    """A column's title, or its name."""
    titles = {column.name: column.title for column in dataset.columns}
    return titles.get(name) or name


def column_title(column: Column) -> str:
    """A column's title, or its name."""
    return column.title or column.name


def dimension_title(dimension: Dimension, dataset: Dataset) -> str:
    """What a group is called."""
    return str(dimension.step).capitalize() if dimension.step else title_of(dimension.column, dataset)


def measure_title(measure: Measure, dataset: Dataset) -> str:
    """What a measure is called: its label, or as `Total amount`."""
    if measure.label or measure.aggregate is Aggregate.SHARE:
        return measure.name
    if measure.column is None:
        return "Rows"
    title = _within(title_of(measure.column, dataset))
    if measure.per is not None:
        return f"{title[:1].upper()}{title[1:]} per {_within(title_of(measure.per, dataset))}"
    return _WORDS[measure.aggregate].format(title)


@dataclass(frozen=True)
class Shape:
    """How the values of a measure are shown."""

    kind: Kind
    digits: int
    unit: str = ""


def shape_of(measure: Measure, dataset: Dataset, *, unit: str = "") -> Shape:
    """How the values of a measure are shown: in the unit of its column unless one is given for all amounts."""
    kind = dataset.types.get(measure.column or "", "")
    if measure.aggregate in {Aggregate.COUNT, Aggregate.COUNT_DISTINCT}:
        return Shape(Kind.INTEGER, 0)
    if measure.aggregate is Aggregate.SHARE or is_rate(measure, kind):
        return Shape(Kind.PERCENT, 1)
    shape = Shape(Kind.NUMBER, 2)
    if measure.aggregate in {Aggregate.SUM, Aggregate.MIN, Aggregate.MAX}:
        shape = _shape_of_type(kind)
    if unit and shape.kind is Kind.NUMBER:
        return in_unit(shape, unit)
    return in_unit(shape, _unit_of(measure, dataset)) if shape.kind in {Kind.NUMBER, Kind.INTEGER} else shape


def in_unit(shape: Shape, unit: str) -> Shape:
    """Numbers in a unit: those in a currency (ISO 4217) are money, those in percent are shares of one."""
    if unit == "percent":
        return Shape(Kind.PERCENT, 1)
    return Shape(Kind.MONEY if _CURRENCY.fullmatch(unit) else shape.kind, shape.digits, unit)


def adds_up(measure: Measure) -> bool:
    """Whether the values of groups add up to that of all."""
    return measure.aggregate in {Aggregate.SUM, Aggregate.COUNT}


def table_column(measure: Measure, dataset: Dataset, *, unit: str = "") -> TableColumn:
    """A table's column for a measure."""
    shape = shape_of(measure, dataset, unit=unit)
    title = measure_title(measure, dataset)
    return TableColumn(title=title, kind=shape.kind, digits=shape.digits, unit=shape.unit)


def number(value: Value) -> float | None:
    """A value as a chart draws it; None if it is no number."""
    return float(value) if isinstance(value, int | float | Decimal) and not isinstance(value, bool) else None


def whole(value: Value) -> int:
    """A count as an integer; nothing is 0."""
    return int(value) if isinstance(value, int | float | Decimal) else 0


def label(value: Value) -> str:
    """A group's value as text; what is missing is called so."""
    return "(none)" if value is None else str(value)


def percent(fraction: float | None, *, digits: int = 1, signed: bool = False) -> str:
    """A fraction as text inside of a sentence, spelled as the tables of an English report spell it."""
    return "unknown" if fraction is None else f"{fraction * 100:{'+' if signed else ''},.{digits}f}%"


def p_text(p_value: float | None) -> str:
    """A p-value as text."""
    if p_value is None:
        return "no p-value"
    return "p < 0.001" if p_value < 0.001 else f"p = {p_value:.3f}"


def p_cell(p_value: float | None) -> Value:
    """A p-value in a table of four digits, where none is 0."""
    return "< 0.0001" if p_value is not None and p_value < 0.00005 else p_value


def _within(title: str) -> str:
    """A title inside of a sentence; one that begins with two capitals stays as it is."""
    return title if title[1:2].isupper() else title[:1].lower() + title[1:]


def _unit_of(measure: Measure, dataset: Dataset) -> str:
    """The unit of a measure of one plain column, by the catalogue; a variance is in no unit that people know."""
    if measure.per is not None or measure.aggregate is Aggregate.VAR_SAMP:
        return ""
    units = {column.name: column.unit for column in dataset.columns}
    unit = units.get(measure.column or "", "")
    return "" if unit == "id" else unit


def _shape_of_type(kind: str) -> Shape:
    if kind == "DATE":
        return Shape(Kind.DATE, 0)
    if kind.startswith("TIMESTAMP"):
        return Shape(Kind.TIME, 0)
    if is_number(kind):
        return Shape(Kind.NUMBER, 2) if is_float(kind) or kind.startswith("DECIMAL") else Shape(Kind.INTEGER, 0)
    return Shape(Kind.INTEGER if kind == "BOOLEAN" else Kind.TEXT, 0)
