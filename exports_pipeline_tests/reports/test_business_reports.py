"""The reports for the general business: what they count, for whom, and what they say of it."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from exports_pipeline.core.catalog import TimeColumn
from exports_pipeline.core.question import Aggregate, Measure
from exports_pipeline.core.redaction_policy import Sensitivity
from exports_pipeline.core.refusals import InvalidParameter
from exports_pipeline.core.report import Better, Chart, KeyFigures, Kind, Mark, Table, Text, Tone
from exports_pipeline.reports.catalog import load_templates
from exports_pipeline.reports.wording import shape_of
from exports_pipeline_tests.builders import requester
from exports_pipeline_tests.fakes.ports import fake_ports
from exports_pipeline_tests.reports.conftest import Desk

PAYMENTS = """SELECT * FROM (VALUES
    ('ann', DATE '2024-02-01', 10.10, 'EUR', 'shop', 'x1', '4111'),
    ('ann', DATE '2024-02-02', 20.20, 'EUR', 'shop', 'x2', '4112'),
    ('ann', DATE '2024-02-20', 0.30, 'USD', 'web', 'x2', '4111'),
    ('ann', DATE '2024-01-10', 15.00, 'EUR', 'web', NULL, '4111'),
    ('bob', DATE '2024-02-03', 99999.99, 'EUR', 'shop', 'x9', '9999'),
    (NULL, DATE '2024-02-03', 5.00, 'EUR', 'shop', 'x8', '9'))
    AS t (who, day, amount, currency, place, ref, card)"""
FEBRUARY = {"dataset": "trial", "start_date": "2024-02-01", "end_date": "2024-02-29"}
GIVEN = {
    "metrics_summary": {"by": "place"},
    "dashboard": {"measures": ["count", "sum(amount)"], "by": ["place"]},
    "kpi": {"measures": ["count", "sum(amount)"], "targets": [2, 1000]},
    "compliance": {"required": ["ref"], "rules": ["amount < 1000"], "by": "place"},
    "revenue": {"amount": "amount", "by": ["place"], "customer": "who"},
}
EVERY = pytest.mark.parametrize("template", list(GIVEN))


@pytest.fixture
def desk(desk_of):
    return desk_of(PAYMENTS, owner="who", time=TimeColumn(column="day"), sensitive={"card": Sensitivity.MASK})


def section(report, kind, heading=None):
    return next(each for each in report.sections if isinstance(each, kind) and heading in {None, each.heading})


def figures(report):
    return {figure.title: figure for each in report.sections if isinstance(each, KeyFigures) for figure in each.figures}


def everything_said(report):
    return repr(report)


@EVERY
def test_a_report_never_counts_the_rows_of_others(desk, template):
    report = desk.report(template, requester("ann"), **FEBRUARY, **GIVEN[template])
    assert ("Dataset", "trial, 2024-02-01 to 2024-02-29: 3 rows") in report.facts
    assert "99999" not in everything_said(report)
    everybody = desk.report(template, requester("root", "EXPORT_ALL"), **FEBRUARY, **GIVEN[template])
    assert ("Dataset", "trial, 2024-02-01 to 2024-02-29: 5 rows") in everybody.facts


@EVERY
def test_somebody_without_rows_gets_a_report_that_says_so(desk, template):
    report = desk.report(template, requester("eve"), **FEBRUARY, **GIVEN[template])
    [said] = report.sections
    assert (said.heading, said.tone) == ("No data", Tone.WARNING)


def test_a_masked_column_is_grouped_as_it_is_shown_and_the_report_says_so(desk):
    report = desk.report("dashboard", requester("ann"), **FEBRUARY, by=["card"])
    assert section(report, Table).rows == (("***", 3),)
    assert ("Redactions", "card (mask)") in report.facts
    assert "4111" not in everything_said(report)
    lifted = desk.report("dashboard", requester("ann", "UNMASK"), **FEBRUARY, by=["card"])
    assert section(lifted, Table).rows == (("4111", 2), ("4112", 1))
    assert ("Redactions", "none") in lifted.facts


def test_a_dropped_column_is_no_parameter(desk_of):
    desk = desk_of(PAYMENTS, owner="who", time=TimeColumn(column="day"), sensitive={"card": Sensitivity.DROP})
    with pytest.raises(InvalidParameter, match="no column 'card'") as caught:
        desk.report("dashboard", requester("ann"), **FEBRUARY, by=["card"])
    assert caught.value.field == "params.by"


def test_key_figures_stand_beside_those_of_the_whole_month_before(desk):
    found = figures(desk.report("kpi", requester("ann"), **FEBRUARY, measures=["sum(amount) as Sum", "count as Rows"]))
    assert (found["Sum"].value, found["Sum"].previous) == (Decimal("30.60"), Decimal("15.00"))
    assert (found["Rows"].value, found["Rows"].previous, found["Rows"].change) == (3, 1, 2.0)
    alone = figures(desk.report("kpi", requester("ann"), **FEBRUARY, measures=["count as Rows"], compare="none"))
    assert alone["Rows"].previous is None
    nothing_before = desk.report(
        "kpi", requester("ann"), **FEBRUARY, measures=["count as Rows"], compare="previous_year"
    )
    assert figures(nothing_before)["Rows"].previous is None
    assert nothing_before.subtitle == "2024-02-01 to 2024-02-29; nothing to compare with in 2023-02-01 to 2023-02-28"


def test_targets_are_met_or_not_in_the_direction_that_is_better(desk):
    report = desk.report(
        "kpi",
        requester("ann"),
        **FEBRUARY,
        measures=["count", "sum(amount)"],
        targets=[2, 1000],
        lower_is_better=["count"],
    )
    assert [row[-1] for row in section(report, Table).rows] == ["not met", "not met"]
    assert figures(report)["Rows"].better is Better.DOWN
    report = desk.report("kpi", requester("ann"), **FEBRUARY, measures=["count"], targets=[2])
    assert section(report, Text).text == "1 of 1 targets were met."
    assert repr(section(report, Table).rows[0][1:3]) == "(3, 2)"


def test_currencies_are_never_added_up_and_money_is_exact(desk):
    report = desk.report(
        "revenue", requester("ann"), **FEBRUARY, amount="amount", currency_column="currency", by=["place"]
    )
    assert section(report, Table, "Currencies").rows == (
        ("EUR", Decimal("30.30"), 2, Decimal("15.15000000")),
        ("USD", Decimal("0.30"), 1, Decimal("0.30000000")),
    )
    sums = [each.figures[0] for each in report.sections if isinstance(each, KeyFigures)]
    assert [(each.value, each.unit, each.kind) for each in sums] == [
        (Decimal("30.30"), "EUR", Kind.MONEY),
        (Decimal("0.30"), "USD", Kind.MONEY),
    ]


def test_shares_of_revenue_need_amounts_of_one_sign(desk_of):
    desk = desk_of("SELECT * FROM (VALUES ('a', 30.00), ('b', 10.00), ('c', -20.00)) AS t (place, amount)")
    mixed = section(desk.report("revenue", dataset="trial", amount="amount", by=["place"]), Table)
    assert [row[2] for row in mixed.rows] == [None, None, None]
    paid = desk.report("revenue", dataset="trial", amount="amount", amounts="positive", by=["place"])
    assert [row[2] for row in section(paid, Table).rows] == [0.75, 0.25]
    assert "a, brought 75.0%" in section(paid, Text).text


def test_rules_that_are_broken_are_counted_and_placed(desk_of):
    desk = desk_of(
        "SELECT * FROM (VALUES (1, 'x', 5), (2, 'x', -1), (2, 'y', NULL), (NULL, 'y', 7)) AS t (id, place, amount)"
    )
    report = desk.report(
        "compliance", dataset="trial", required=["id", "amount"], unique=["id"], rules=["amount >= 0"], by="place"
    )
    assert section(report, Table, "Every rule").rows == (
        ("id is there", 4, 1, 0.25, "broken"),
        ("amount is there", 4, 1, 0.25, "broken"),
        ("id is unique", 3, 1, pytest.approx(1 / 3), "broken"),
        ("amount >= 0", 3, 1, pytest.approx(1 / 3), "broken"),
    )
    chart = section(report, Chart)
    assert dict(zip(chart.categories, chart.series[0].values, strict=True)) == {
        "x": pytest.approx(1 / 6),
        "y": pytest.approx(2 / 5),
    }
    kept = desk.report("compliance", dataset="trial", required=["id"], tolerance=0.25)
    assert section(kept, Text).tone is Tone.GOOD


def test_what_is_missing_in_a_metric_is_told(desk_of):
    desk = desk_of("SELECT unnest([1.0, 3.0, NULL, 'nan'::DOUBLE]) AS score, 'x' AS name")
    report = desk.report("metrics_summary", dataset="trial")
    assert section(report, Table).rows == (("score", 2, 0.5, 2.0, 2.0, pytest.approx(2**0.5), 1.0, 3.0),)


def test_steps_without_rows_are_nothing_for_sums_and_unknown_for_means(desk_of):
    query = "SELECT DATE '2024-02-01' + i::INTEGER AS day, 1.5 AS amount FROM (VALUES (0), (1), (3)) AS r (i)"
    report = desk_of(query, time=TimeColumn(column="day")).report(
        "kpi", **FEBRUARY, measures=["sum(amount)", "avg(amount)"]
    )
    total, mean = (each for each in report.sections if isinstance(each, Chart))
    assert (total.mark, total.categories) == (Mark.LINE, tuple(date(2024, 2, 1 + place) for place in range(4)))
    assert total.series[0].values == (1.5, 1.5, 0.0, 1.5)
    assert mean.series[0].values == (1.5, 1.5, None, 1.5)


def test_channels_differ_only_where_chance_does_not_explain_it(desk_of):
    query = " UNION ALL ".join(
        f"SELECT '{name}' AS channel, i < {replies} AS replied, 0.10 AS cost FROM range(1000) r(i)"
        for name, replies in (("mail", 50), ("chat", 120), ("post", 60))
    )
    report = desk_of(query).report("outreach", dataset="trial", outcomes=["replied"], by=["channel"], cost="cost")
    said = section(report, Text).text
    assert said.startswith("chat stands apart with a replied rate of 12.0% (p < 0.001); mail stands apart")
    assert {row[0]: row[-1] for row in section(report, Table, "By channel").rows}["chat"] == "< 0.0001"
    same = " UNION ALL ".join(f"SELECT '{name}' AS channel, i < 50 AS replied FROM range(1000) r(i)" for name in "ab")
    report = desk_of(same).report("outreach", dataset="trial", outcomes=["replied"], by=["channel"])
    assert section(report, Text).text.startswith("No channel differs from the others")


def test_outcomes_that_are_neither_0_nor_1_are_unknown(desk_of):
    report = desk_of("SELECT unnest([0, 1, 1, 7, NULL]) AS replied").report(
        "outreach", dataset="trial", outcomes=["replied"]
    )
    [(_, successes, rate, low, high, unknown)] = section(report, Table).rows
    assert (successes, rate, unknown) == (2, pytest.approx(2 / 3), 2)
    assert 0 <= low < rate < high <= 1
    assert figures(report)["replied rate"].kind is Kind.PERCENT


def test_reports_are_built_over_the_fakes_of_use_cases_too():
    ports = fake_ports()
    desk = Desk(warehouse=ports.warehouse, catalog=ports.catalog, templates=load_templates(None))
    report = desk.report(
        "dashboard",
        requester("ann"),
        dataset="sales",
        start_date="2026-01-01",
        end_date="2026-01-31",
        measures=["sum(amount)", "count"],
        by=["kind"],
    )
    assert section(report, Table).rows == (("food", Decimal("23.00"), 2), ("toys", Decimal("11.50"), 1))


def test_figures_have_the_unit_of_their_column_and_counts_have_none(sample_desk):
    given = {"dataset": "flights", "period": "all", "compare": "none"}
    measures = ["count", "avg(dep_delay)", "max(distance)", "count(distance)", "ratio(air_time, distance)"]
    report = sample_desk.report("kpi", requester("UA"), measures=measures, **given)
    assert [figure.unit for figure in figures(report).values()] == ["", "min", "mi", "", ""]
    assert {each.heading: each.unit for each in report.sections if isinstance(each, Chart)}[
        "Highest distance by month"
    ] == "mi"


def test_a_unit_of_the_catalogue_makes_money_and_percent(desk_of):
    desk = desk_of(PAYMENTS, time=TimeColumn(column="day"))
    dataset = desk.catalog.find("trial", requester("ann"))
    for unit, shape in (("EUR", (Kind.MONEY, "EUR")), ("percent", (Kind.PERCENT, "")), ("id", (Kind.NUMBER, ""))):
        columns = tuple(replace(each, unit=unit if each.name == "amount" else "") for each in dataset.columns)
        found = shape_of(Measure(aggregate=Aggregate.SUM, column="amount"), replace(dataset, columns=columns))
        assert (found.kind, found.unit) == shape
