"""The insights about exports as a file: figures of the ledger, one's own only, in every format."""

import csv
import io
from dataclasses import replace

import psycopg
import pytest
from openpyxl import load_workbook

from exports_pipeline.adapters.all_sources import AllSources
from exports_pipeline.adapters.migrations import migrate
from exports_pipeline.adapters.postgres_warehouse import PostgresWarehouse
from exports_pipeline.adapters.system_datasets import with_system_datasets
from exports_pipeline.core.branding import Branding
from exports_pipeline.core.catalog import Catalog, DataSource, user_id
from exports_pipeline.core.report import Chart, Mark
from exports_pipeline.reports.catalog import load_templates
from exports_pipeline.reports.maker import TemplateReports
from exports_pipeline.usecases.build_report import build_report
from exports_pipeline_tests.api_client import EXPORTS, run
from exports_pipeline_tests.builders import requester
from exports_pipeline_tests.fakes.ports import fake_ports
from exports_pipeline_tests.fakes.schema import InMemorySchema
from exports_pipeline_tests.pdf_reader import read_text
from exports_pipeline_tests.used_exports import use_exports

INSIGHTS = "/api/analytics/insights/export"
RANGE = {"from": "2026-01-01", "to": "2026-03-01"}
ROOT = requester("root", "EXPORT_ALL")


@pytest.fixture(scope="module")
def used(postgres):
    """URL of a ledger of used exports, which nobody changes."""
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("CREATE DATABASE used")
    url = postgres.rpartition("/")[0] + "/used"
    migrate(url)
    use_exports(url, jobs=40)
    return url


@pytest.fixture
def ports(used):
    """Ports whose rows come from that ledger; what is requested here goes into another."""
    return fake_ports(
        catalog=with_system_datasets(Catalog(()), InMemorySchema({})),
        warehouse=AllSources({DataSource.POSTGRES: PostgresWarehouse(used)}),
        reports=TemplateReports(load_templates(None), Branding()),
    )


def ask(url, statement):
    with psycopg.connect(url) as connection:
        return connection.execute(statement).fetchall()


def made(client, ports, **body):
    """The file of a completed request."""
    answer = client.post(INSIGHTS, json=RANGE | body)
    assert answer.status_code == 202, answer.text
    job_id = answer.json()["job_id"]
    run(ports, job_id)
    seen = client.get(f"{EXPORTS}/{job_id}").json()
    assert seen["status"] == "completed", seen["error"]
    key = next(job.result.object_key for job in ports.jobs.jobs.values() if str(job.id) == job_id)
    return ports.objects.objects[key].body


def test_rows_as_csv_are_ones_own_and_add_up_to_the_ledger(ann, admin, ports, used):
    everything = "SELECT count(*), sum(volume), count(*) FILTER (WHERE status = 'failed') FROM export_jobs"
    for client, condition in ((ann, "WHERE owner_key = 'ann'"), (admin, "")):
        rows = list(csv.DictReader(io.StringIO(made(client, ports, format="csv").decode())))
        [expected] = ask(used, f"{everything} {condition}")
        assert tuple(sum(int(row[name]) for row in rows) for name in ("jobs", "row_count", "failed")) == expected
    assert {row["owner_key"] for row in rows} == {"ann", "bob", "eve"}


def test_a_pdf_shows_figures_charts_and_the_largest_exports(admin, ports, used):
    text = "\n".join(read_text(made(admin, ports, format="pdf")))
    [(jobs, volume)] = ask(used, "SELECT count(*), sum(volume) FROM export_jobs")
    for shown in ("Destinations by week", "Exported rows by week", "Jobs by tag", "Plans", "Largest exports"):
        assert shown in text
    assert f"{volume:,}" in text
    assert str(jobs) in text


def test_a_workbook_has_native_charts(admin, ports):
    book = load_workbook(io.BytesIO(made(admin, ports, format="xlsx")))
    charts = [type(chart).__name__ for sheet in book.worksheets for chart in sheet._charts]
    assert charts == ["BarChart", "LineChart", "PieChart"]


def test_charts_have_the_figures_of_a_direct_query(ports, used):
    days = {"start_date": "2026-01-01", "end_date": "2026-03-01"}
    report, snapshot = build_report("insights", days, ROOT, ports=ports)
    charts = {chart.mark: chart for chart in report.sections if isinstance(chart, Chart)}
    bars, line, parts = charts[Mark.STACKED_BAR], charts[Mark.LINE], charts[Mark.PIE]
    drawn = {
        (week, series.name, int(jobs))
        for series in bars.series
        for week, jobs in zip(bars.categories, series.values, strict=True)
        if jobs
    }
    direct = ask(
        used,
        "SELECT date_trunc('week', completed_at AT TIME ZONE 'UTC')::date, coalesce(each ->> 'channel', 'manual'), "
        "count(*) FROM export_jobs LEFT JOIN jsonb_array_elements(recipients) AS each ON true GROUP BY 1, 2",
    )
    assert drawn == set(direct)
    direct = ask(
        used,
        "SELECT coalesce(tag, '(none)'), count(*) FROM export_jobs "
        "LEFT JOIN unnest(tag_summary) AS tag ON true GROUP BY 1",
    )
    assert dict(zip(parts.categories, parts.series[0].values, strict=True)) == dict(direct)
    assert ask(used, "SELECT sum(volume)::float8 FROM export_jobs") == [(sum(line.series[0].values),)]
    assert snapshot.name.startswith("postgres used@")


