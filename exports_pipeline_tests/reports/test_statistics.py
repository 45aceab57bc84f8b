"""The statistics against statsmodels, textbooks and a published experiment."""

import math

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint, proportions_ztest
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from exports_pipeline.reports.statistics import (
    Proportion,
    Sample,
    compare_means,
    compare_proportions,
    holm,
    mean_interval,
    sample_ratio,
    wilson_interval,
)

PAIRS = pytest.mark.parametrize(
    ("control", "arm"),
    [((1000, 10000), (1100, 10000)), ((30, 400), (55, 390)), ((900, 1000), (880, 950)), ((6, 60), (9, 70))],
)


def proportion(pair):
    return Proportion(successes=pair[0], total=pair[1])


def sample(values):
    described = DescrStatsW(values)
    return Sample(count=len(values), mean=described.mean, variance=described.var_ddof(1) if len(values) > 1 else None)


@PAIRS
def test_two_proportions_agree_with_statsmodels(control, arm):
    effect = compare_proportions(proportion(control), proportion(arm))
    _, p_value = proportions_ztest([control[0], arm[0]], [control[1], arm[1]])
    assert effect.method == "two-proportion z-test"
    assert effect.p_value == pytest.approx(p_value, rel=1e-9)
    expected = confint_proportions_2indep(*arm, *control, method="newcomb", compare="diff")
    assert (effect.interval.low, effect.interval.high) == pytest.approx(expected, rel=1e-6)
    low, high = confint_proportions_2indep(*arm, *control, method="log", compare="ratio")
    assert (effect.lift_interval.low, effect.lift_interval.high) == pytest.approx((low - 1, high - 1), rel=1e-9)


@PAIRS
@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
def test_the_interval_of_a_proportion_is_wilsons(control, arm, confidence):
    for pair in (control, arm):
        interval = wilson_interval(proportion(pair), confidence=confidence)
        expected = proportion_confint(*pair, alpha=1 - confidence, method="wilson")
        assert (interval.low, interval.high) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ([1.0, 2.0, 3.0, 4.0], [2.0, 9.0, 4.0]),
        (list(range(100)), [value * 1.5 for value in range(70)]),
        ([5, 5, 5], [5, 6]),
    ],
)
def test_two_means_agree_with_statsmodels(first, second):
    effect = compare_means(sample(first), sample(second))
    compared = CompareMeans(DescrStatsW(second), DescrStatsW(first))
    assert effect.p_value == pytest.approx(compared.ttest_ind(usevar="unequal")[1], rel=1e-9)
    expected = compared.tconfint_diff(usevar="unequal")
    assert (effect.interval.low, effect.interval.high) == pytest.approx(expected, rel=1e-9)
    own = mean_interval(sample(second))
    assert (own.low, own.high) == pytest.approx(DescrStatsW(second).tconfint_mean(), rel=1e-9)


def test_the_lift_of_a_mean_has_the_interval_of_the_delta_method():
    effect = compare_means(Sample(count=400, mean=10.0, variance=4.0), Sample(count=400, mean=11.0, variance=9.0))
    reach = 1.959964 * math.hypot(math.sqrt(9 / 400), 1.1 * math.sqrt(4 / 400)) / 10
    assert effect.lift == pytest.approx(0.1)
    assert (effect.lift_interval.low, effect.lift_interval.high) == pytest.approx((0.1 - reach, 0.1 + reach), rel=1e-6)


def test_few_conversions_are_tested_exactly_as_fishers_tea():
    effect = compare_proportions(Proportion(successes=3, total=4), Proportion(successes=1, total=4))
    assert (effect.method, effect.p_value) == ("Fisher's exact test", pytest.approx(0.4857142857))
    assert "Few" in effect.caution


@settings(max_examples=10)  # statsmodels collects all garbage of the process at every call, which takes up to seconds
@given(st.lists(st.floats(0, 1), min_size=1, max_size=9))
def test_holm_agrees_with_statsmodels(p_values):
    assert holm(p_values) == pytest.approx(list(multipletests(p_values, method="holm")[1]))


