"""Which rows and columns of a dataset an export takes, and how sensitive columns are shown."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from exports_pipeline.core.catalog import Column, Dataset
from exports_pipeline.core.redaction import redacted
from exports_pipeline.core.redaction_policy import Sensitivity
from exports_pipeline.core.refusals import FilterNotSupported, InvalidDateRange, MalformedValue, UnknownColumn
from exports_pipeline.core.requester import Requester
from exports_pipeline.core.values import has_type


@dataclass(frozen=True, kw_only=True)
class Filters:
    """What a request narrows; empty means all."""

    start_date: date | None = None
    end_date: date | None = None
    """Inclusive, as is `start_date`."""
    account_ids: tuple[str, ...] = ()
    tag_ids: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    values: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Columns that have one of some values, a list any of them; '' where a row has none."""


@dataclass(frozen=True, kw_only=True)
class Selection:
    """The rows and columns of one export, fully decided: a warehouse needs to know nothing else."""

    dataset: Dataset
    columns: tuple[Column, ...]
    """In the order of the file; `sensitive` is None where the column is shown as it is."""
    owner_key: str | None
    """Rows of this owner only; None takes rows of everybody and of nobody."""
    start_date: date | None = None
    end_date: date | None = None
    timezone: str = "UTC"
    account_ids: tuple[str, ...] = ()
    tag_ids: tuple[str, ...] = ()
    values: tuple[tuple[str, tuple[str, ...]], ...] = ()
    limit: int | None = None
    """The first rows only, as many as these."""
    sample_percent: int | None = None
    """Rows of about so many of a hundred blocks of the source only, at random."""
    is_redacted: bool = False
    """Whether the rows are redacted already, as those of a kept result are: `sensitive` says what was done."""
    dropped: tuple[str, ...] = ()
    """Columns that were asked for, and are left out."""
    lifted: tuple[str, ...] = ()
    """Columns that are shown as they are only because the requester unmasks them."""

    @property
    def redactions(self) -> dict[str, str]:
        """The columns that are shown, but not as they are, with what happens to them."""
        return {column.name: column.redaction for column in self.columns if column.redaction}

    @property
    def everything_redacted(self) -> dict[str, str]:
        """The same, and the columns that are left out."""
        return self.redactions | {name: str(Sensitivity.DROP) for name in self.dropped}


def select(dataset: Dataset, filters: Filters, requester: Requester, *, timezone: str = "UTC") -> Selection:
    """Decide what an export of this dataset takes for this requester.

    Raises:
        UnknownColumn, FilterNotSupported, InvalidDateRange, MalformedValue: the filters do not fit the dataset.
    """
    _check_dates(dataset, filters)
    _check_values(dataset, filters.account_ids, dataset.account, "account_ids")
    _check_values(dataset, filters.tag_ids, dataset.tag, "tag_ids")
    for name, values in filters.values:
        if name not in dataset.types:
            raise UnknownColumn(f"Dataset {dataset.name} has no column {name[:80]!r}.", field=name)
        _check_values(dataset, tuple(filter(None, values)), name, name)
    chosen = _columns(dataset, filters.columns)
    held_back = tuple(redacted(column, dataset.policy, requester.roles) for column in chosen)
    shown = tuple(map(_as_it_is, chosen)) if requester.may_unmask else held_back
    kept = tuple(column for column in shown if column.sensitive is not Sensitivity.DROP)
    if not kept:
        raise UnknownColumn("None of these columns may be shown to you; choose others.", field="columns")
    return Selection(
        dataset=dataset,
        columns=kept,
        owner_key=None if dataset.shows_all_rows_to(requester) else requester.owner_key,
        start_date=filters.start_date,
        end_date=filters.end_date,
        timezone=timezone,
        account_ids=filters.account_ids,
        tag_ids=filters.tag_ids,
        dropped=tuple(column.name for column in shown if column.sensitive is Sensitivity.DROP),
        lifted=tuple(column.name for column in held_back if column.redaction) if requester.may_unmask else (),
        values=filters.values,
    )


def days_in_words(first: date | None, last: date | None) -> str:
    """Inclusive days as people read them; empty where neither end is given."""
    if first and last:
        return str(first) if first == last else f"{first} to {last}"
    if first:
        return f"from {first}"
    return f"until {last}" if last else ""


def values_in_words(values: Sequence[tuple[str, tuple[str, ...]]]) -> tuple[tuple[str, str], ...]:
    """Columns and the values that they may have, for people."""
    return tuple((name, ", ".join(value or "none" for value in wanted)) for name, wanted in values)


def day_window(start: date | None, end: date | None, timezone: str) -> tuple[datetime | None, datetime | None]:
    """The instants `[since, until)` in UTC of inclusive days in a zone; None where the calendar itself ends.

    A day may have 23 or 25 hours there: midnight is looked up on each side by itself.
    """
    zone = ZoneInfo(timezone)

    def midnight(day: date, days: int) -> datetime | None:
        try:
            return datetime.combine(day + timedelta(days=days), time.min, tzinfo=zone).astimezone(UTC)
        except OverflowError:
            return None

    return midnight(start, 0) if start else None, midnight(end, 1) if end else None


def _columns(dataset: Dataset, wanted: tuple[str, ...]) -> tuple[Column, ...]:
    by_name = {column.name: column for column in dataset.columns}
    for name in wanted:
        if name not in by_name:
            raise UnknownColumn(f"Dataset {dataset.name} has no column {name[:80]!r}.", field="columns")
    return tuple(by_name[name] for name in dict.fromkeys(wanted)) if wanted else dataset.columns


def _as_it_is(column: Column) -> Column:
    return replace(column, sensitive=None, scan=()) if column.is_guarded else column


def _check_dates(dataset: Dataset, filters: Filters) -> None:
    if filters.start_date is None and filters.end_date is None:
        return
    if dataset.time is None:
        field = "start_date" if filters.start_date else "end_date"
        raise FilterNotSupported(f"Dataset {dataset.name} has no time column; leave the dates out.", field=field)
    if filters.start_date and filters.end_date and filters.end_date < filters.start_date:
        raise InvalidDateRange(
            f"The end date {filters.end_date} lies before the start date {filters.start_date}.", field="end_date"
        )


def _check_values(dataset: Dataset, values: tuple[str, ...], column: str | None, field: str) -> None:
    if not values:
        return
    if column is None:
        raise FilterNotSupported(f"Dataset {dataset.name} takes no {field}; leave them out.", field=field)
    kind = dataset.types[column]
    for value in values:
        if "\x00" in value or not has_type(value, kind):
            raise MalformedValue(f"{value[:80]!r} in {field} is no {kind.removesuffix('[]')}.", field=field)
