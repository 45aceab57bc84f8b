"""How a viewer reads numbers, sizes and times: in their locale and their time zone, which always stands beside them."""

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from urllib.parse import unquote
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime, format_interval, format_skeleton, format_time, format_timedelta
from babel.numbers import format_compact_decimal, format_currency, format_decimal, format_percent
from starlette.requests import Request

from exports_pipeline.core.branding import Branding
from exports_pipeline.core.bucket import Bucket
from exports_pipeline.core.metric import Granularity
from exports_pipeline.core.zones import zone_names

ZONE_COOKIE = "exports_zone"
_FALLBACK = Locale("en", "GB")
_UNITS = ("B", "kB", "MB", "GB", "TB")
_MINUTE_S = 60
_JUST_NOW = timedelta(seconds=10)
_SEEN = 0.0005
"""The least change that is not rounded away."""
_LONG_H = 48
"""From here on, hours are told as days."""
_MOST_LANGUAGES = 10
_LONG = 1_000_000
_DAY = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")
NOTHING = "\N{EN DASH}"
"""Stands where there is no value."""


@dataclass(frozen=True)
class Viewing:
    """A locale, a zone, and the look of the house."""

    locale: Locale
    zone: str
    """An IANA name."""
    branding: Branding = field(default_factory=Branding, repr=False)
    """How charts look in this house, as in its reports."""

    def number(self, value: float | None) -> str:
        """A count or an amount, with the locale's separators; a dash where there is none."""
        return NOTHING if value is None else _decimal(value, self.locale)

    def exactly(self, value: Decimal) -> str:
        """A finite amount with all its decimals."""
        digits = max(0, -int(value.as_tuple().exponent))
        return str(format_decimal(value, f"#,##0.{'0' * digits}", locale=self.locale))

    def short(self, value: int) -> str:
        """A count that may be very large, in few letters."""
        if value < _LONG:
            return self.number(value)
        return format_compact_decimal(value, locale=self.locale, fraction_digits=1)

    def percent(self, share: float | None) -> str:
        """A share of 1 in percent, with one decimal where it is not whole."""
        return NOTHING if share is None else format_percent(share, "#,##0.#%", locale=self.locale)

    def money(self, amount: Decimal, currency: str) -> str:
        """An amount in a currency."""
        return format_currency(amount, currency, locale=self.locale)

    def growth(self, share: float | None) -> str:
        """A change in percent, with its sign; without one where it is nothing."""
        if share is None:
            return NOTHING
        return format_percent(share, "+#,##0.#%;-#,##0.#%" if abs(share) >= _SEEN else "0%", locale=self.locale)

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
        if hours >= _LONG_H:
            days, hours = divmod(hours, 24)
            return f"{self.number(days)} d {hours} h" if hours else f"{self.number(days)} days"
        return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"

    def moment(self, at: datetime | None) -> str:
        """An instant in the zone, which is named."""
        if at is None:
            return NOTHING
        there = at.astimezone(ZoneInfo(self.zone))
        return f"{format_datetime(there, 'medium', locale=self.locale)} {there.tzname()}"

    def turn(self, at: datetime | None, zone: str = "") -> str:
        """An instant to the minute with its day of the week, by the clocks of the viewer or of another zone, named."""
        if at is None:
            return NOTHING
        there = at.astimezone(ZoneInfo(zone or self.zone))
        day = format_skeleton("yMMMEd", there, locale=self.locale)
        return f"{day}, {format_time(there, 'short', locale=self.locale)} {there.tzname()}"

    def day(self, day: date | str | None) -> str:
        """A calendar day."""
        if day is None:
            return NOTHING
        return format_date(date.fromisoformat(day[:10]) if isinstance(day, str) else day, "medium", locale=self.locale)

    def said(self, sentence: str) -> str:
        """A sentence of the service, in which days stand as the API writes them."""
        return _DAY.sub(lambda day: self._read(day[0]), sentence)

    def _read(self, day: str) -> str:
        try:
            return self.day(day)
        except ValueError:  # looks like one
            return day

    def days(self, first: date, last: date) -> str:
        """Some days, both ends included."""
        return self.day(first) if first == last else format_interval(first, last, "yMMMd", locale=self.locale)

    def stretch(self, bucket: Bucket, granularity: Granularity) -> str:
        """When a stretch of a series begins, as shortly as its length allows."""
        if granularity == Granularity.MONTH:
            return format_skeleton("yMMM", bucket.start.date(), locale=self.locale)
        if granularity == Granularity.HOUR:
            return f"{self._short(bucket.start.date())} {format_time(bucket.start, 'short', locale=self.locale)}"
        return self._short(bucket.start.date())

    def _short(self, day: date) -> str:
        return format_skeleton("MMMd", day, locale=self.locale)

    def ago(self, at: datetime, now: datetime) -> str:
        """How far an instant lies back or ahead, in words; in English, as the sentences around it are."""
        if abs(at - now) < _JUST_NOW:
            return "just now"
        return format_timedelta(at - now, add_direction=True, locale=_FALLBACK)

    def until(self, at: datetime, now: datetime) -> str:
        """How long it is until an instant, in words; nothing once it is over."""
        left = at - now
        return format_timedelta(left, locale=_FALLBACK) if left > timedelta(0) else ""


@lru_cache(maxsize=4096)
def _decimal(value: float, locale: Locale) -> str:
    """Remembered, as a page with charts has hundreds of counts, most of them small."""
    return format_decimal(value, locale=locale)


def viewing_of(request: Request) -> Viewing:
    """What the browser asks for: its languages, and the zone that the page's script noted or the viewer chose."""
    zone = unquote(request.cookies.get(ZONE_COOKIE, ""))
    locale = _locale_of(request.headers.get("accept-language", ""))
    return Viewing(locale, zone if zone in zone_names() else str(UTC), request.app.state.branding)


def _locale_of(accepted: str) -> Locale:
    for each in accepted[:500].split(",")[:_MOST_LANGUAGES]:
        try:
            return Locale.parse(each.partition(";")[0].strip(), sep="-")
        except (UnknownLocaleError, ValueError, TypeError):
            continue
    return _FALLBACK
