"""The question: what a report asks of a dataset, as plain data, and the answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from exports_pipeline.core.filters import Filters
from exports_pipeline.core.report import Value

LARGEST_FLOAT = 1e140
"""Floats beyond it, NaN and the infinities count as unknown: their squares would end every statistic."""
MOST_GROUPS = 1_000
"""Rows of an answer unless a question says otherwise."""


class Step(StrEnum):
    """What a time is truncated to; weeks begin on Monday."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


class Aggregate(StrEnum):
    """What a measure makes of the values of a group; what is unknown (NULL, NaN, infinite) is left out."""

    COUNT = "count"
    """Rows; with a column, those where it is known."""
    COUNT_DISTINCT = "count_distinct"
    SUM = "sum"
    """Of a boolean: how often it is true."""
    AVG = "avg"
    """Of a boolean: the share that is true."""
    MIN = "min"
    MAX = "max"
    MEDIAN = "median"
    STDDEV_SAMP = "stddev_samp"
    VAR_SAMP = "var_samp"
    RATIO = "ratio"
    """The sum of one column by the sum of another."""
    SHARE = "share"
    """The rows that the measure's conditions take, of all rows of the group."""


class Sign(StrEnum):
    """How a condition compares a column with its values."""

    IS = "="
    IS_NOT = "!="
    ABOVE = ">"
    AT_LEAST = ">="
    BELOW = "<"
    AT_MOST = "<="
    ONE_OF = "in"
    NONE_OF = "not in"
    MISSING = "is missing"
    PRESENT = "is present"


@dataclass(frozen=True, kw_only=True)
class Condition:
    """A comparison of a column with constants; a row where the column is NULL meets only `is missing`."""

    column: str
    sign: Sign
    values: tuple[str, ...] = ()
    """As text: one, or several for `in` and `not in`, or none for `is missing` and `is present`."""


@dataclass(frozen=True, kw_only=True)
class Dimension:
    """What rows are grouped by: a column as it is shown to the requester, or a time truncated in the question's zone.

    A row counts under each element of a LIST.
    """

    column: str
    step: Step | None = None

    @property
    def name(self) -> str:
        """Its name in the answer."""
        return f"{self.column} by {self.step}" if self.step else self.column


@dataclass(frozen=True, kw_only=True)
class Measure:
    """One number for each group."""

    aggregate: Aggregate
    column: str | None = None
    """None for the rows themselves."""
    per: str | None = None
    """The column below the line of a ratio."""
    where: tuple[Condition, ...] = ()
    """Only rows that meet all of these."""
    label: str = ""

    @property
    def name(self) -> str:
        """Its name in the answer: its label, or `sum(amount)`."""
        arguments = ", ".join(each for each in (self.column, self.per) if each)
        return self.label or (f"{self.aggregate}({arguments})" if arguments else str(self.aggregate))


@dataclass(frozen=True, kw_only=True)
class Question:
    """A question to one dataset; without dimensions the answer is one row."""

    dataset: str
    measures: tuple[Measure, ...]
    by: tuple[Dimension, ...] = ()
    filters: Filters = Filters()  # noqa: RUF009 - it is frozen
    where: tuple[Condition, ...] = ()
    """Conditions on columns as they are shown to the requester; all must hold."""
    timezone: str = "UTC"
    """IANA zone of the dates in `filters` and of the steps of time."""
    order: tuple[str, ...] = ()
    """Names of dimensions and measures, `-` in front for descending; what is left open is by dimension."""
    limit: int = MOST_GROUPS


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One row for each group: the dimensions, then the measures.

    Sums, averages, ratios and extremes of DECIMAL columns are Decimal; a step of time is a date; what cannot be told,
    as the mean of nothing, is None.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]
    row_count: int = 0
    """How many rows of the dataset were looked at; with a LIST as dimension, how many elements."""
    is_cut: bool = False
    """Whether there are more groups than the limit."""
    redactions: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Those of the columns asked for that were not read as they are: name -> what was done, as `mask`."""
    lifted: tuple[str, ...] = ()
    """Those of the columns asked for that the requester unmasked."""

    def column(self, name: str) -> Sequence[Value]:
        """All values of a column."""
        place = self.columns.index(name)
        return [row[place] for row in self.rows]

    def records(self) -> list[dict[str, Value]]:
        """The rows by the names of their columns."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]
