"""Every template has a page whose examples make a report of the sample."""

import json
import re
from pathlib import Path

import pytest

from exports_pipeline.core.report import Chart, KeyFigures, Table, Text
from exports_pipeline.core.report_json import report_of_json, report_to_json
from exports_pipeline.reports.catalog import BUILT_IN
from exports_pipeline_tests.builders import requester

FOLDER = Path(__file__).parents[2] / "docs/reports"
OWNERS = {"flights": "UA"}


def page(name):
    return (FOLDER / f"{name}.md").read_text(encoding="utf-8")


def examples():
    for template in BUILT_IN:
        for place, body in enumerate(re.findall(r"```json\n(.+?)```", page(template.name), flags=re.DOTALL)):
            yield pytest.param(json.loads(body), id=f"{template.name}-{place}")


@pytest.mark.parametrize("template", BUILT_IN, ids=lambda each: each.name)
def test_every_parameter_is_documented_beside_a_picture(template):
    text = page(template.name)
    assert [each.name for each in template.parameters if f"`{each.name}`" not in text] == []
    assert f"({template.name}.md)" in page("README")
    assert f"(pictures/{template.name}.png)" in text
    assert (FOLDER / f"pictures/{template.name}.png").stat().st_size < 150_000
    own = re.findall(r"^\| `(\w+)` \|", text.partition("## Parameters")[2], flags=re.MULTILINE)
    assert set(own) <= {each.name for each in template.parameters}


@pytest.mark.parametrize("body", list(examples()))
def test_every_example_makes_a_report_of_the_sample(sample_desk, body):
    params = body["params"]
    who = requester(OWNERS.get(params["dataset"], "demo"))
    report = sample_desk.report(body["template"], who, **params)
    kinds = {type(section) for section in report.sections}
    assert kinds >= {Table, Chart}
    assert kinds & {KeyFigures, Text}
    assert not any(
        isinstance(each, Text) and each.heading in {"No data", "Nothing to compare"} for each in report.sections
    )
    facts = dict(reversed(report.facts))
    assert re.fullmatch(rf"{params['dataset']}, .+: [1-9][\d,]* rows", facts["Dataset"])
    assert facts["Time zone"] == params.get("timezone", "UTC")
    assert facts["Redactions"] == "none"
    assert report_to_json(report_of_json(report_to_json(report))) == report_to_json(report)
    for section in report.sections:
        if isinstance(section, Table):
            assert {len(row) for row in section.rows} <= {len(section.columns)}
        if isinstance(section, Chart):
            assert {len(series.values) for series in section.series} == {len(section.categories)}
            assert section.description


@pytest.mark.parametrize("body", list(examples()))
def test_every_example_says_so_where_there_is_no_data(sample_desk, body):
    if "start_date" not in body["params"] and body["template"] != "experiment_results":
        pytest.skip("it has no period")
    params = {**body["params"], "start_date": "1999-01-01", "end_date": "1999-12-31"}
    report = sample_desk.report(body["template"], requester("UA"), **params)
    [section] = report.sections
    assert section.heading == "No data"
    assert "1999-01-01 to 1999-12-31" in section.text
    assert "0 rows" in report.facts[0][1]
