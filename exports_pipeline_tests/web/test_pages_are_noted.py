"""What is done on pages stands in the audit log as what is done over the API does, refusals included."""

import time

import pytest

from exports_pipeline_tests.api_client import token_of
from exports_pipeline_tests.web.test_sessions import Browser

FORM = {"style": "csv"}
REPORT = {"dataset": "sales", "by": "kind", "metrics": "amount", "period": "all"}


@pytest.fixture
def browser(url):
    browser = Browser(url)
    assert browser.sign_in(token_of("ann")).status_code == 303
    yield browser
    browser.client.close()


def noted(ports):
    """Actions and outcomes, without those of the worker."""
    return [(each.action, each.outcome) for each in ports.audit.audit]


def pressed(browser, path, **form):
    return browser.post(path, {"csrf": browser.csrf(), **form})


def test_looks_exports_downloads_reports_and_their_previews_are_noted(browser, ports):
    assert "10.50" in pressed(browser, "/datasets/sales/estimate", **FORM).text
    job = pressed(browser, "/datasets/sales", do="export", **FORM).headers["location"]
    until = time.monotonic() + 20
    while browser.get(f"{job}/progress").headers["export-status"] != "completed":
        assert time.monotonic() < until
    assert browser.get(f"{job}/download").status_code == 307
    assert pressed(browser, "/reports/metrics_summary/preview", **REPORT).status_code == 200
    assert pressed(browser, "/reports/metrics_summary", do="make", format="pdf", **REPORT).status_code == 303
    wanted = ["export.estimated", "export.requested", "export.download_link", "report.previewed", "report.requested"]
    assert noted(ports) == [(action, "ok") for action in wanted]


def test_what_pages_refuse_is_noted(browser, url, ports):
    elsewhere = Browser(url)
    assert elsewhere.sign_in("nonsense").status_code == 422
    elsewhere.client.close()
    assert browser.post("/datasets/sales", {"do": "export"}).status_code == 403
    assert browser.get("/exports/00000000-0000-0000-0000-000000000007/download").status_code == 404
    refused = [(each.details["route"], each.details["code"], each.outcome) for each in ports.audit.audit]
    assert refused == [
        ("/sign-in", "invalid_token", "refused"),
        ("/datasets/{dataset_id}", "form_refused", "refused"),
        ("/exports/{job_id}/download", "unknown_export_job", "refused"),
    ]
