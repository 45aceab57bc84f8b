"""The address of the insights: of which exports and which days they tell, and the addresses that follow from it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from exports_api.schemas.insight_queries import DaysQuery
from exports_pipeline.core.errors import RequestError
from exports_pipeline.core.job_filter import JobFilter
from exports_pipeline.core.time_spans import Days, Granularity, Span

HOME, JOBS = "/insights", "/insights/jobs"
WITHOUT = "(none)"
"""Stands in an address for exports that have no tag or no plan, since an empty field of a form means all."""
FIELDS = ("tag", "plan", "dataset", "destination", "user", "status")
_DEFAULT = "last-90-days"
_DAILY, _WEEKLY_BARS, _WEEKLY_POINTS = 21, 190, 400
"""Up to so many days there is one for each day, or each week."""
_MOMENT = timedelta(microseconds=1)

Range = tuple[date, date]


def _back(days: int) -> Callable[[date], Range]:
    return lambda today: (today - timedelta(days=days - 1), today)


def _last_month(today: date) -> Range:
    last = today.replace(day=1) - timedelta(days=1)
    return last.replace(day=1), last


_RANGES: Mapping[str, Callable[[date], Range]] = MappingProxyType(
    {
        "last-7-days": _back(7),
        "last-30-days": _back(30),
        _DEFAULT: _back(90),
        "this-month": lambda today: (today.replace(day=1), today),
        "last-month": _last_month,
        "this-year": lambda today: (today.replace(month=1, day=1), today),
        "last-year": lambda today: (date(today.year - 1, 1, 1), date(today.year - 1, 12, 31)),
    }
)
PRESETS = tuple((name, name.replace("-", " ").capitalize()) for name in _RANGES)
"""Ranges with their names, which move on with the days."""


@dataclass(frozen=True, kw_only=True)
class InsightQuery:
    """Which exports, and which days."""

    preset: str
    """The range by its name; empty where two days are given."""
    days: Days
    jobs: JobFilter
    chosen: Mapping[str, str]
    """The fields as the address has them; missing where all are meant."""

    @property
    def granularity(self) -> Granularity:
        """How far the points of a line are apart."""
        return self._granularity(weekly=_WEEKLY_POINTS)

    @property
    def granularity_of_bars(self) -> Granularity:
        """How long a bar is that has parts: a page holds fewer of them."""
        return self._granularity(weekly=_WEEKLY_BARS)

    @property
    def fields(self) -> dict[str, str]:
        """The fields of an address that means the same."""
        when = {"range": self.preset} if self.preset else {"from": str(self.days.first), "to": str(self.days.last)}
        return {**when, **self.chosen}

    def _granularity(self, *, weekly: int) -> Granularity:
        length = (self.days.last - self.days.first).days + 1
        return Granularity.DAY if length <= _DAILY else Granularity.WEEK if length <= weekly else Granularity.MONTH

    def address(self, path: str = HOME, **changed: str) -> str:
        """The address of these insights, with some fields changed; '' takes one out."""
        fields = {name: value for name, value in (self.fields | changed).items() if value}
        return f"{path}?{urlencode(fields)}" if fields else path

    def with_preset(self, name: str) -> str:
        """The address of the same exports in a named range."""
        return f"{HOME}?{urlencode({'range': name, **self.chosen})}"

    def jobs_in(self, span: Span | None = None, **changed: str) -> str:
        """The address of the list of the exports of a span, else of all days, which have these values too."""
        wanted = {name: value or WITHOUT for name, value in changed.items()}
        if span is None:
            return self.address(JOBS, **wanted)
        zone = ZoneInfo(self.days.timezone)
        first, last = (at.astimezone(zone).date() for at in (span.since, span.until - _MOMENT))
        fields = {"from": str(first), "to": str(last), **self.chosen, **wanted}
        return f"{JOBS}?{'&'.join(_encoded(name, value) for name, value in fields.items())}"

    def without(self, field: str) -> JobFilter:
        """The exports of any value of a field, for the choices of its control."""
        return replace(self.jobs, **{"user_id" if field == "user" else field: None})


@lru_cache(maxsize=1024)
def _encoded(name: str, value: str) -> str:
    """A field of an address; remembered, as the numbers of a page have hundreds of links whose fields are few."""
    return urlencode({name: value})


def read_query(given: Mapping[str, Any], *, now: datetime, zone: str) -> InsightQuery:
    """What an address or a form says.

    A named range holds unless other days were filled in beside it.

    Raises:
        RequestError: a field does not fit, or the days do not.
    """
    preset = str(given.get("range") or "")
    first, last = str(given.get("from") or ""), str(given.get("to") or "")
    if preset not in _RANGES:
        preset = "" if first or last else _DEFAULT
    if preset:
        named = tuple(map(str, _RANGES[preset](now.astimezone(ZoneInfo(zone)).date())))
        preset = preset if (first or named[0], last or named[1]) == named else ""
        first, last = named if preset else (first, last)
    chosen = {name: value for name in FIELDS if (value := str(given.get(name) or "").strip())}
    meant = {name: "" if value == WITHOUT else value for name, value in chosen.items()}
    try:
        query = DaysQuery.model_validate(
            {"from": first or None, "to": last or None, "timezone": zone, **meant}, by_alias=True
        )
    except ValidationError as error:
        raise RequestError("One of the filters does not fit; choose it again.") from error
    return InsightQuery(preset=preset, days=query.days(now), jobs=query.jobs, chosen=chosen)
