"""How often something recurs, as people choose it, and the cron expression that says the same."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from starlette.datastructures import FormData

from exports_pipeline.adapters.cron_words import in_words
from exports_pipeline.core.cron import parse_cron
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.recurrence import is_clock_change, preview
from exports_pipeline.core.refusals import InvalidCron
from exports_pipeline.usecases.check_schedule import check_times

KINDS = (
    ("daily", "Every day"),
    ("weekly", "Every week"),
    ("monthly", "Every month"),
    ("cron", "Custom (cron)"),
)
WEEKDAYS = (
    ("MON", "Monday"),
    ("TUE", "Tuesday"),
    ("WED", "Wednesday"),
    ("THU", "Thursday"),
    ("FRI", "Friday"),
    ("SAT", "Saturday"),
    ("SUN", "Sunday"),
)
_WORKING_DAYS = ("MON", "TUE", "WED", "THU", "FRI")
_COUNT = 10
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::\d\d)?")
_SIMPLE = re.compile(r"(\d{1,2}) (\d{1,2}) (\*|\d{1,2}) \* (\*|[A-Z0-7,-]+)")
_IN_EVERY_MONTH = 28


@dataclass(frozen=True, kw_only=True)
class Cadence:
    """What was chosen; fields of other kinds keep what was typed."""

    kind: str = "daily"
    at: str = "08:00"
    """A time of day, as `08:00`."""
    weekdays: tuple[str, ...] = ("MON",)
    day: str = "1"
    """Of the month."""
    text: str = ""
    """A cron expression."""

    @staticmethod
    def read(form: FormData) -> "Cadence":
        """What the fields of a form say."""
        kind = str(form.get("cadence", ""))
        return Cadence(
            kind=kind if kind in dict(KINDS) else "daily",
            at=str(form.get("at", "08:00")).strip(),
            weekdays=tuple(str(each) for each in form.getlist("weekday")),
            day=str(form.get("day", "1")).strip(),
            text=str(form.get("cron", "")).strip(),
        )

    @staticmethod
    def of(cron: str) -> "Cadence":
        """The choice that stands for an expression; the expression itself where no simple one does."""
        parsed = parse_cron(cron)
        found = _SIMPLE.fullmatch(parsed.text)
        if found is None:
            return Cadence(kind="cron", text=cron)
        minute, hour, day, weekday = found.groups()
        at = f"{int(hour):02}:{int(minute):02}"
        if day != "*" and weekday != "*":
            return Cadence(kind="cron", text=cron)
        if day != "*":
            return Cadence(kind="monthly", at=at, day=day, text=cron)
        if weekday == "*":
            return Cadence(kind="daily", at=at, text=cron)
        chosen = tuple(name for place, (name, _) in enumerate(WEEKDAYS, 1) if place % 7 in parsed.weekdays)
        return Cadence(kind="weekly", at=at, weekdays=chosen, text=cron)

    @property
    def cron(self) -> str:
        """The expression.

        Raises:
            InvalidCron: something is not chosen yet.
        """
        if self.kind == "cron":
            return self.text
        clock = _CLOCK.fullmatch(self.at)
        if clock is None:
            raise InvalidCron("Write the time of day as 08:00.", field="cron")
        time = f"{int(clock[2])} {int(clock[1])}"
        if self.kind == "weekly":
            if not self.weekdays:
                raise InvalidCron("Choose at least one day of the week.", field="cron")
            return f"{time} * * {','.join(self.weekdays)}"
        return f"{time} {self.day} * *" if self.kind == "monthly" else f"{time} * * *"


def spoken(cron: str) -> str:
    """When an expression comes due, as people say it; what is not simple, as the API says it."""
    cadence, days = Cadence.of(cron), dict(WEEKDAYS)
    if cadence.kind == "daily":
        return f"Every day at {cadence.at}"
    if cadence.kind == "monthly":
        return f"On day {cadence.day} of every month at {cadence.at}"
    if cadence.kind == "weekly" and cadence.weekdays == _WORKING_DAYS:
        return f"Monday to Friday at {cadence.at}"
    if cadence.kind == "weekly":
        *others, last = (days[each] for each in cadence.weekdays)
        return f"Every {', '.join(others)}{' and ' if others else ''}{last} at {cadence.at}"
    return in_words(parse_cron(cron))


@dataclass(frozen=True, kw_only=True)
class Explained:
    """What a choice means."""

    words: str
    zone: str
    times: Sequence[datetime]
    clock_changes: frozenset[datetime]
    """Those of the times that lie on a day on which clocks are put forward or back."""
    leaves_out_months: bool


def explain(cadence: Cadence, zone: str, *, ports: ExportPorts) -> Explained:
    """A choice in words, with its next ten times.

    Raises:
        InvalidCron, InvalidSchedule: it means nothing, or comes due too often.
    """
    check_times(cadence.cron, zone, ports=ports)
    cron, clocks = parse_cron(cadence.cron), ZoneInfo(zone)
    times = preview(cron, clocks, after=ports.clock(), count=_COUNT)
    return Explained(
        words=spoken(cron.text),
        zone=zone,
        times=times,
        clock_changes=frozenset(each for each in times if is_clock_change(clocks, each.astimezone(clocks).date())),
        leaves_out_months=cadence.kind == "monthly" and min(cron.days) > _IN_EVERY_MONTH,
    )
