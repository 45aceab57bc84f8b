"""What reports of experiments claim, and what they leave open."""

import pytest

from exports_pipeline.core.report import Chart, KeyFigures, Mark, Table, Text, Tone

FORMS = pytest.mark.parametrize("form", ["executive", "detailed", "comparison"])


def arms(*sizes_and_successes):
    """SQL of arms: name, size, conversions."""
    return " UNION ALL ".join(
        f"SELECT '{name}' AS arm, i < {successes} AS converted, i AS unit, 'one' AS part FROM range({size}) AS r (i)"
        for name, size, successes in sizes_and_successes
    )


def texts(report):
    return {section.heading: section.text for section in report.sections if isinstance(section, Text)}


def asked(desk, form="executive", **more):
    split = {"split": "part"} if form == "comparison" else {}
    return desk.report(
        "experiment_results", dataset="trial", form=form, arm="arm", **{"conversions": ["converted"], **split, **more}
    )


def test_a_winner_is_named_with_its_uncertainty_in_one_sentence(desk_of):
    report = asked(desk_of(arms(("control", 10000, 1000), ("new", 10000, 1200))))
    assert texts(report)["Result"] == (
        "new wins on converted: 12.00% against 10.00% in control, a difference of +2.00 percentage points "
        "(95% confidence: +1.13 to +2.87), p < 0.001."
    )
    assert next(section for section in report.sections if isinstance(section, Text)).text.startswith("20,000 units")


def test_without_a_difference_there_is_no_winner(desk_of):
    text = texts(asked(desk_of(arms(("control", 10000, 1000), ("new", 10000, 1010)))))["Result"]
    assert text.startswith("There is no winner on converted: no arm differs from control by more than chance explains.")
    assert "-0.73 to +0.93" in text


def test_an_arm_that_is_worse_is_no_winner_unless_less_is_better(desk_of):
    desk = desk_of(arms(("control", 10000, 1200), ("new", 10000, 1000)))
    assert "There is no winner on converted; new is worse than control" in texts(asked(desk))["Result"]
    assert texts(asked(desk, lower_is_better=["converted"]))["Result"].startswith("new wins on converted")


def test_uneven_arms_take_the_winner_away(desk_of):
    desk = desk_of(arms(("control", 10000, 1000), ("new", 9000, 1200)))
    report = asked(desk)
    [result] = [each for each in report.sections if isinstance(each, Text) and each.heading == "Result"]
    assert result.tone is Tone.WARNING
    assert "new would win" in result.text
    assert "the arms are uneven (p < 0.001), so do not rely on this" in result.text
    assert "control 10,000 (expected 9,500)" in texts(asked(desk, "detailed"))["Sample-ratio check"]


def test_planned_sizes_are_what_the_arms_are_checked_against(desk_of):
    report = asked(
        desk_of(arms(("control", 9000, 900), ("new", 1000, 130))), "detailed", expected=["control=9", "new=1"]
    )
    assert texts(report)["Sample-ratio check"].startswith("The sizes fit the plan")


def test_several_arms_are_corrected(desk_of):
    report = asked(desk_of(arms(("a", 5000, 500), ("b", 5000, 560), ("c", 5000, 575))), "detailed")
    [table] = [each for each in report.sections if isinstance(each, Table) and each.heading == "converted"]
    _, b, c = table.rows
    assert c[-1] == pytest.approx(2 * c[-2])
    assert b[-1] == max(b[-2], c[-1])
    assert b[-2] < 0.06 < c[-1] * 3
    assert "Holm" in texts(report)["Methods"]


@FORMS
@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (arms(("control", 100, 10)), "only one arm"),
        ("SELECT NULL::VARCHAR AS arm, true AS converted, 1 AS unit, 'one' AS part", "belongs to an arm"),
        (
            "SELECT i::VARCHAR AS arm, true AS converted, i AS unit, 'one' AS part FROM range(40) r(i)",
            "hardly names arms",
        ),
    ],
)
def test_what_cannot_be_compared_is_told_in_a_sentence(desk_of, form, rows, said):
    report = asked(desk_of(rows), form)
    assert said in texts(report)["Nothing to compare"]
    assert not any(isinstance(section, Chart) for section in report.sections)


@FORMS
def test_nobody_who_converted_gives_no_figure_of_certainty(desk_of, form):
    report = asked(desk_of(arms(("control", 500, 0), ("new", 500, 0))), form)
    said = "\n".join(texts(report).values())
    assert "Nobody converted in either arm." in said
    assert "wins" not in said


@FORMS
def test_tiny_samples_are_never_a_winner(desk_of, form):
    report = asked(desk_of(arms(("control", 3, 0), ("new", 3, 3))), form)
    assert "only a very large effect would show" in "\n".join(texts(report).values())
    assert not any("wins" in text for text in texts(report).values())


@FORMS
def test_values_that_are_missing_or_infinite_are_left_out_and_counted(desk_of, form):
    query = (
        "SELECT CASE WHEN i % 2 = 0 THEN 'control' ELSE 'new' END AS arm, i AS unit, 'one' AS part, "
        "CASE i % 50 WHEN 0 THEN 'nan'::DOUBLE WHEN 1 THEN 'inf'::DOUBLE WHEN 2 THEN NULL WHEN 3 THEN 1e300 "
        "ELSE i % 7 END AS spent, CASE WHEN i % 10 = 3 THEN 7 ELSE i % 3 % 2 END AS converted FROM range(2000) r(i)"
    )
    report = asked(desk_of(query), form, means=["spent"])
    bear = texts(report)["To bear in mind"]
    if form == "executive":
        assert "spent: 160 rows without a usable value." in repr(report)
    else:
        assert "160 of 2,000 rows have no usable value in spent" in bear
    assert "200 of 2,000 rows have no usable value in converted" in bear


