"""Metrics as the API tells them."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from exports_api.schemas.fields import MAX_VALUE_LENGTH, WithoutNul, iso_date
from exports_pipeline.core.bucket import Bucket
from exports_pipeline.core.metric import ASKED, Aggregate, Granularity, Metric
from exports_pipeline.core.metric_store import Series, Value
from exports_pipeline.usecases.read_metrics import MetricQuestion

MOST_FILTERS = 200


def _granularity(value: Granularity) -> Granularity:
    if value not in ASKED:
        raise PydanticCustomError("enum", "Input should be 'hour', 'day', 'week' or 'month'")
    return value


Day = Annotated[date, BeforeValidator(iso_date), WithJsonSchema({"type": "string", "format": "date"})]
AskedGranularity = Annotated[
    Granularity,
    AfterValidator(_granularity),
    WithJsonSchema({"type": "string", "enum": [str(each) for each in ASKED], "default": "day"}),
]
Dimension = Annotated[str, Field(min_length=1, max_length=200), WithoutNul]
Filter = Annotated[
    str,
    Field(min_length=2, max_length=200 + MAX_VALUE_LENGTH, pattern="^[^:]+:"),
    WithoutNul,
]


class MetricQuery(BaseModel):
    """Which figures are wanted."""

    model_config = ConfigDict(extra="forbid")

    from_: Day = Field(alias="from", description="First day.", examples=["2026-03-01"])
    to: Day = Field(description="Last day, part of the range.", examples=["2026-03-31"])
    timezone: Annotated[str, Field(max_length=100), WithoutNul] = Field(
        "UTC",
        description="IANA name of the zone by whose clock days, weeks and hours begin.",
        examples=["Europe/Prague"],
    )
    granularity: AskedGranularity = Field(
        Granularity.DAY, description="How long a bucket is; weeks begin on Monday (ISO 8601)."
    )
    by: list[Dimension] = Field(
        default_factory=list, max_length=5, description="Dimensions that tell lines apart; repeat it for several."
    )
    where: list[Filter] = Field(
        default_factory=list,
        max_length=MOST_FILTERS,
        description="Filters as `dimension:value`; values of one dimension are alternatives, and nothing behind the "
        "colon stands for events without a value.",
        examples=[["campaign:spring"]],
    )

    def as_question(self) -> MetricQuestion:
        """The question in the words of the core."""
        where: dict[str, list[str]] = {}
        for each in self.where:
            dimension, _, value = each.partition(":")
            where.setdefault(dimension, []).append(value)
        return MetricQuestion(
            from_=self.from_, to=self.to, timezone=self.timezone, granularity=self.granularity, where=where, by=self.by
        )


class MetricView(BaseModel):
    """A metric."""

    name: str = Field(description="Its unique name.", examples=["conversations"])
    title: str = Field(description="Its name for people.", examples=["Conversations"])
    unit: str = Field(description="What its numbers count; empty: not said.", examples=["s"])
    aggregate: Aggregate = Field(description="What it makes of the events of a bucket.")
    dimensions: list[str] = Field(description="What `by` and `where` may name.", examples=[["campaign", "segment"]])

    @classmethod
    def of(cls, metric: Metric) -> Self:
        """The view of a metric."""
        return cls(
            name=metric.name,
            title=metric.title,
            unit=metric.unit,
            aggregate=metric.aggregate,
            dimensions=list(metric.dimensions),
        )


class MetricList(BaseModel):
    """All metrics."""

    items: list[MetricView] = Field(description="The metrics, in the order in which they are declared.")
    next_cursor: str | None = Field(None, description="Always null: the list has one page.")


Figure = int | Decimal | None


class LineView(BaseModel):
    """The figures of one group."""

    group: dict[str, str] = Field(
        description="Its value of each dimension in `by`; empty text: events without one.",
        examples=[{"campaign": "spring"}],
    )
    values: list[Figure] = Field(
        description="One figure for each of `starts`. Counts are integers, anything else is a decimal number as text; "
        "null where a mean, minimum or maximum is of nothing.",
        examples=[[12, 0, 7]],
    )
    counts: list[int] = Field(description="The events behind each figure.", examples=[[12, 0, 7]])
    total: Figure = Field(description="The figure of the whole range; a customer of two buckets is one customer.")
    count: int = Field(description="The events of the whole range.")


class SeriesView(BaseModel):
    """The figures of a metric over time."""

    metric: MetricView = Field(description="What the figures are.")
    from_: date = Field(serialization_alias="from", description="First day.")
    to: date = Field(description="Last day.")
    timezone: str = Field(description="The zone whose clock was followed.")
    granularity: AskedGranularity = Field(description="How long a bucket is.")
    by: list[str] = Field(description="The dimensions that tell the lines apart.")
    starts: list[str] = Field(
        description="When each bucket begins: a date; of hours a time with its offset. Of a week or month that the "
        "range cuts, too, but only its days within the range are counted.",
        examples=[["2026-03-01", "2026-03-02", "2026-03-03"]],
    )
    is_whole: list[bool] = Field(description="False for a bucket that the range cuts.", examples=[[True, True, True]])
    lines: list[LineView] = Field(description="Those of most events first; without `by` exactly one.")

    @classmethod
    def of(cls, series: Series, asked: MetricQuestion) -> Self:
        """The view of a series."""
        aggregate = series.metric.aggregate
        return cls(
            metric=MetricView.of(series.metric),
            from_=asked.from_,
            to=asked.to,
            timezone=asked.timezone,
            granularity=asked.granularity,
            by=list(series.by),
            starts=starts_of(series.buckets, asked.granularity),
            is_whole=[bucket.is_whole for bucket in series.buckets],
            lines=[
                LineView(
                    group=dict(zip(series.by, line.group, strict=True)),
                    values=[_exact(point.value(aggregate)) for point in line.points],
                    counts=[point.count for point in line.points],
                    total=_exact(line.total.value(aggregate)),
                    count=line.total.count,
                )
                for line in series.lines
            ],
        )


def starts_of(buckets: Sequence[Bucket], granularity: Granularity) -> list[str]:
    """When buckets begin by the clock of their zone, as `SeriesView.starts` says."""
    if granularity is Granularity.HOUR:
        return [bucket.start.isoformat() for bucket in buckets]
    return [bucket.start.date().isoformat() for bucket in buckets]


def _exact(value: Value) -> Value:
    """A decimal written out, without an exponent."""
    return Decimal(f"{value:f}") if isinstance(value, Decimal) else value
