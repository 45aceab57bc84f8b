"""The reports of the audit log, asked for and scheduled over HTTP: by auditors, and by nobody else."""

from dataclasses import replace

import pytest

from exports_api.app import create_app
from exports_pipeline.adapters.system_datasets import with_system_datasets
from exports_pipeline_tests.api_client import ApiClient
from exports_pipeline_tests.fakes.schema import InMemorySchema
from exports_pipeline_tests.schedule_client import DAILY, SCHEDULES

REPORTS = "/api/analytics/reports"
EVERY = pytest.mark.parametrize("template", ["compliance_audit", "user_activity_report"])


@pytest.fixture
def app(ports, settings):
    catalog = with_system_datasets(ports.catalog, InMemorySchema({}))
    return create_app(replace(ports, catalog=catalog), settings, dispatch_soon=lambda: None)


@EVERY
def test_auditors_ask_for_the_reports_and_schedule_them(app, template):
    auditor = ApiClient(app, user="eve", permissions=("VIEW_AUDIT",))
    body = {"template": template, "params": {"period": "last_month", "timezone": "Europe/Prague"}}
    assert auditor.post(REPORTS, json=body | {"format": "pdf"}).status_code == 202
    monthly = DAILY | {"kind": "report", "body": body, "format": ["pdf", "xlsx"], "cron": "0 6 1 * *"}
    assert auditor.post(SCHEDULES, json=monthly).status_code == 201


@EVERY
@pytest.mark.parametrize("permissions", [(), ("EXPORT_ALL", "MANAGE_EXPORTS", "VIEW_INSIGHTS_ALL", "ADMIN")])
def test_nobody_else_does(app, template, permissions):
    caller = ApiClient(app, user="root", permissions=permissions)
    for path, body in (
        (REPORTS, {"template": template, "format": "pdf", "params": {}}),
        (SCHEDULES, DAILY | {"kind": "report", "body": {"template": template, "params": {}}, "format": "pdf"}),
    ):
        refused = caller.post(path, json=body)
        assert refused.status_code == 422
        assert [each["field"].removeprefix("body.") for each in refused.json()["errors"]] == ["params.dataset"]