def test_values_that_never_vary_give_no_test(desk_of):
    query = "SELECT CASE WHEN i % 2 = 0 THEN 'a' ELSE 'b' END AS arm, 5.0 AS spent FROM range(100) r(i)"
    report = asked(desk_of(query), conversions=[], means=["spent"])
    assert "The values do not vary" in texts(report)["Result"]


def test_an_unknown_control_names_the_arms(desk_of):
    report = asked(desk_of(arms(("x", 50, 5), ("y", 50, 5))), control="z")
    assert "There is no arm 'z'; the arms are x, y." in texts(report)["Nothing to compare"]


def test_rows_without_an_arm_and_units_in_two_arms_are_told(desk_of):
    query = arms(("control", 50, 5), ("new", 50, 5)) + " UNION ALL SELECT NULL, true, 7, 'one'"
    bear = texts(asked(desk_of(query), unit="unit", split="part"))["To bear in mind"]
    assert "1 rows belong to no arm" in bear
    assert "100 rows are of 50 units" in bear
    assert "50 units stand in more than one arm" in bear


def test_cookie_cats_is_told_as_it_was(desk_of, shared_data):
    desk = desk_of(f"SELECT * FROM '{shared_data}/cookie_cats/cookie_cats.parquet'")
    report = desk.report(
        "experiment_results",
        dataset="trial",
        form="detailed",
        arm="test_version",
        conversions=["retention_7", "retention_1"],
        means=["sum_gamerounds"],
        unit="userid",
    )
    said = texts(report)
    assert "gate_30 44,700 (expected 45,094), gate_40 45,489 (expected 45,094); p = 0.009" in said["Sample-ratio check"]
    assert said["Result"].startswith(
        "There is no winner on retention_7; gate_40 is worse than gate_30: 18.20% against 19.02%"
    )
    assert "uneven" in said["Result"]
    tables = {section.heading: section for section in report.sections if isinstance(section, Table)}
    for name, rates in (("retention_1", (0.448188, 0.442283)), ("retention_7", (0.190201, 0.182000))):
        assert [row[2] for row in tables[name].rows] == pytest.approx(rates, abs=5e-7)
    assert {section.mark for section in report.sections if isinstance(section, Chart)} == {Mark.INTERVAL}


def test_the_sample_shows_a_winner_a_draw_and_uneven_arms(sample_desk):
    given = {"dataset": "experiments", "arm": "arm", "conversions": ["converted"]}
    report = sample_desk.report("experiment_results", form="comparison", split="experiment", **given)
    [table] = [section for section in report.sections if isinstance(section, Table)]
    results = {(row[0], row[1]): row[-1] for row in table.rows}
    assert results == {
        ("checkout_button", "green_button"): "green_button wins",
        ("onboarding_tour", "short_tour"): "no winner",
        ("price_page", "three_plans"): "three_plans wins",
        ("price_page", "yearly_first"): "no winner",
        ("search_ranking", "fresh_first"): "no winner, uneven arms",
    }
    trend = sample_desk.report("experiment_results", form="detailed", account_ids=["checkout_button"], **given)
    [line] = [each for each in trend.sections if isinstance(each, Chart) and each.mark is Mark.LINE]
    assert [series.name for series in line.series] == ["control", "green_button"]


def test_the_executive_summary_has_what_fits_on_a_page(sample_desk):
    report = sample_desk.report(
        "experiment_results",
        dataset="experiments",
        account_ids=["checkout_button"],
        arm="arm",
        conversions=["converted"],
    )
    kinds = [type(section) for section in report.sections]
    assert kinds == [Text, Text, KeyFigures, Chart, Table]
    assert sum(len(section.text) for section in report.sections if isinstance(section, Text)) < 900


def test_a_trend_over_an_open_period_goes_by_the_step_that_its_rows_ask_for(sample_desk):
    given = {"dataset": "experiments", "arm": "arm", "conversions": ["converted"], "form": "detailed"}
    one = sample_desk.report("experiment_results", account_ids=["price_page"], **given)
    assert next(each.heading for each in one.sections if getattr(each, "mark", None) is Mark.LINE) == "Converted by day"
    all_four = sample_desk.report("experiment_results", split="experiment", **given)
    line = next(each for each in all_four.sections if getattr(each, "mark", None) is Mark.LINE)
    assert line.heading == "Converted by week"
    assert "Rows of 4 values of Experiment are taken together" in texts(all_four)["To bear in mind"]


def test_an_executive_summary_of_many_figures_shows_the_ones_to_decide_by(sample_desk):
    given = {"dataset": "experiments", "arm": "arm", "conversions": ["converted"], "means": ["revenue", "sessions"]}
    report = sample_desk.report("experiment_results", account_ids=["price_page"], **given)
    [table] = [section for section in report.sections if isinstance(section, Table)]
    assert [row[:2] for row in table.rows] == [("Converted", "three_plans"), ("Converted", "yearly_first")]
    assert "detailed form" in table.note
