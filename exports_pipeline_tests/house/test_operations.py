"""Dashboard, alerts and runbook speak of what the service really tells."""

import json
import re
from pathlib import Path

import yaml
from prometheus_client.parser import text_string_to_metric_families

from exports_api.ledger_metrics import ledger_metrics
from exports_api.metrics import ApiMetrics
from exports_pipeline.core.figures import Figures
from exports_pipeline_tests.fakes.clock import NOON

FOLDER = Path(__file__).parents[2] / "docs/operations"
DASHBOARD = json.loads((FOLDER / "dashboard.json").read_text(encoding="utf-8"))
(GROUP,) = yaml.safe_load((FOLDER / "alerts.yaml").read_text(encoding="utf-8"))["groups"]
RUNBOOK = (FOLDER / "runbook.md").read_text(encoding="utf-8")
SHOWN = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
WATCHED = [rule["expr"] for rule in GROUP["rules"]]
SUFFIXES = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count"), "gauge": ("",)}


def exported():
    """Names of samples by the metric they belong to."""
    page = ApiMetrics().page(ledger_metrics(Figures(), slots=2, now=NOON)).decode()
    families = [family for family in text_string_to_metric_families(page) if not family.name.endswith("_created")]
    return {family.name: {family.name + suffix for suffix in SUFFIXES[family.type]} for family in families}


def named(expressions):
    return set(re.findall(r"\bexports_[a-z_]+", " ".join(expressions)))


def test_every_metric_of_dashboard_and_alerts_is_exported():
    assert named(SHOWN + WATCHED) - set().union(*exported().values()) == set()


def test_every_metric_that_is_exported_is_on_the_dashboard():
    assert [name for name, samples in exported().items() if not samples & named(SHOWN)] == []


def test_every_panel_reads_from_the_chosen_data_source():
    assert {panel["datasource"]["uid"] for panel in DASHBOARD["panels"]} == {"${datasource}"}
    assert [each["type"] for each in DASHBOARD["templating"]["list"]] == ["datasource"]
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(ids) == len(set(ids))


def test_panels_do_not_lie_upon_each_other():
    cells = [
        (x, y)
        for place in (panel["gridPos"] for panel in DASHBOARD["panels"])
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) == 23


def test_every_alert_is_whole_and_its_parentheses_close():
    for rule in GROUP["rules"]:
        assert {"alert", "expr", "for", "labels", "annotations"} == set(rule)
        assert rule["labels"]["severity"] in {"critical", "warning"}
        assert rule["annotations"]["summary"]
    for expression in SHOWN + WATCHED:
        assert all(expression.count(left) == expression.count(right) for left, right in ("()", "{}", "[]"))


def test_every_alert_has_its_paragraph_and_every_paragraph_its_alert():
    chapters = dict(re.findall(r"^## (\w+)\n\n(.+?)(?=\n\n|\Z)", RUNBOOK, flags=re.MULTILINE | re.DOTALL))
    assert list(chapters) == [rule["alert"] for rule in GROUP["rules"]]
    assert all(len(paragraph.split()) > 25 for paragraph in chapters.values())
