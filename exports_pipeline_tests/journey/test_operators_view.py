"""What an operator sees of an export in Dagster, over the GraphQL of its pages."""

import json

import pytest

from exports_pipeline_tests.journey.running_stack import EXPORTS, wait_until

pytestmark = pytest.mark.slow

OUTPUTS = """query Outputs($run: ID!) { runOrError(runId: $run) { ... on Run {
  status jobName
  eventConnection { events { __typename ... on ExecutionStepOutputEvent { stepKey metadataEntries {
    label ... on IntMetadataEntry { intRepr } ... on FloatMetadataEntry { floatValue }
    ... on TextMetadataEntry { text } ... on UrlMetadataEntry { url }
    ... on MarkdownMetadataEntry { mdStr } } } } } } } }"""
VALUES = ("intRepr", "floatValue", "text", "mdStr", "url")


def outputs_of(stack, run_id):
    """Metadata by step and label."""
    run = stack.graphql(OUTPUTS, run=run_id)["runOrError"]
    events = [each for each in run["eventConnection"]["events"] if each["__typename"] == "ExecutionStepOutputEvent"]
    return {
        event["stepKey"]: {
            entry["label"]: next(entry[name] for name in VALUES if name in entry) for entry in event["metadataEntries"]
        }
        for event in events
    }


def test_a_run_tells_what_it_made_without_a_log_being_opened(stack, demo):
    job = demo.completed(demo.export("fct_transactions", "csv"))
    run = wait_until(lambda: found if (found := stack.run_of(job["job_id"]))["status"] == "SUCCESS" else None)
    tags = {tag["key"]: tag["value"] for tag in run["tags"]}
    assert run["jobName"] == "dataset_export"
    assert tags["exports/job_id"] == job["job_id"]
    assert (tags["exports/attempt"], tags["exports/dataset"], tags["exports/format"]) == (
        "1",
        "fct_transactions",
        "csv",
    )
    assert tags["exports/user"]
    assert tags["exports/page"] == f"{stack.api_url}/exports/{job['job_id']}"
    made = outputs_of(stack, run["runId"])["export_rows"]
    assert (int(made["rows"]), int(made["bytes"])) == (job["row_count"], job["file_size_bytes"])
    assert made["sha256"] == job["sha256"]
    assert made["page"] == tags["exports/page"]
    assert made["seconds"] > 0
    assert int(made["rows_per_second"]) > 0
    preview = made["preview"].splitlines()
    assert len(preview) == 2 + 5
    assert preview[0].startswith("| transaction_id | user_id |")
    assert "ZZ" not in made["preview"].replace("***", "")
    assert "@" not in made["preview"]
    assert "***" in made["preview"]


def test_a_run_of_a_failed_export_is_a_failure_with_the_reason(stack, demo):
    job_id = demo.settled(demo.export("broken_rows"))["job_id"]
    run = wait_until(lambda: found if (found := stack.run_of(job_id))["status"] == "FAILURE" else None)
    query = """query Why($run: ID!) { runOrError(runId: $run) { ... on Run { eventConnection { events {
      ... on ExecutionStepFailureEvent { error { message errorChain { error { message } } } } } } } } }"""
    events = stack.graphql(query, run=run["runId"])["runOrError"]["eventConnection"]["events"]
    (error,) = [event["error"] for event in events if event.get("error")]
    assert "could not answer the query" in str(error)


def test_jobs_and_their_configuration_describe_themselves(stack):
    query = """query Describe($of: PipelineSelector!) {
      pipelineOrError(params: $of) { ... on Pipeline { name description solids { definition {
        name description } } } } }"""
    of = {
        "repositoryLocationName": "exports_pipeline",
        "repositoryName": "__repository__",
        "pipelineName": "dataset_export",
    }
    job = stack.graphql(query, of=of)["pipelineOrError"]
    assert job["description"]
    assert {solid["definition"]["name"]: bool(solid["definition"]["description"]) for solid in job["solids"]} == {
        "export_rows": True,
        "send_deliveries": True,
    }


def lines_of(stack, part):
    lines = (stack.home / "logs" / f"{part}.log").read_text().splitlines()
    return [json.loads(line) for line in lines if line.startswith("{")]


def test_the_logs_lead_from_a_request_to_the_worker_that_met_it(stack, demo):
    answer = demo.http.post(
        EXPORTS, json={"dataset_id": "airlines", "format": "csv"}, headers={"X-Request-Id": "the-one"}
    )
    job = demo.completed(answer.json()["job_id"])
    (requested,) = [line for line in lines_of(stack, "api") if line.get("request_id") == "the-one"]
    assert requested["job_id"] == job["job_id"]

    def completed():
        return [line for line in lines_of(stack, "worker") if line.get("job_id") == job["job_id"]]

    (made,) = wait_until(completed)
    assert (made["event"], made["attempt"], made["rows"]) == ("export_completed", 1, 16)
    assert made["run_id"] == stack.run_of(job["job_id"])["runId"]


def test_every_process_of_the_service_logs_json(stack):
    for part in ("api", "code_server", "daemon", "webserver", "worker"):
        assert {"event", "level", "timestamp"} <= set(lines_of(stack, part)[0]), part


def test_the_doctor_finds_a_running_stack_well(stack):
    said = stack.command("doctor", "--json")
    broken = [each for each in json.loads(said.stdout)["findings"] if each["state"] in {"broken", "skipped"}]
    assert (said.returncode, broken) == (0, [])