def test_a_p_value_that_is_unknown_is_not_counted():
    assert holm([0.04, None, 0.01]) == [0.04, None, 0.02]
    assert holm([None]) == [None]


def test_the_sizes_of_arms_are_checked_against_the_plan():
    mendel = sample_ratio([315, 108, 101, 32], [9, 3, 3, 1])  # his peas: chi-square 0.470, p 0.925
    assert mendel.p_value == pytest.approx(0.9254, abs=1e-4)
    assert sample_ratio([5000, 5000]).p_value == 1
    assert sample_ratio([500, 1500], [0.25, 0.75]).p_value == 1
    assert sample_ratio([5000, 5400]).is_suspicious
    assert not sample_ratio([50, 54]).is_suspicious


def test_nothing_is_claimed_where_nothing_can_be_told():
    nobody = compare_proportions(Proportion(successes=0, total=50), Proportion(successes=0, total=60))
    assert (nobody.p_value, nobody.lift, nobody.caution) == (None, None, "Nobody converted in either arm.")
    assert nobody.interval.low < 0 < nobody.interval.high
    assert compare_proportions(Proportion(successes=5, total=5), Proportion(successes=9, total=9)).p_value is None
    assert compare_proportions(Proportion(successes=0, total=0), Proportion(successes=1, total=9)).p_value is None
    assert compare_means(sample([1.0]), sample([2.0, 3.0])).p_value is None
    assert compare_means(sample([2, 2, 2]), sample([3, 3, 3])).p_value is None
    assert compare_means(Sample(count=0, mean=None, variance=None), sample([1, 2])).difference is None
    assert sample_ratio([7]).p_value is None
    assert sample_ratio([0, 0]).p_value is None
    assert wilson_interval(Proportion(successes=0, total=0)) is None


def test_a_lift_over_nothing_or_nearly_nothing_has_no_interval():
    zero = compare_proportions(Proportion(successes=0, total=500), Proportion(successes=40, total=500))
    assert (zero.lift, zero.lift_interval) == (None, None)
    noisy = compare_means(Sample(count=50, mean=0.01, variance=9.0), Sample(count=50, mean=1.0, variance=9.0))
    assert noisy.lift_interval is None
    assert noisy.p_value is not None


@given(st.integers(0, 60), st.integers(1, 60), st.integers(0, 60), st.integers(1, 60))
def test_every_pair_of_counts_has_bounded_figures(a, n, b, m):
    effect = compare_proportions(Proportion(successes=min(a, n), total=n), Proportion(successes=min(b, m), total=m))
    assert effect.p_value is None or 0 <= effect.p_value <= 1 + 1e-12
    assert -1 - 1e-9 <= effect.interval.low <= effect.difference + 1e-9
    assert effect.difference - 1e-9 <= effect.interval.high <= 1 + 1e-9


def test_cookie_cats_gives_its_published_figures(shared_data):
    players = pq.read_table(shared_data / "cookie_cats/cookie_cats.parquet")
    arms = [players.filter(pc.equal(players["test_version"], name)) for name in ("gate_30", "gate_40")]

    def retention(name):
        return [Proportion(successes=pc.sum(arm[name]).as_py(), total=arm.num_rows) for arm in arms]

    assert [each.rate for each in retention("retention_1")] == pytest.approx([0.448188, 0.442283], abs=5e-7)
    assert [each.rate for each in retention("retention_7")] == pytest.approx([0.190201, 0.182000], abs=5e-7)
    assert compare_proportions(*retention("retention_1")).p_value == pytest.approx(0.0744, abs=5e-5)
    assert compare_proportions(*retention("retention_7")).p_value == pytest.approx(0.00155, abs=5e-6)
    sizes = sample_ratio([arm.num_rows for arm in arms])
    assert sizes.is_suspicious
    assert sizes.p_value == pytest.approx(0.0086, abs=5e-5)
