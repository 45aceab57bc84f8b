"""The report: texts, key figures, tables and charts as plain data, which every renderer understands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeAlias

from exports_pipeline.core.about import redaction_in_words

UNMASKED = "Unmasked"
"""The name of the fact that tells which columns were unmasked, and why."""

Value: TypeAlias = str | int | float | Decimal | bool | date | datetime | None
"""What a cell or a key figure may hold; None is shown as a dash, as is a number that is not finite."""


class Kind(StrEnum):
    """How a value is shown."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    PERCENT = "percent"
    """A fraction: 0.25 is shown as 25 %."""
    MONEY = "money"
    DATE = "date"
    TIME = "time"


class Tone(StrEnum):
    """How a text wants to be read."""

    PLAIN = "plain"
    GOOD = "good"
    WARNING = "warning"


class Better(StrEnum):
    """Which way a figure should move."""

    UP = "up"
    DOWN = "down"
    NEITHER = "neither"


@dataclass(frozen=True, kw_only=True)
class Text:
    """Paragraphs, parted by empty lines; no markup."""

    text: str
    heading: str = ""
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True, kw_only=True)
class KeyFigure:
    """One number with its change against the previous period."""

    title: str
    value: Value
    previous: Value = None
    """None where there is no previous period."""
    kind: Kind = Kind.INTEGER
    unit: str = ""
    """A currency's code, or a unit; empty for none."""
    digits: int = 0
    better: Better = Better.UP
    note: str = ""

    @property
    def change(self) -> float | None:
        """The change against the previous period as a fraction; None where it cannot be told."""
        value, previous = self.value, self.previous
        if not isinstance(value, int | float | Decimal) or not isinstance(previous, int | float | Decimal):
            return None
        return (float(value) - float(previous)) / abs(float(previous)) if previous else None


@dataclass(frozen=True, kw_only=True)
class KeyFigures:
    """A row of key figures."""

    figures: Sequence[KeyFigure]
    heading: str = ""


@dataclass(frozen=True, kw_only=True)
class TableColumn:
    """A column of a table; numbers stand on the right."""

    title: str
    kind: Kind = Kind.TEXT
    unit: str = ""
    digits: int = 0


@dataclass(frozen=True, kw_only=True)
class Table:
    """Rows under titled columns; `note` says what is missing, if anything is."""

    columns: Sequence[TableColumn]
    rows: Sequence[Sequence[Value]]
    heading: str = ""
    note: str = ""
    is_form: bool = False
    """Whether people write into it by hand: its rows are high, and on paper it has a page of its own."""


class Mark(StrEnum):
    """What a chart draws."""

    LINE = "line"
    BAR = "bar"
    STACKED_BAR = "stacked_bar"
    INTERVAL = "interval"
    """A point with its confidence interval for each category."""
    SHARE = "share"
    """Parts of a whole."""
    PIE = "pie"
    """Parts of a whole, few of them, as slices of a circle: of the first series, what is above zero."""


@dataclass(frozen=True, kw_only=True)
class Series:
    """One line, or one colour of bars, with a value for each category."""

    name: str
    values: Sequence[float | None]
    low: Sequence[float | None] = ()
    """Lower ends of the intervals; empty where there are none."""
    high: Sequence[float | None] = ()


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A chart as data: renderers make a Vega-Lite specification or a native Excel chart of it."""

    heading: str
    mark: Mark
    categories: Sequence[str | date | datetime]
    series: Sequence[Series]
    description: str
    """What it shows, for those who cannot see it."""
    x_title: str = ""
    y_title: str = ""
    kind: Kind = Kind.NUMBER
    unit: str = ""


Section: TypeAlias = Text | KeyFigures | Table | Chart


@dataclass(frozen=True, kw_only=True)
class Report:
    """A document of several queries, charts and texts."""

    title: str
    sections: Sequence[Section]
    subtitle: str = ""
    """Mostly the period, in words."""
    facts: Sequence[tuple[str, str]] = ()
    """Name and value of what the last lines say: datasets, filters, requester, time and zone, redactions."""
    language: str = "en"
    parameters: Mapping[str, Any] | None = None
    """What it was made with."""
    redactions: Sequence[tuple[str, str]] = ()
    """The columns asked for that were not read as they are, and what was done to each."""
    lifted: Sequence[tuple[str, str]] = ()
    """Dataset and column of those that were read as they are only because the requester unmasks them."""

    @property
    def disclosures(self) -> tuple[str, ...]:
        """What a reader must know before the figures: the columns that were redacted, and why others were not."""
        redacted = ", ".join(f"{name} ({redaction_in_words(how)})" for name, how in self.redactions)
        unmasked = [value for name, value in self.facts if name == UNMASKED and self.lifted]
        return (*([f"Redacted: {redacted}"] if redacted else []), *(f"{UNMASKED}: {value}" for value in unmasked))
