import pytest

from exports_pipeline.core.question import Aggregate, Condition, Dimension, Measure, Sign, Step
from exports_pipeline.core.question_text import condition_text, parse_condition, parse_dimension, parse_measure
from exports_pipeline.core.refusals import InvalidQuestion


@pytest.mark.parametrize(
    ("text", "measure"),
    [
        ("count", Measure(aggregate=Aggregate.COUNT)),
        ("sum( amount )", Measure(aggregate=Aggregate.SUM, column="amount")),
        ('avg("my, column")', Measure(aggregate=Aggregate.AVG, column="my, column")),
        (
            "ratio(cost, clicks) as Cost per click",
            Measure(aggregate=Aggregate.RATIO, column="cost", per="clicks", label="Cost per click"),
        ),
        (
            "sum(amount) where kind = food and amount > 0 as Food",
            Measure(
                aggregate=Aggregate.SUM,
                column="amount",
                where=(
                    Condition(column="kind", sign=Sign.IS, values=("food",)),
                    Condition(column="amount", sign=Sign.ABOVE, values=("0",)),
                ),
                label="Food",
            ),
        ),
        (
            "share(status = 'all done')",
            Measure(
                aggregate=Aggregate.SHARE,
                where=(Condition(column="status", sign=Sign.IS, values=("all done",)),),
                label="share(status = 'all done')",
            ),
        ),
    ],
)
def test_a_measure_reads_as_people_write_it(text, measure):
    assert parse_measure(text) == measure


@pytest.mark.parametrize(
    "text", ["", "total(amount)", "sum(a, b, c)", "sum(a = 1)", "sum(a", "count where nonsense", "sum(a)) FROM"]
)
def test_what_is_no_measure_is_refused(text):
    with pytest.raises(InvalidQuestion):
        parse_measure(text)


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("a=1", Condition(column="a", sign=Sign.IS, values=("1",))),
        ("a != x y", Condition(column="a", sign=Sign.IS_NOT, values=("x y",))),
        ("a >= -1.5", Condition(column="a", sign=Sign.AT_LEAST, values=("-1.5",))),
        ('"my col" in x, "y z"', Condition(column="my col", sign=Sign.ONE_OF, values=("x", "y z"))),
        ("a not in 1,2", Condition(column="a", sign=Sign.NONE_OF, values=("1", "2"))),
        ("a is missing", Condition(column="a", sign=Sign.MISSING)),
        ("a is  present", Condition(column="a", sign=Sign.PRESENT)),
    ],
)
def test_a_condition_reads_as_people_write_it(text, condition):
    assert parse_condition(text) == condition


@pytest.mark.parametrize("text", ["", "a", "a =", "a ~ 1", "a is nothing", "= 1"])
def test_what_is_no_condition_is_refused(text):
    with pytest.raises(InvalidQuestion):
        parse_condition(text)


def test_a_condition_is_told_in_words():
    assert condition_text(parse_condition("a in 1,2")) == "a in 1, 2"
    assert condition_text(parse_condition("a is missing")) == "a is missing"


def test_a_dimension_is_a_column_or_a_time_by_a_step():
    assert parse_dimension("origin") == Dimension(column="origin")
    assert parse_dimension('"booked at" by month') == Dimension(column="booked at", step=Step.MONTH)
    for text in ("", "origin by colour", "a b"):
        with pytest.raises(InvalidQuestion):
            parse_dimension(text)
