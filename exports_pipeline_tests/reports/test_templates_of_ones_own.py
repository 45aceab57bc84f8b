"""Reports that users add: by a YAML or a Python file in a folder of their own."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from exports_pipeline.core.refusals import InvalidParameter
from exports_pipeline.core.report import Chart, KeyFigures, Mark, Table
from exports_pipeline.reports.catalog import BUILT_IN, load_templates
from exports_pipeline_tests.builders import requester
from exports_pipeline_tests.reports.conftest import Desk

PAGE = (Path(__file__).parents[2] / "docs/reports/your-own.md").read_text(encoding="utf-8")
JULY = {"start_date": "2013-07-01", "end_date": "2013-07-31"}


def example(language):
    return re.search(rf"```{language}\n(.+?)```", PAGE, flags=re.DOTALL)[1]


def desk_with(desk, folder):
    return Desk(warehouse=desk.warehouse, catalog=desk.catalog, templates=load_templates(folder))


def test_the_yaml_of_the_page_is_a_report(sample_desk, tmp_path):
    (tmp_path / "late_flights.yaml").write_text(example("yaml"))
    desk = desk_with(sample_desk, tmp_path)
    assert desk.templates.broken == ()
    report = desk.report("late_flights", requester("UA"), **JULY)
    assert report.title == "Late flights"
    figures, late, line, table = report.sections
    assert isinstance(figures, KeyFigures)
    assert (late.heading, late.mark, late.categories) == ("Late by more than 30 minutes", Mark.BAR, ("UA",))
    assert isinstance(line, Chart)
    assert isinstance(table, Table)
    assert (len(table.rows), table.note) == (20, "The first 20 of more.")
    fewer = desk.report("late_flights", requester("UA"), minutes=120, **JULY)
    assert 0 < fewer.sections[1].series[0].values[0] < late.series[0].values[0]
    assert ("Dataset", "flights, 2013-07-01 to 2013-07-31: 5,069 rows") in report.facts
    assert desk.report("late_flights", requester("nobody"), **JULY).sections[0].heading == "No data"


def test_the_python_of_the_page_is_a_report(sample_desk, tmp_path):
    (tmp_path / "busiest_days.py").write_text(example("python"))
    desk = desk_with(sample_desk, tmp_path)
    assert desk.templates.broken == ()
    [table] = desk.report("busiest_days", requester("UA"), dataset="flights", **JULY).sections
    counts = [row[1] for row in table.rows]
    assert len(counts) == 5
    assert counts == sorted(counts, reverse=True)


def test_a_value_of_a_parameter_is_a_value_and_never_a_condition(sample_desk, tmp_path):
    (tmp_path / "by_name.yaml").write_text(
        "dataset: airlines\nparameters: [{name: wanted}]\n"
        "sections: [{show: table, measures: [count], where: name = $wanted}]\n"
    )
    desk = desk_with(sample_desk, tmp_path)
    assert desk.report("by_name", wanted="x or carrier = UA").sections[0].rows == ((0,),)
    assert desk.report("by_name", wanted="United Air Lines Inc.").sections[0].rows == ((1,),)
    assert desk.report("by_name").sections[0].rows == ((16,),)
    with pytest.raises(InvalidParameter):
        desk.report("by_name", other=1)


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("a.yaml", "title: [", "is no readable YAML"),
        ("a.yaml", "just text", "must be a mapping"),
        ("a.yaml", "sections: []", "needs at least one"),
        ("a.yaml", "sectoins: []", "unknown key 'sectoins'"),
        ("a.yaml", "sections: [{show: pie}]", "'pie' is none of"),
        ("a.yaml", "sections: [{show: table, measures: [total(x)]}]", "is no measure"),
        ("a.yaml", "sections: [{show: bar, measures: [count]}]", "a chart goes by one column"),
        ("a.yaml", "sections: [{show: table, measures: [count], where: a = $b}]", "$b is no parameter"),
        ("a.yaml", "sections: [{show: table, measures: [count], where: nonsense}]", "is no condition"),
        ("a.yaml", "sections: [{show: text}]", "text: is missing"),
        ("a.yaml", "sections: [{measures: [count], limit: 5000}]", "must be 1 to 200"),
        ("a.yaml", "parameters: [{name: dataset}]\nsections: [{text: x}]", "always there"),
        ("a.yaml", "parameters: [{name: a, kind: colour}]\nsections: [{text: x}]", "must be text, number"),
        ("kpi.yaml", "sections: [{text: x}]", "a template kpi already"),
        ("a.py", "import nothing_of_this_name", "ModuleNotFoundError"),
        ("a.py", "def broken(:", "SyntaxError"),
        ("a.py", "raise SystemExit(3)", "SystemExit: 3"),
        ("a.py", "TEMPLATE = 7", "no TEMPLATE"),
    ],
)
def test_a_broken_file_is_named_and_the_others_work_on(tmp_path, name, text, problem):
    (tmp_path / name).write_text(text)
    (tmp_path / "good.yml").write_text("sections: [{text: Hello}]")
    (tmp_path / "_draft.yaml").write_text("[")
    (tmp_path / "notes.txt").write_text("[")
    templates = load_templates(tmp_path)
    [broken] = templates.broken
    assert broken.file == name
    assert problem in broken.problem
    assert [each.name for each in templates] == [*(each.name for each in BUILT_IN), "good"]


def test_a_folder_that_is_not_there_is_named(tmp_path):
    [broken] = load_templates(tmp_path / "none").broken
    assert "EXPORTS_REPORTS" in broken.problem


def test_whoever_lists_the_templates_imports_no_statistics():
    code = (
        "import sys; from exports_pipeline.reports.catalog import load_templates; assert list(load_templates(None)); "
        "print([name for name in ('scipy', 'reportlab', 'duckdb', 'pyarrow', 'xlsxwriter') if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
