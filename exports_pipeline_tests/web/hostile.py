"""A hostile name, and stores in which everything bears it: datasets, values, files, exports, schedules, people."""

from dataclasses import replace
from datetime import timedelta
from urllib.parse import quote
from uuid import UUID, uuid4

from exports_pipeline.core.catalog import Catalog
from exports_pipeline.core.destination import Destination
from exports_pipeline.core.errors import Fault
from exports_pipeline.core.export_job import JobError
from exports_pipeline.core.labels import Labels
from exports_pipeline.core.ledger import AuditEntry
from exports_pipeline.core.lifecycle import Status
from exports_pipeline.core.recipient import Channel, Recipient
from exports_pipeline.core.team import Member, Team
from exports_pipeline.usecases.keep_schedules import create_schedule
from exports_pipeline_tests.builders import a_schedule, entry, new_job, requester, stored_file
from exports_pipeline_tests.campaign_events import campaign_events
from exports_pipeline_tests.fakes.clock import NOON
from exports_pipeline_tests.fakes.ports import ROWS, SALES

MARK = "<script>alert(1)</script>"
OVERRIDE = "\N{RIGHT-TO-LEFT OVERRIDE}"
TAIL = "gnp.txt.exe \N{BOMB}שלום" + "W" * 420
LONG = f"{MARK}{OVERRIDE}<img src=x onerror=alert(2)>\"'&amp;{{{{7*7}}}}{TAIL}"
"""Some 500 characters; what follows the override would be written backwards, were it not kept to itself."""
NAME, SHORT = LONG[:200], LONG[:100]
EVERYTHING = ("EXPORT", "MANAGE_EXPORTS", "MANAGE_SCHEDULES", "VIEW_AUDIT", "ADMIN", "UNMASK", "VIEW_INSIGHTS_ALL")
JOBS = {status: UUID(int=70 + place) for place, status in enumerate(Status)}


def fill(ports):
    """Give everything the name, and the addresses of all pages that show it."""
    me = requester(NAME)
    ports.users.seen(me, at=NOON)
    row = {**ROWS["sales"][0], "seller": NAME, "kind": LONG}
    ports.warehouse.rows_by_dataset["sales"] = [row]
    columns = tuple(replace(each, title=SHORT, description=LONG) for each in SALES.columns)
    sales = replace(SALES, title=LONG, description=LONG, tags=(SHORT, "<b>"), columns=columns)
    object.__setattr__(ports, "catalog", Catalog((sales,)))
    team, place = _team(ports, me), _place(ports, me)
    for status, job_id in JOBS.items():
        _job(ports, job_id, status, (team.id,))
    ports.jobs.manifests[JOBS[Status.COMPLETED]] = _receipt()
    body = {"dataset_id": "sales", "tag_ids": [LONG]}
    places = (Recipient(channel=Channel.EMAIL, destination_id=place.id, address=""),)
    new = replace(a_schedule(NAME), name=NAME, body=body, recipients=places, shared_with=(team.id,))
    schedule = create_schedule(new, me, ports=ports)
    ports.metrics.events += [
        replace(each, tenant=NAME, campaign=NAME, label=each.label and SHORT) for each in campaign_events()
    ]
    told = {"name": LONG}
    ports.audit.record(
        AuditEntry(at=NOON, actor=me.user_id, action="schedule.changed", entity_type=SHORT, before=told, after=told)
    )
    ports.clock.now = NOON + timedelta(days=10)
    return addresses(schedule.id)


def addresses(schedule):
    """The pages that show it."""
    month = "from=2026-03-01&to=2026-03-10"
    campaign = quote(NAME, safe="")
    return [
        "/datasets",
        f"/datasets?q={quote(MARK)}",
        f"/datasets/sales?tag_ids={quote(LONG)}&plan={quote(SHORT)}&find_tag={quote(MARK)}",
        "/exports",
        "/exports?whose=all",
        f"/exports?plan={quote(SHORT)}",
        *(f"/exports/{job}" for job in JOBS.values()),
        f"/exports/{JOBS[Status.COMPLETED]}/receipt",
        "/reports",
        f"/reports/metrics_summary?dataset=sales&by={quote(SHORT)}",
        "/schedules",
        "/schedules/new",
        "/schedules/new?dataset=sales",
        f"/schedules/new?from_job={JOBS[Status.COMPLETED]}",
        f"/schedules/{schedule}",
        f"/schedules/{schedule}/edit",
        f"/insights?range=last-30-days&tag={quote(SHORT)}",
        f"/insights/jobs?range=last-30-days&plan={quote(SHORT)}",
        f"/campaigns?{month}",
        f"/campaigns/{campaign}?{month}",
        f"/activity?{month}",
        f"/audit?{month}",
        f"/audit?{month}&actor={quote(NAME)}",
        "/audit/chain",
        "/operations",
    ]


def _team(ports, me):
    team = Team(id=uuid4(), name=SHORT, created_at=NOON)
    ports.teams.add(team, entry(new_job()))
    ports.teams.put(team.id, Member(user_id=me.user_id), entry(new_job()))
    return team


def _place(ports, me):
    place = Destination(
        id=uuid4(),
        user_id=me.user_id,
        name=SHORT,
        channel=Channel.EMAIL,
        address="a@example.com",
        created_at=NOON,
        updated_at=NOON,
    )
    ports.destinations.add(place, None, entry(new_job()))
    return place


def _job(ports, job_id, status, teams):
    job = new_job(
        NAME, dataset_title=LONG, labels=Labels(plan=SHORT, list=SHORT), tag_summary=(SHORT,), shared_with=teams
    )
    job = ports.jobs.add(replace(job, id=job_id), entry(job))
    file = stored_file(download_name=f"{LONG}.csv", remarks=(LONG,), redactions={LONG: "mask"})
    error = JobError(code="query_failed", sentence=LONG, fault=Fault.REQUESTER)
    ports.jobs.jobs[job_id] = replace(
        job,
        filters=replace(job.filters, tag_ids=(LONG,), account_ids=(LONG,), columns=(SHORT,)),
        status=status,
        result=file if status is Status.COMPLETED else None,
        error=error if status is Status.FAILED else None,
        started_at=NOON,
        completed_at=NOON if status.is_final else None,
        expires_at=NOON + timedelta(days=30),
    )


def _receipt():
    column = {"name": LONG, "nulls": 0, "min": LONG, "max": LONG, "sum": "1"}
    return {
        "files": [{"name": f"{LONG}.csv", "rows": 1, "bytes": 10, "sha256": "0" * 64}],
        "complete": False,
        "remarks": [LONG],
        "redactions": {LONG: "mask"},
        "columns": [column],
        "made_at": NOON.isoformat(),
        "warehouse": {"as_of": NOON.isoformat()},
    }
