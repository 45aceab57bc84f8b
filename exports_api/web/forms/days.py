"""The form of some days: from, to, and how long a stretch of a series is; by the clock of the viewer."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from types import MappingProxyType
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from pydantic import ValidationError
from starlette.datastructures import QueryParams

from exports_api.schemas.days import DaysQuery
from exports_api.web.viewing import Viewing
from exports_pipeline.core.days import Days
from exports_pipeline.core.metric import Granularity
from exports_pipeline.core.refusals import BeyondRetention, InvalidDateRange, TooManyPoints

REFUSED = (InvalidDateRange, BeyondRetention, TooManyPoints)
"""What days may be refused for by those who are asked about them."""
GRANULARITIES: Mapping[str, str] = MappingProxyType(
    {"hour": "by hour", "day": "by day", "week": "by week", "month": "by month"}
)
_FIELDS = ("from", "to", "granularity")
_BY_DAY, _BY_WEEK = 62, 200


@dataclass(frozen=True, kw_only=True)
class Preset:
    """Some days that many people ask for."""

    title: str
    query: str
    """What to write behind the question mark."""
    is_chosen: bool


@dataclass(frozen=True, kw_only=True)
class DaysForm:
    """The fields as they were filled, and what they say."""

    filled: Mapping[str, str]
    also: tuple[tuple[str, str], ...]
    """Fields of the same form that are not about days."""
    days: Days
    """Those that were asked for; where that cannot be read, the last thirty."""
    refusal: str
    today: date

    @property
    def query(self) -> str:
        """What to write behind the question mark to have the same days on another page."""
        return urlencode([*((name, value) for name, value in self.filled.items() if value), *self.also])

    @property
    def presets(self) -> list[Preset]:
        """Ranges to choose with one click; how long a stretch is, follows from their length."""
        chosen = (self.days.from_, self.days.to)
        return [
            Preset(
                title=title,
                query=urlencode([("from", first.isoformat()), ("to", last.isoformat()), *self.also]),
                is_chosen=(first, last) == chosen,
            )
            for title, first, last in _ranges(self.today)
        ]

    @staticmethod
    def read(params: QueryParams, view: Viewing, now: datetime, *, also: tuple[str, ...] = ()) -> "DaysForm":
        """What the query of an address says; `also` names fields that other forms read."""
        filled = {name: params.get(name, "").strip()[:20] for name in _FIELDS}
        given = {name: value for name, value in filled.items() if value} | {"timezone": view.zone}
        refusal = ""
        try:
            days = DaysQuery.model_validate(given).days(now)
        except ValidationError:
            refusal = "Choose both days from the calendar."
            days = DaysQuery(timezone=view.zone).days(now)
        if not filled["granularity"]:
            days = replace(days, granularity=_fitting(days))
        others = tuple((name, value) for name, value in params.multi_items() if name in also)
        today = now.astimezone(ZoneInfo(view.zone)).date()
        return DaysForm(filled=filled, also=others, days=days, refusal=refusal, today=today)


def _fitting(days: Days) -> Granularity:
    """Stretches of which a range has neither too few nor too many to look at."""
    length = (days.to - days.from_).days
    if length > _BY_WEEK:
        return Granularity.MONTH
    return Granularity.WEEK if length > _BY_DAY else Granularity.DAY


def _ranges(today: date) -> Iterator[tuple[str, date, date]]:
    for count in (7, 30, 90):
        yield f"Last {count} days", today - timedelta(days=count - 1), today
    month = today.replace(day=1)
    yield "This month", month, today
    last = month - timedelta(days=1)
    yield "Last month", last.replace(day=1), last
    yield "This year", today.replace(month=1, day=1), today
