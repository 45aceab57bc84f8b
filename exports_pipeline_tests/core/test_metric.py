"""A metric, and the same told apart by less."""

import pytest

from exports_pipeline.core.metric import Aggregate, Metric

CALLS = Metric(name="calls", dimensions=("campaign", "label", "segment"))
PEOPLE = Metric(name="people", aggregate=Aggregate.DISTINCT, dimensions=("campaign", "label"))


@pytest.mark.parametrize(
    ("metric", "asked", "read"),
    [
        (CALLS, [], "calls#"),
        (CALLS, ["label"], "calls#label"),
        (CALLS, ["campaign"], "calls#campaign"),
        (CALLS, ["label", "campaign"], "calls"),
        (CALLS, ["segment"], "calls"),
        (PEOPLE, ["campaign"], "people#campaign"),
        (PEOPLE, ["label"], "people"),
        (Metric(name="all"), [], "all"),
        (Metric(name="by_label", dimensions=("label",)), ["label"], "by_label"),
    ],
)
def test_a_question_reads_the_metric_of_fewest_dimensions_that_knows_all_it_asks_for(metric, asked, read):
    assert metric.kept_by(asked).name == read
    assert metric.kept_by(asked) in metric.kept
