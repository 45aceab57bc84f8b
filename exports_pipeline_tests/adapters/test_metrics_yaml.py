"""Declarations of metrics are read, and everything that is wrong with them is said at once."""

from textwrap import dedent

import pytest

from exports_pipeline.adapters.metrics_yaml import read_metrics
from exports_pipeline.core.errors import InvalidMetrics
from exports_pipeline.core.metric import Aggregate, EventFilter, Metric


def written(folder, content):
    path = folder / "metrics.yaml"
    path.write_text(dedent(content), encoding="utf-8")
    return path


def problems(folder, content):
    with pytest.raises(InvalidMetrics) as refused:
        read_metrics(written(folder, content))
    return refused.value.sentence.splitlines()


def of_metric(folder, fields):
    return problems(folder, f"metrics:\n- {{name: calls, {fields}}}\n")


def test_the_packaged_metrics_can_be_read():
    names = [metric.name for metric in read_metrics()]
    assert {"conversations", "intents", "engagement", "customers"} <= set(names)


def test_a_metric_of_ones_own_takes_a_few_lines(tmp_path):
    path = written(
        tmp_path,
        """
        version: 1
        metrics:
          - name: calls
            events: {event_type: [call, callback], label: "yes"}
          - {name: revenue, title: Money, unit: EUR, aggregate: sum, dimensions: [campaign, metadata.shop]}
        """,
    )
    assert list(read_metrics(path)) == [
        Metric(name="calls", title="Calls", events=EventFilter(event_type=("call", "callback"), label=("yes",))),
        Metric(
            name="revenue",
            title="Money",
            unit="EUR",
            aggregate=Aggregate.SUM,
            dimensions=("campaign", "metadata.shop"),
        ),
    ]


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ("agregate: sum", "agregate: unknown key; did you mean aggregate?"),
        ("aggregate: median", "aggregate: 'median' is none of count, sum, min, max, mean, distinct"),
        ("events: call", "events: must be a mapping as {event_type: call}, is 'call'"),
        ("events: {event_typ: call}", "events.event_typ: unknown key; did you mean event_type?"),
        ("events: {event_type: []}", "events.event_type: is empty"),
        ("events: {event_type: [1]}", "events.event_type: must be a list of texts, is [1]"),
        ("events: {label: yes}", "events.label: must be text, is True; put it in quotes"),
        ("dimensions: [campain]", "dimensions: 'campain' is none of campaign, category, label, event_type, segment,"),
        ("dimensions: [metadata.]", "dimensions: 'metadata.' is none of"),
        ("dimensions: campaign", "dimensions: must be a list of texts, is 'campaign'"),
    ],
)
def test_what_is_wrong_with_a_metric_is_told_by_its_field(tmp_path, fields, problem):
    [found] = of_metric(tmp_path, fields)
    assert found.startswith(f"metrics.yaml: metric calls: {problem}")


def test_all_problems_are_told_at_once(tmp_path):
    found = problems(
        tmp_path,
        """
        version: 2
        metric: []
        metrics:
          - {title: Nameless}
          - {name: Calls}
          - calls
          - {name: twice}
          - {name: twice}
        """,
    )
    assert found == [
        "metrics.yaml: metric: unknown key; did you mean metrics?",
        "metrics.yaml: version: must be 1, is 2",
        "metrics.yaml: metric #1: name: is missing",
        "metrics.yaml: metric Calls: name: must be letters a-z, digits and _, at most 63, and begin with a letter",
        "metrics.yaml: metric #3: must be a mapping, is 'calls'",
        "metrics.yaml: metric twice: name: stands twice; give one of them another name",
    ]


def test_a_file_without_metrics_is_refused_with_its_line(tmp_path):
    assert problems(tmp_path, "[]") == ["metrics.yaml: line 1: must be a mapping with the keys version and metrics"]
    assert problems(tmp_path, "version: 1") == ["metrics.yaml: metrics: is missing"]
    assert problems(tmp_path, "metrics: [{")[0].startswith("metrics.yaml: line 1: ")