def test_a_report_is_about_ones_own_jobs(ports):
    titles = {}
    for name in ("ann", "nobody"):
        report, _ = build_report("insights", {"period": "all"}, requester(name), ports=ports)
        titles[name] = [getattr(section, "heading", "") for section in report.sections]
    assert "Largest exports" in titles["ann"]
    assert titles["nobody"] == ["No data"]
    assert "bob" not in repr(report)


def test_filters_narrow_every_format(admin, ports):
    filters = {"dataset": ["sales"], "tag": ["audit"]}
    rows = list(csv.DictReader(io.StringIO(made(admin, ports, format="csv", filters=filters).decode())))
    assert {row["dataset"] for row in rows} == {"sales"}
    assert all("audit" in row["tags"] for row in rows)
    text = "\n".join(read_text(made(admin, ports, format="pdf", filters=filters)))
    assert "sales" in text
    assert "calls" not in text.partition("Largest exports")[0]


NARROWED = [
    ({"plan": ["pro", "free"]}, "metadata #>> '{labels,plan}' IN ('pro', 'free')", "plan: pro, free"),
    (
        {"plan": [""], "format": ["csv"]},
        "NOT metadata ? 'labels' OR metadata #>> '{labels,plan}' IS NULL",
        "format: csv",
    ),
    ({"list": ["list 1"]}, "metadata #>> '{labels,list}' = 'list 1'", "list: list 1"),
    ({"destination": ["email"]}, 'recipients @> \'[{"channel": "email"}]\'', "destinations: email"),
    (
        {"destination": ["manual", "slack"]},
        "recipients = '[]' OR recipients @> '[{\"channel\": \"slack\"}]'",
        "manual, slack",
    ),
    ({"tag": [""], "dataset": ["sales"]}, "tag_summary = '{}' AND dataset = 'sales'", "tags: none"),
    ({"user": [str(user_id("bob"))]}, f"requester = '{user_id('bob')}'", f"user id: {user_id('bob')}"),
    ({"status": ["failed"], "error": ["query_failed"]}, "error_code = 'query_failed'", "error code: query_failed"),
]


@pytest.mark.parametrize(("filters", "condition", "told"), NARROWED, ids=[told for _, _, told in NARROWED])
def test_every_filter_narrows_rows_and_report_as_a_direct_query(admin, ports, used, filters, condition, told):
    rows = list(csv.DictReader(io.StringIO(made(admin, ports, format="csv", filters=filters).decode())))
    format_too = "AND format = 'csv'" if "format" in filters else ""
    [(jobs, volume)] = ask(
        used, f"SELECT count(*), coalesce(sum(volume), 0) FROM export_jobs WHERE ({condition}) {format_too}"
    )
    assert jobs > 0
    assert sum(int(row["jobs"]) for row in rows) == jobs
    assert sum(int(row["row_count"]) for row in rows) == volume
    text = " ".join(" ".join(read_text(made(admin, ports, format="pdf", filters=filters))).split())
    assert told in text
    assert "No data" not in text


def test_the_insights_of_somebody_else_are_refused(ann, ports):
    answer = ann.post(INSIGHTS, json=RANGE | {"format": "pdf", "filters": {"user": [str(user_id("bob"))]}})
    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
    rows = made(ann, ports, format="csv", filters={"user": [str(user_id("ann"))]})
    assert {row["owner_key"] for row in csv.DictReader(io.StringIO(rows.decode()))} == {"ann"}


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({"format": "html"}, "unknown_format", "format"),
        ({"format": "csv", "from": "2026-03-02"}, "invalid_date_range", "to"),
        ({"format": "pdf", "timezone": "Mars/Base"}, "invalid_option", "timezone"),
        ({"format": "csv", "filters": {"dataset": ["nothing"]}}, "unknown_account", "filters.dataset"),
        ({"format": "csv", "filters": {"tag": ["nothing"]}}, "unknown_tag", "filters.tag"),
        ({"format": "csv", "filters": {"destination": ["pigeon"]}}, "invalid_request", "filters.destination.0"),
        ({"format": "csv", "filters": {"status": ["running"]}}, "invalid_request", "filters.status.0"),
    ],
)
def test_what_does_not_fit_is_told_with_its_field(admin, body, code, field):
    problem = admin.post(INSIGHTS, json=RANGE | body)
    assert problem.status_code == 422
    assert (problem.json()["code"], problem.json()["errors"][0]["field"]) == (code, field)


def test_without_a_range_it_is_about_the_last_ninety_days(ann, ports):
    answer = ann.post(INSIGHTS, json={"format": "csv"})
    job = next(job for job in ports.jobs.jobs.values() if str(job.id) == answer.json()["job_id"])
    assert (str(job.filters.start_date), str(job.filters.end_date)) == ("2025-12-02", "2026-03-01")
    assert replace(job.filters, start_date=None, end_date=None) == type(job.filters)()
