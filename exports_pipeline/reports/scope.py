"""What rows a report is about, and which period it is compared with: the parameters that most templates share."""

import calendar
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from exports_pipeline.core.catalog import Dataset
from exports_pipeline.core.filters import Filters
from exports_pipeline.core.parameters import Parameter, ParameterKind
from exports_pipeline.core.question import MOST_GROUPS, Aggregate, Answer, Condition, Dimension, Measure, Question
from exports_pipeline.core.refusals import InvalidParameter
from exports_pipeline.core.values import has_type
from exports_pipeline.reports.inquiry import Ask, period_in_words

_ROWS = Measure(aggregate=Aggregate.COUNT)
PERIODS = ("last_7_days", "last_30_days", "last_90_days", "last_month", "last_quarter", "last_year", "all")
_DAYS = {"last_7_days": 7, "last_30_days": 30, "last_90_days": 90}
_MONTHS = {"last_month": 1, "last_quarter": 3, "last_year": 12}

DATASET = Parameter(
    name="dataset", kind=ParameterKind.DATASET, required=True, description="Name or id of the dataset it is about."
)
PERIOD = Parameter(
    name="period",
    kind=ParameterKind.CHOICE,
    choices=PERIODS,
    default="last_30_days",
    description="Full days, months, quarters or years before today; a dataset without a time column is taken whole.",
)
START = Parameter(name="start_date", kind=ParameterKind.DATE, description="First day, in place of a period.")
END = Parameter(name="end_date", kind=ParameterKind.DATE, description="Last day, inclusive; yesterday if left out.")
COMPARE = Parameter(
    name="compare",
    kind=ParameterKind.CHOICE,
    choices=("previous_period", "previous_year", "none"),
    default="previous_period",
    description="What the figures are compared with: what came just before, the same days a year before, nothing.",
)
ZONE = Parameter(
    name="timezone", kind=ParameterKind.ZONE, default="UTC", description="IANA time zone of days, weeks and months."
)
ACCOUNTS = Parameter(
    name="account_ids", kind=ParameterKind.TEXT, is_list=True, description="Only these accounts of the dataset."
)
TAGS = Parameter(name="tag_ids", kind=ParameterKind.TEXT, is_list=True, description="Only these tags of the dataset.")
WHERE = Parameter(
    name="where", kind=ParameterKind.CONDITION, is_list=True, description="Only rows that meet all of these conditions."
)
SCOPE = (DATASET, PERIOD, START, END, COMPARE, ZONE, ACCOUNTS, TAGS, WHERE)
"""The parameters of `scope_of`."""
SCOPE_WITHOUT_PREVIOUS = tuple(parameter for parameter in SCOPE if parameter is not COMPARE)


@dataclass(frozen=True, kw_only=True)
class Scope:
    """The rows of a report, and those of the period before."""

    dataset: Dataset
    filters: Filters
    previous: Filters | None
    """None where there is nothing to compare with."""
    timezone: str
    where: tuple[Condition, ...]
    is_first: bool = False
    """Whether the period before has no row."""

    @property
    def title(self) -> str:
        """The dataset in words."""
        return self.dataset.title or self.dataset.name

    @property
    def period(self) -> str:
        """The period in words."""
        return period_in_words(self.filters)

    @property
    def subtitle(self) -> str:
        """The period, and what it is compared with."""
        if self.previous is None:
            return self.period
        before = period_in_words(self.previous)
        relation = "; nothing to compare with in" if self.is_first else ", compared with"
        return f"{self.period}{relation} {before}"

    def question(
        self,
        *measures: Measure,
        by: tuple[Dimension, ...] = (),
        order: tuple[str, ...] = (),
        limit: int = MOST_GROUPS,
        previous: bool = False,
    ) -> Question:
        """A question about the rows of the period, or of the period before."""
        return Question(
            dataset=self.dataset.name,
            measures=measures,
            by=by,
            filters=self.previous if previous and self.previous else self.filters,
            where=self.where,
            timezone=self.timezone,
            order=order,
            limit=limit,
        )

    def is_empty(self, answer: Answer) -> bool:
        """Whether an answer about the period found no row."""
        return answer.row_count == 0


def compared(scope: Scope, ask: Ask) -> Scope:
    """The scope that knows whether there is anything to compare with."""
    if scope.previous is None:
        return scope
    return replace(scope, is_first=scope.is_empty(ask(scope.question(_ROWS, previous=True))))


def check_scope(values: Mapping[str, Any]) -> None:
    """Check that the filters fit the dataset and the dates each other.

    Raises:
        InvalidParameter.
    """
    dataset: Dataset = values["dataset"]
    for name, column in (("start_date", dataset.time), ("end_date", dataset.time)):
        if values.get(name) and column is None:
            raise InvalidParameter(
                f"Dataset {dataset.name} has no time column; leave {name} out.", field=f"params.{name}"
            )
    for name, field in (("account_ids", dataset.account), ("tag_ids", dataset.tag)):
        if values.get(name) and field is None:
            raise InvalidParameter(f"Dataset {dataset.name} takes no {name}.", field=f"params.{name}")
        for value in values.get(name) or ():
            if field and not has_type(value, dataset.types[field]):
                raise InvalidParameter(
                    f"{value[:80]!r} in {name} is no {dataset.types[field]}.", field=f"params.{name}"
                )
    start, end = values.get("start_date"), values.get("end_date")
    if start and end and end < start:
        raise InvalidParameter(f"The end date {end} lies before the start date {start}.", field="params.end_date")


def scope_of(values: Mapping[str, Any], *, today: date) -> Scope:
    """The scope that checked parameters describe."""
    dataset: Dataset = values["dataset"]
    start, end = _dates(values, today) if dataset.time else (None, None)
    filters = Filters(start_date=start, end_date=end, account_ids=values["account_ids"], tag_ids=values["tag_ids"])
    before = previous_dates(start, end, values.get("compare") or "none") if start and end else None
    return Scope(
        dataset=dataset,
        filters=filters,
        previous=replace(filters, start_date=before[0], end_date=before[1]) if before else None,
        timezone=values["timezone"],
        where=values["where"],
    )


def previous_dates(start: date, end: date, compare: str) -> tuple[date, date] | None:
    """The dates to compare with; whole months are compared with as many whole months."""
    if compare == "none":
        return None
    try:
        if start.day == 1 and (end + timedelta(days=1)).day == 1:
            months = (end.year - start.year) * 12 + end.month - start.month + 1
            back = 12 if compare == "previous_year" else months
            first = _moved(start, -back)
            return first, _moved(first, months) - timedelta(days=1)
        if compare == "previous_year":
            return _moved(start, -12), _moved(end, -12)
        return start - (end - start) - timedelta(days=1), start - timedelta(days=1)
    except (OverflowError, ValueError):
        return None  # the calendar has no such days


def _dates(values: Mapping[str, Any], today: date) -> tuple[date | None, date | None]:
    start, end, period = values.get("start_date"), values.get("end_date"), values["period"]
    if start or end:
        yesterday = today - timedelta(days=1)
        return start, end or (max(start, yesterday) if start else yesterday)
    if period in _DAYS:
        return today - timedelta(days=_DAYS[period]), today - timedelta(days=1)
    if period in _MONTHS:
        months = _MONTHS[period]
        since = date(today.year, (today.month - 1) // months * months + 1, 1)
        return _moved(since, -months), since - timedelta(days=1)
    return None, None


def _moved(day: date, months: int) -> date:
    """The same day some months later, or the last of that month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
