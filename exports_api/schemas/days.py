"""The days that figures are asked for, and the shapes that all of them share."""

from datetime import date, datetime, timedelta
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from exports_api.schemas.fields import IsoDate, WithoutNul
from exports_api.schemas.metrics import AskedGranularity
from exports_pipeline.core.comparison import PLACES, Compared
from exports_pipeline.core.days import Days
from exports_pipeline.core.metric import Granularity
from exports_pipeline.usecases.read_metrics import zone_of

DEFAULT_DAYS = 30
ROUNDED = f"Rounded to {PLACES} places, half to even"


class DaysQuery(BaseModel):
    """Which days, and how they are shown."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    from_: IsoDate = Field(
        None, alias="from", description=f"First day; {DEFAULT_DAYS} days with the last one, if absent."
    )
    to: IsoDate = Field(None, description="Last day, part of the range; today, if absent.")
    timezone: Annotated[str, Field(max_length=100), WithoutNul] = Field(
        "UTC", description="IANA time zone by whose clock the days begin.", examples=["Europe/Prague"]
    )
    granularity: AskedGranularity = Field(
        Granularity.DAY, description="How long a bucket of the series is; weeks begin on Monday (ISO 8601)."
    )

    def days(self, now: datetime) -> Days:
        """The days in the words of the core.

        Raises:
            MalformedValue: there is no such time zone.
        """
        zone = zone_of(self.timezone)
        to = self.to or now.astimezone(zone).date()
        from_ = self.from_ or max(date(1000, 1, 1), to - timedelta(days=DEFAULT_DAYS - 1))
        return Days(from_=from_, to=to, zone=zone, granularity=self.granularity)


class RangeView(BaseModel):
    """The range that an answer is about."""

    from_: date = Field(alias="from", description="First day.")
    to: date = Field(description="Last day.")
    timezone: str = Field(description="By whose clock the days begin.")
    granularity: AskedGranularity = Field(description="How long a bucket of the series is.")

    model_config = ConfigDict(populate_by_name=True)

    @classmethod
    def of(cls, days: Days) -> "RangeView":
        """The view of some days."""
        return cls(from_=days.from_, to=days.to, timezone=days.zone.key, granularity=days.granularity)


class ComparedView(BaseModel):
    """A figure beside that of as many days before."""

    value: int | float | None = Field(description="Of the range.")
    previous: int | float | None = Field(description="Of as many days before; null where events of then are not kept.")
    change: float | None = Field(
        description=f"(value - previous) / previous; null where that is nothing. {ROUNDED}, as all rates."
    )

    @classmethod
    def of(cls, compared: Compared) -> "ComparedView":
        """The view of a comparison."""
        return cls(value=number(compared.value), previous=number(compared.previous), change=number(compared.change))


def number(figure: Any) -> Any:
    """A decimal as a JSON number: with so few places, none of its digits is lost."""
    return figure if figure is None or isinstance(figure, int) else float(figure)
