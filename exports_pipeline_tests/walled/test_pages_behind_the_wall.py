"""The pages over Postgres behind its second wall: what people open and press is there, and theirs."""

from uuid import UUID

from exports_pipeline.core.catalog import user_id
from exports_pipeline.core.lifecycle import Status
from exports_pipeline.core.requester import Permission
from exports_pipeline_tests.api_client import token_of
from exports_pipeline_tests.api_server import served
from exports_pipeline_tests.schedule_client import created
from exports_pipeline_tests.web.visits import signed_in_with

EVERYWHERE = (
    "/datasets",
    "/datasets/sales",
    "/exports",
    "/exports/{job}",
    "/exports/{job}/receipt",
    "/schedules",
    "/schedules/{schedule}",
    "/schedules/new?from_job={job}",
    "/schedules/{schedule}/edit",
    "/reports",
    "/insights",
    "/insights/jobs",
    "/campaigns",
    "/activity",
)
FOR_SOME = ("/audit", "/audit/chain", "/operations", "/exports?user=all", "/schedules?of=all")


def test_every_page_opens_for_those_who_may_see_it(app, ann, completed):
    schedule = created(ann)["id"]
    everybody = [permission.value for permission in Permission]
    with served(app) as url:
        for token, pages in ((token_of("ann"), EVERYWHERE), (token_of("root", *everybody), EVERYWHERE + FOR_SOME)):
            with signed_in_with(url, token) as visit:
                for page in pages:
                    answer = visit.get(page.format(job=completed, schedule=schedule))
                    assert (page, answer.status_code) == (page, 200)
        with signed_in_with(url, token_of("bob")) as bob:
            assert bob.get(f"/exports/{completed}").status_code == 404
            assert bob.get(f"/schedules/{schedule}").status_code == 404
            assert completed not in bob.get("/exports").text


def test_what_is_pressed_is_done(app, ann, ports):
    schedule = created(ann)["id"]
    with served(app) as url, signed_in_with(url, token_of("ann")) as visit:
        for verb in ("pause", "resume", "run"):
            assert visit.send(f"/schedules/{schedule}/{verb}").status_code == 303
        assert visit.send("/datasets/sales", do="export", style="csv").status_code == 303
        jobs = ann.get("/api/analytics/exports").json()["items"]
        assert len(jobs) == 2
        assert visit.send(f"/exports/{jobs[0]['job_id']}", do="cancel").status_code == 303
    cancelled = ports.jobs.get(UUID(jobs[0]["job_id"]))
    assert (cancelled.status, cancelled.requester.user_id) == (Status.CANCELLED, user_id("ann"))
