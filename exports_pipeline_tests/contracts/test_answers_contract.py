"""What every warehouse answers: the one of lists, and DuckDB over the same rows."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest

from exports_pipeline.core.catalog import Catalog, Column, Dataset, TimeColumn
from exports_pipeline.core.filters import Filters
from exports_pipeline.core.question import Question
from exports_pipeline.core.question_text import parse_conditions, parse_dimension, parse_measure
from exports_pipeline.core.redaction_policy import Sensitivity
from exports_pipeline.core.refusals import InvalidQuestion, UnknownColumn, UnknownDataset
from exports_pipeline.usecases.ask_question import ask_question
from exports_pipeline_tests.builders import requester
from exports_pipeline_tests.fakes.warehouse import InMemoryWarehouse
from exports_pipeline_tests.tables import Tables

COLUMNS = (
    Column(name="at", type="TIMESTAMP WITH TIME ZONE"),
    Column(name="day", type="DATE"),
    Column(name="who", type="VARCHAR"),
    Column(name="kind", type="VARCHAR"),
    Column(name="tags", type="VARCHAR[]"),
    Column(name="amount", type="DECIMAL(18,2)"),
    Column(name="score", type="DOUBLE"),
    Column(name="clicks", type="INTEGER"),
    Column(name="done", type="BOOLEAN"),
    Column(name="card", type="VARCHAR", sensitive=Sensitivity.MASK),
    Column(name="pin", type="INTEGER", sensitive=Sensitivity.DROP),
)
MIXED = Dataset(name="mixed", relation="mixed", columns=COLUMNS, owner="who", tag="kind", time=TimeColumn(column="day"))
SCHEMA = pa.schema(
    {
        "at": pa.timestamp("us", tz="UTC"),
        "day": pa.date32(),
        "who": pa.string(),
        "kind": pa.string(),
        "tags": pa.list_(pa.string()),
        "amount": pa.decimal128(18, 2),
        "score": pa.float64(),
        "clicks": pa.int32(),
        "done": pa.bool_(),
        "card": pa.string(),
        "pin": pa.int32(),
    }
)
NAN, INFINITE = float("nan"), float("inf")
LINES = [
    ("ann", date(2026, 1, 30), "food", ["a", "b"], "10.10", 1.0, 4, True),
    ("ann", date(2026, 1, 31), "food", ["a"], "20.25", 2.0, 0, False),
    ("ann", date(2026, 2, 1), "toys", [], "0.10", NAN, 3, True),
    ("ann", date(2026, 4, 1), "toys", None, None, INFINITE, None, None),
    ("ann", date(2026, 4, 2), None, ["c"], "-5.00", 9.0, 1, True),
    ("bob", date(2026, 1, 31), "food", ["a"], "1000.00", 100.0, 100, True),
]
ROWS = [
    {
        "at": datetime(day.year, day.month, day.day, 23, 30, tzinfo=UTC),
        "day": day,
        "who": who,
        "kind": kind,
        "tags": tags,
        "amount": None if amount is None else Decimal(amount),
        "score": score,
        "clicks": clicks,
        "done": done,
        "card": "4111",
        "pin": 1234,
    }
    for who, day, kind, tags, amount, score, clicks, done in LINES
]


@pytest.fixture(params=["lists", "duckdb"])
def ask(request, tmp_path):
    """Ask a question about the rows above, as ann unless told otherwise."""
    if request.param == "lists":
        warehouse = InMemoryWarehouse({"mixed": ROWS})
    else:
        tables = Tables(tmp_path)
        tables.run("CREATE TABLE mixed AS FROM given", given=pa.Table.from_pylist(ROWS, schema=SCHEMA))
        warehouse = tables.warehouse

    def ask(*measures, by=(), where="", who=None, dataset=MIXED, **more):
        question = Question(
            dataset=dataset.name,
            measures=tuple(parse_measure(text) for text in measures),
            by=tuple(parse_dimension(text) for text in by),
            where=parse_conditions(where) if where else (),
            **more,
        )
        with warehouse.open() as session:
            return ask_question(
                question, who or requester(), catalog=Catalog((dataset,)), session=session, tick=lambda: None
            )

    return ask


def ask_all(ask, *, measures, **more):
    return ask(*measures, **more)


def test_measures_of_everything_are_one_row_of_the_requesters_own(ask):
    found = ask(
        "count", "count(amount)", "sum(amount)", "avg(amount)", "min(amount)", "max(day)", "count_distinct(kind)"
    )
    expected = (5, 4, Decimal("25.45"), Decimal("6.36250000"), Decimal("-5.00"), date(2026, 4, 2), 2)
    assert found.rows == (expected,)
    assert [type(value) for value in found.rows[0]] == [type(value) for value in expected]
    assert (found.row_count, found.is_cut, dict(found.redactions)) == (5, False, {})


def test_rows_of_others_count_only_for_administrators(ask):
    assert ask("count", by=["who"]).rows == (("ann", 5),)
    assert ask("count", who=requester("bob")).rows == ((1,),)
    assert ask("count", by=["who"], who=requester("root", "EXPORT_ALL")).rows == (("ann", 5), ("bob", 1))


def test_values_that_are_no_finite_number_are_unknown(ask):
    found = ask("count(score)", "sum(score)", "avg(score)", "median(score)", "var_samp(score)", "stddev_samp(score)")
    [(count, total, mean, middle, variance, deviation)] = found.rows
    assert (count, total, mean, middle) == (3, 12.0, 4.0, 2.0)
    assert (variance, deviation) == pytest.approx((19.0, 19.0**0.5))


def test_what_nothing_can_be_made_of_is_unknown(ask):
    found = ask(
        "count", "sum(amount)", "avg(amount)", "ratio(amount, clicks)", "share(done = true)", where="kind = wine"
    )
    assert found.rows == ((0, None, None, None, None),)
    assert ask("var_samp(score)", where="kind = toys").rows == ((None,),)
    assert ask("ratio(amount, clicks)", where="clicks = 0").rows == ((None,),)
    assert ask("count", by=["kind"], where="kind = wine").rows == ()


def test_truths_are_counted_and_shared(ask):
    assert ask("sum(done)", "avg(done)", "share(done = true)").rows == ((3, 0.75, 0.6),)


def test_a_ratio_takes_rows_where_both_are_known(ask):
    assert ask("ratio(amount, clicks)", "ratio(clicks, amount)").rows == (
        (Decimal("3.18125000"), Decimal("0.31434185")),
    )


def test_groups_come_in_order_with_the_unknown_last(ask):
    assert ask("count", by=["kind"]).rows == (("food", 2), ("toys", 2), (None, 1))
    assert ask("count", "sum(clicks)", by=["kind"], order=("-sum(clicks)",)).column("kind") == ["food", "toys", None]
    assert ask("avg(clicks)", by=["kind"], order=("avg(clicks)",)).column("kind") == [None, "food", "toys"]


def test_an_answer_says_when_there_is_more(ask):
    found = ask("count", by=["day"], limit=2, order=("-day",))
    assert [found.column("day"), found.is_cut, found.row_count] == [[date(2026, 4, 2), date(2026, 4, 1)], True, 5]
    assert not ask("count", by=["day"], limit=5).is_cut


@pytest.mark.parametrize(
    ("step", "firsts"),
    [
        ("day", [(2026, 1, 30), (2026, 1, 31), (2026, 2, 1), (2026, 4, 1), (2026, 4, 2)]),
        ("week", [(2026, 1, 26), (2026, 3, 30)]),
        ("month", [(2026, 1, 1), (2026, 2, 1), (2026, 4, 1)]),
        ("quarter", [(2026, 1, 1), (2026, 4, 1)]),
        ("year", [(2026, 1, 1)]),
    ],
)
def test_a_time_goes_by_steps(ask, step, firsts):
    assert ask("count", by=[f"day by {step}"]).column(f"day by {step}") == [date(*first) for first in firsts]


def test_steps_of_an_instant_are_those_of_the_zone(ask):
    assert ask("count", by=["at by month"], timezone="Europe/Prague").rows[0] == (date(2026, 1, 1), 1)
    assert ask("count", by=["at by month"]).rows[0] == (date(2026, 1, 1), 2)


def test_a_row_counts_under_each_element_of_a_list(ask):
    assert ask("count", by=["tags"]).rows == (("a", 2), ("b", 1), ("c", 1), (None, 2))


def test_filters_and_conditions_narrow_together(ask):
    period = Filters(start_date=date(2026, 1, 31), end_date=date(2026, 4, 1), tag_ids=("food", "toys"))
    assert ask("count", filters=period).rows == ((3,),)
    assert ask("count", filters=period, where="amount >= 0.10 and clicks in 0, 3").rows == ((2,),)
    assert ask("count", where="clicks not in 0, 3").rows == ((2,),)
    assert ask("count", where="kind != food").rows == ((2,),)
    assert ask("count", where="amount is missing").rows == ((1,),)
    assert ask("count where done = true as Done", "count where amount < 0").rows == ((3, 1),)


def test_a_masked_column_is_asked_as_it_is_shown(ask):
    found = ask("count", "count(card)", by=["card"], where="card is present")
    assert found.rows == (("***", 5, 5),)
    assert dict(found.redactions) == {"card": "mask"}
    lifted = ask("count", by=["card"], who=requester("ann", "UNMASK"))
    assert (lifted.rows, dict(lifted.redactions)) == ((("4111", 5),), {})


@pytest.mark.parametrize(
    "asked",
    [
        {"measures": ["sum(pin)"]},
        {"measures": ["count"], "by": ["pin"]},
        {"measures": ["count"], "where": "pin = 1"},
        {"measures": ["count where pin = 1"]},
        {"measures": ["share(pin = 1)"]},
        {"measures": ["ratio(clicks, pin)"]},
        {"measures": ["sum(nothing)"]},
    ],
)
def test_a_column_that_is_not_shown_cannot_be_asked_for(ask, asked):
    with pytest.raises(UnknownColumn):
        ask_all(ask, **asked)


@pytest.mark.parametrize(
    "asked",
    [
        {"measures": ["sum(kind)"]},
        {"measures": ["avg(card)"]},
        {"measures": ["count_distinct(card)"]},
        {"measures": ["max(card)"]},
        {"measures": ["count"], "where": "card = 4111"},
        {"measures": ["share(card != 4111)"]},
        {"measures": ["median(done)"]},
        {"measures": ["sum(day)"]},
        {"measures": ["sum"]},
        {"measures": ["share"]},
        {"measures": ["ratio(amount)"]},
        {"measures": ["count"], "by": ["kind by month"]},
        {"measures": ["count"], "where": "clicks = many"},
        {"measures": ["count"], "where": "tags = a"},
        {"measures": ["count", "count"]},
        {"measures": ["count"], "order": ("amount",)},
        {"measures": ["count"], "limit": 0},
        {"measures": []},
    ],
)
def test_a_question_that_cannot_be_answered_is_refused_before_the_warehouse_is_asked(ask, asked):
    with pytest.raises(InvalidQuestion):
        ask_all(ask, **asked)


def test_what_a_question_says_is_a_value_and_never_sql(ask):
    assert ask("count", where="kind = ' OR true --").rows == ((0,),)
    assert ask('count as x" FROM mixed --').columns == ('x" FROM mixed --',)


def test_a_dataset_that_is_not_ones_own_is_unknown(ask):
    with pytest.raises(UnknownDataset):
        ask("count", dataset=replace(MIXED, owner=None))


def test_the_time_column_may_be_asked_for_where_it_is_not_listed(ask):
    dataset = replace(MIXED, columns=COLUMNS[2:], types={column.name: column.type for column in COLUMNS})
    assert ask("count", by=["day by year"], dataset=dataset).rows == ((date(2026, 1, 1), 5),)
    with pytest.raises(UnknownColumn):
        ask("count", by=["at by year"], dataset=dataset)
