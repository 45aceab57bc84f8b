"""Parameters are refused before anything runs, each by its name."""

from datetime import date

import pytest

from exports_pipeline.core.filters import Filters
from exports_pipeline.core.refusals import InvalidParameter, UnknownTemplate
from exports_pipeline.reports.catalog import BUILT_IN, load_templates
from exports_pipeline.reports.inquiry import period_in_words
from exports_pipeline.reports.scope import previous_dates, scope_of
from exports_pipeline_tests.builders import requester
from exports_pipeline_tests.fakes.ports import AIRPORTS, SALES, fake_ports

ANN = requester()
CATALOG = fake_ports().catalog
TEMPLATES = load_templates(None)


def check(template, **given):
    return TEMPLATES.find(template).check(given, catalog=CATALOG, requester=ANN)


@pytest.mark.parametrize(
    ("template", "given", "field", "said"),
    [
        ("dashboard", {}, "dataset", "is missing"),
        ("dashboard", {"dataset": "nothing"}, "dataset", "no dataset 'nothing'"),
        ("dashboard", {"dataset": "payroll"}, "dataset", "no dataset 'payroll'"),
        ("dashboard", {"dataset": 7}, "dataset", "takes a text"),
        ("dashboard", {"dataset": "sales", "colour": "red"}, "colour", "no parameter 'colour'"),
        ("dashboard", {"dataset": "sales", "by": "kind"}, "by", "takes a list"),
        ("dashboard", {"dataset": "sales", "by": ["pin"]}, "by", "no column 'pin'"),
        ("dashboard", {"dataset": "sales", "by": ["kind"] * 5}, "by", "at most 4"),
        ("dashboard", {"dataset": "sales", "measures": ["sum(card)"]}, "measures", "shown to you as a mask"),
        ("dashboard", {"dataset": "sales", "measures": ["sum(pin)"]}, "measures", "no column 'pin'"),
        ("dashboard", {"dataset": "sales", "measures": ["total"]}, "measures", "is no measure"),
        ("dashboard", {"dataset": "sales", "where": ["shop = many"]}, "where", "is no value of column shop"),
        ("dashboard", {"dataset": "sales", "start_date": "yesterday"}, "start_date", "is no date"),
        ("dashboard", {"dataset": "sales", "start_date": "2026-02-01", "end_date": "2026-01-01"}, "end_date", "before"),
        ("dashboard", {"dataset": "sales", "timezone": "Mars/Olympus"}, "timezone", "no time zone"),
        ("dashboard", {"dataset": "sales", "timezone": 3}, "timezone", "no time zone"),
        ("dashboard", {"dataset": "sales", "period": "always"}, "period", "is none of"),
        ("dashboard", {"dataset": "sales", "compare": ["none"]}, "compare", "is none of"),
        ("dashboard", {"dataset": "airports", "start_date": "2026-01-01"}, "start_date", "no time column"),
        ("dashboard", {"dataset": "airports", "account_ids": ["1"]}, "account_ids", "takes no account_ids"),
        ("dashboard", {"dataset": "sales", "account_ids": ["many"]}, "account_ids", "is no INTEGER"),
        ("kpi", {"dataset": "sales", "measures": ["count"] * 9}, "measures", "at most 8"),
        ("metrics_summary", {"dataset": "airports"}, "metrics", "no column of numbers"),
        ("metrics_summary", {"dataset": "sales", "metrics": ["kind"]}, "metrics", "a column of numbers is needed"),
        ("kpi", {"dataset": "sales"}, "measures", "is missing"),
        ("kpi", {"dataset": "sales", "measures": ["count"], "targets": [1, 2]}, "targets", "2 targets for 1"),
        ("kpi", {"dataset": "sales", "measures": ["count"], "targets": ["1"]}, "targets", "takes a number"),
        ("kpi", {"dataset": "sales", "measures": ["count"], "targets": [float("nan")]}, "targets", "takes a number"),
        ("compliance", {"dataset": "sales", "unique": ["card"]}, "unique", "cannot be told apart"),
        ("compliance", {"dataset": "sales", "rules": ["card = 4111"]}, "rules", "masked for you"),
        ("experiment_results", {"dataset": "sales", "arm": "card", "means": ["amount"]}, "arm", "masked for you"),
        ("compliance", {"dataset": "sales"}, "rules", "at least one"),
        ("compliance", {"dataset": "sales", "unique": ["shop"], "tolerance": 2}, "tolerance", "outside of 0 to 1"),
        ("outreach", {"dataset": "sales", "outcomes": ["kind"]}, "outcomes", "a column of truths is needed"),
        ("experiment_results", {"dataset": "sales", "arm": "kind"}, "conversions", "at least one"),
        (
            "experiment_results",
            {"dataset": "sales", "arm": "kind", "means": ["amount"], "form": "comparison"},
            "split",
            "needs split",
        ),
        (
            "experiment_results",
            {"dataset": "sales", "arm": "kind", "means": ["amount"], "expected": ["food=-1"]},
            "expected",
            "control=0.5",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_field(template, given, field, said):
    with pytest.raises(InvalidParameter, match=said) as caught:
        check(template, **given)
    assert caught.value.field == f"params.{field}"


def test_an_unknown_template_names_those_there_are():
    with pytest.raises(UnknownTemplate, match="experiment_results") as caught:
        TEMPLATES.find("horoscope")
    assert caught.value.field == "template"


def test_what_is_left_out_or_null_takes_the_default():
    values = check("dashboard", dataset="sales", by=None, timezone="")
    assert (values["dataset"], values["by"], values["timezone"]) == (SALES, (), "UTC")
    assert [measure.name for measure in values["measures"]] == ["count"]


def test_a_dataset_is_named_by_its_id_too():
    assert check("dashboard", dataset=str(AIRPORTS.id))["dataset"] is AIRPORTS


def test_every_template_describes_every_parameter():
    for template in BUILT_IN:
        assert template.description
        assert len({each.name for each in template.parameters}) == len(template.parameters)
        assert all(each.description.endswith(".") for each in template.parameters)


@pytest.mark.parametrize(
    ("period", "start", "end"),
    [
        ("last_7_days", date(2026, 3, 8), date(2026, 3, 14)),
        ("last_month", date(2026, 2, 1), date(2026, 2, 28)),
        ("last_quarter", date(2025, 10, 1), date(2025, 12, 31)),
        ("last_year", date(2025, 1, 1), date(2025, 12, 31)),
        ("all", None, None),
    ],
)
def test_a_period_ends_before_today(period, start, end):
    scope = scope_of(check("dashboard", dataset="sales", period=period), today=date(2026, 3, 15))
    assert (scope.filters.start_date, scope.filters.end_date) == (start, end)


def test_a_dataset_without_time_is_taken_whole():
    scope = scope_of(check("dashboard", dataset="airports"), today=date(2026, 3, 15))
    assert (scope.filters, scope.previous, scope.subtitle) == (Filters(), None, "all dates")


@pytest.mark.parametrize(
    ("start", "end", "compare", "before"),
    [
        (date(2024, 3, 1), date(2024, 3, 31), "previous_period", (date(2024, 2, 1), date(2024, 2, 29))),
        (date(2024, 1, 1), date(2024, 3, 31), "previous_period", (date(2023, 10, 1), date(2023, 12, 31))),
        (date(2024, 3, 5), date(2024, 3, 6), "previous_period", (date(2024, 3, 3), date(2024, 3, 4))),
        (date(2025, 2, 1), date(2025, 2, 28), "previous_year", (date(2024, 2, 1), date(2024, 2, 29))),
        (date(2024, 2, 29), date(2024, 3, 3), "previous_year", (date(2023, 2, 28), date(2023, 3, 3))),
        (date(2024, 3, 5), date(2024, 3, 6), "none", None),
        (date(1, 1, 5), date(9999, 12, 30), "previous_period", None),
        (date(1, 1, 1), date(1, 1, 31), "previous_year", None),
    ],
)
def test_the_period_before_has_the_same_length_or_as_many_months(start, end, compare, before):
    assert previous_dates(start, end, compare) == before


def test_open_periods_are_told_in_words():
    assert period_in_words(Filters(start_date=date(2026, 1, 1))) == "from 2026-01-01"
    assert period_in_words(Filters(end_date=date(2026, 1, 1))) == "until 2026-01-01"
