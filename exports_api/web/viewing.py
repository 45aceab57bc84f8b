"""How a viewer reads numbers, sizes and times: in their locale and their time zone, which always stands beside them."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from urllib.parse import unquote
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime, format_timedelta
from babel.numbers import format_decimal, format_percent
from starlette.requests import Request

from exports_pipeline.core.zones import zone_names

ZONE_COOKIE = "exports_zone"
_FALLBACK = Locale("en", "GB")
_UNITS = ("B", "kB", "MB", "GB", "TB")
_MINUTE_S, _HOUR_S = 60, 3600
_MOST_LANGUAGES = 10
NOTHING = "\N{EN DASH}"
"""Stands where there is no value."""


@dataclass(frozen=True)
class Viewing:
    """A locale and a zone."""

    locale: Locale
    zone: str
    """An IANA name."""

    def number(self, value: float | None) -> str:
        """A count or an amount, with the locale's separators; a dash where there is none."""
        return NOTHING if value is None else format_decimal(value, locale=self.locale)

    def percent(self, share: float | None) -> str:
        """A share of 1 in percent, with one decimal where it is not whole."""
        return NOTHING if share is None else format_percent(share, "#,##0.#%", locale=self.locale)

    def size(self, count: int | None) -> str:
        """Bytes in powers of 1,000, as file managers show them."""
        if count is None:
            return NOTHING
        value, unit = float(count), 0
        while value >= 999.95 and unit < len(_UNITS) - 1:
            value, unit = value / 1000, unit + 1
        return f"{format_decimal(round(value, 1 if unit else 0), locale=self.locale)} {_UNITS[unit]}"

    def seconds(self, seconds: float | None) -> str:
        """How long something takes."""
        if seconds is None:
            return NOTHING
        if seconds < _MINUTE_S:
            return f"{format_decimal(round(seconds, 1), locale=self.locale)} s"
        minutes, rest = divmod(round(seconds), _MINUTE_S)
        hours, minutes = divmod(minutes, _MINUTE_S)
        return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"

    def moment(self, at: datetime | None) -> str:
        """An instant in the zone, which is named."""
        if at is None:
            return NOTHING
        there = at.astimezone(ZoneInfo(self.zone))
        return f"{format_datetime(there, 'medium', locale=self.locale)} {there.tzname()}"

    def day(self, day: date | str | None) -> str:
        """A calendar day."""
        if day is None:
            return NOTHING
        return format_date(date.fromisoformat(day[:10]) if isinstance(day, str) else day, "medium", locale=self.locale)

    def ago(self, at: datetime, now: datetime) -> str:
        """How far an instant lies back or ahead, in words; in English, as the sentences around it are."""
        return format_timedelta(at - now, add_direction=True, locale=_FALLBACK)

    def until(self, at: datetime, now: datetime) -> str:
        """How long it is until an instant, in words; nothing once it is over."""
        left = at - now
        return format_timedelta(left, locale=_FALLBACK) if left > timedelta(0) else ""


def viewing_of(request: Request) -> Viewing:
    """What the browser asks for: its languages, and the zone that the page's script noted or the viewer chose."""
    zone = unquote(request.cookies.get(ZONE_COOKIE, ""))
    return Viewing(_locale_of(request.headers.get("accept-language", "")), zone if zone in zone_names() else str(UTC))


def _locale_of(accepted: str) -> Locale:
    for each in accepted[:500].split(",")[:_MOST_LANGUAGES]:
        try:
            return Locale.parse(each.partition(";")[0].strip(), sep="-")
        except (UnknownLocaleError, ValueError, TypeError):
            continue
    return _FALLBACK
