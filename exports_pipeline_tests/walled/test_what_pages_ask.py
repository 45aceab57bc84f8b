"""What pages ask of Postgres: few statements each, however much there is to show."""

import pytest
from sqlalchemy import Engine, event

from exports_pipeline.core.requester import Permission
from exports_pipeline_tests.api_client import run, token_of
from exports_pipeline_tests.api_server import served
from exports_pipeline_tests.fakes.clock import NOON
from exports_pipeline_tests.schedule_client import created
from exports_pipeline_tests.web.page_paths import page_paths
from exports_pipeline_tests.web.visits import signed_in_with

MOST = 14
"""Of the insights and the operations; each of their answers is of one moment, and told by one statement."""
WITH_FILTERS = ("/insights?tag=food&plan=spring", "/exports?user=all&status=failed", "/schedules?of=all")


@pytest.fixture
def statements():
    """What is sent to Postgres, one after the other."""
    sent = []

    def note(_connection, _cursor, statement, *_):
        sent.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    yield sent
    event.remove(Engine, "before_cursor_execute", note)


def test_a_page_needs_few_statements_and_no_more_of_them_where_there_is_more(app, ann, ports, statements):
    job, schedule = happened(ann, ports, 1)
    known = {"job_id": job, "schedule_id": schedule, "dataset_id": "sales", "name": "metrics_summary", "kind": "tag"}
    with served(app) as url, signed_in_with(url, token_of("ann", *Permission)) as visit:
        paths = [*page_paths(app, known | {"campaign": "campaign-1"}), *WITH_FILTERS]
        few = {path: asked(visit, path, statements) for path in paths}
        for place in range(2, 7):
            happened(ann, ports, place)
        many = {path: asked(visit, path, statements) for path in paths}
    assert {path: count for path, count in many.items() if count > MOST} == {}
    assert {path: (few[path], count) for path, count in many.items() if count > few[path]} == {}
    assert min(many["/exports"], many["/campaigns/campaign-1"]) > 0, "or nothing is counted"


def happened(ann, ports, place):
    """One more export, schedule and campaign, each with something behind it."""
    job_id, schedule = ann.export().json()["job_id"], created(ann, name=f"The sales, {place}")
    run(ports, job_id)
    about = {"event_type": "conversation", "campaign": f"campaign-{place}", "occurred_at": NOON.isoformat()}
    events = [{**about, "id": f"{place}-{label}", "label": label, "customer": "c"} for label in ("interested", "no")]
    assert ann.post("/api/analytics/events", json=events).json()["accepted"] == 2
    ports.metrics.roll_up(NOON)
    return job_id, schedule["id"]


def asked(visit, path, statements):
    """How many statements a page needs once it is known who looks, which is remembered for some seconds."""
    counts = []
    for _ in range(2):
        statements.clear()
        assert visit.get(path).status_code < 500, path
        counts.append(len(statements))
    return min(counts)
