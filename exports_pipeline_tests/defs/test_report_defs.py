"""The Dagster job of a report, with the real renderers over ports in memory."""

import dagster as dg
import pytest

from exports_pipeline.adapters.export_runs import run_config, run_tags
from exports_pipeline.core.branding import Branding
from exports_pipeline.core.lifecycle import Status
from exports_pipeline.defs.report import report
from exports_pipeline.defs.safety_nets import waiting_exports
from exports_pipeline.reports.catalog import load_templates
from exports_pipeline.reports.maker import TemplateReports
from exports_pipeline.usecases.request_report import request_report
from exports_pipeline_tests.builders import requester
from exports_pipeline_tests.fakes.ports import fake_ports

PARAMS = {"dataset": "sales", "metrics": ["amount"], "by": "kind"}
STARTS = {"pdf": b"%PDF-", "xlsx": b"PK", "html": b"<!doctype html>"}


@pytest.fixture
def ports():
    return fake_ports(reports=TemplateReports(load_templates(None), Branding(name="Acme")))


@pytest.mark.parametrize("file_format", STARTS)
def test_a_run_turns_answers_into_a_document(ports, file_format):
    job = request_report("metrics_summary", PARAMS, file_format, requester("ann"), ports=ports).job
    with dg.DagsterInstance.ephemeral() as instance:
        result = report.execute_in_process(
            run_config=run_config(job), tags=run_tags(job), resources={"ports": ports}, instance=instance
        )
    assert result.success
    done = ports.jobs.get(job.id)
    assert done.status is Status.COMPLETED
    assert ports.objects.objects[done.result.object_key].body.lower().startswith(STARTS[file_format].lower())


def test_the_sensor_launches_reports_with_their_own_job(ports):
    request_report("metrics_summary", PARAMS, "pdf", requester("ann"), ports=ports)
    with dg.build_sensor_context(resources={"ports": ports}) as context:
        (launched,) = list(waiting_exports(context))
    assert launched.job_name == "report"
