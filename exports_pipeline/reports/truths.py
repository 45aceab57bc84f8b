"""Columns of outcomes: booleans, or numbers of which 0 and 1 alone mean something."""

from exports_pipeline.core.catalog import Column
from exports_pipeline.core.question import Aggregate, Condition, Measure, Sign

_ZERO_OR_ONE = ("0", "1")


def successes_and_known(column: Column) -> tuple[Measure, Measure]:
    """How often the outcome happened, and how often it is known; numbers other than 0 and 1 are unknown."""
    happened = ("true",) if column.shown_type == "BOOLEAN" else ("1",)
    return (
        Measure(
            aggregate=Aggregate.COUNT,
            where=(Condition(column=column.name, sign=Sign.ONE_OF, values=happened),),
            label=f"{column.name} happened",
        ),
        Measure(aggregate=Aggregate.COUNT, column=column.name, where=_known(column), label=f"{column.name} known"),
    )


def rate(column: Column, label: str) -> Measure:
    """The share of the known outcomes that happened."""
    return Measure(aggregate=Aggregate.AVG, column=column.name, where=_known(column), label=label)


def is_rate(measure: Measure, kind: str) -> bool:
    """Whether a measure of a column of a type is a share of outcomes."""
    of_truths = kind == "BOOLEAN" or any(
        each.column == measure.column and each.sign is Sign.ONE_OF and each.values == _ZERO_OR_ONE
        for each in measure.where
    )
    return measure.aggregate is Aggregate.AVG and of_truths


def _known(column: Column) -> tuple[Condition, ...]:
    if column.shown_type == "BOOLEAN":
        return ()
    return (Condition(column=column.name, sign=Sign.ONE_OF, values=_ZERO_OR_ONE),)
