"""The rows that differ lie in a file beside the result, go where it goes and end when it ends."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from exports_pipeline.core.catalog import Catalog
from exports_pipeline.core.changes_file import ChangesFile
from exports_pipeline.core.errors import LostClaim, ObjectStoreUnavailable
from exports_pipeline.core.ledger import AuditEntry
from exports_pipeline.core.lifecycle import Status
from exports_pipeline.core.scheduled_window import BASELINES, Condition
from exports_pipeline.usecases.cancel_export import cancel_export
from exports_pipeline.usecases.compose import compose
from exports_pipeline.usecases.expire import expire
from exports_pipeline.usecases.open_link import open_link
from exports_pipeline.usecases.run_export import run_export
from exports_pipeline_tests.builders import requester
from exports_pipeline_tests.fakes.ports import fake_ports
from exports_pipeline_tests.ticking import ANN, added, run_all, ticked


@pytest.fixture
def ports():
    ports = fake_ports()
    return replace(ports, limits=replace(ports.limits, schedule_spread=timedelta(0)))


@pytest.fixture
def rows(ports):
    return ports.warehouse.rows_by_dataset["sales"]


@pytest.fixture
def one_less(rows):
    """Ann's first row goes."""
    return lambda: rows.pop(0)


def pending(ports, change=lambda: None):
    """The second window's job, after a first one has left something to compare with."""
    added(ports, condition=Condition.CHANGED, key=("day",))
    ticked(ports)
    run_all(ports)
    change()
    ticked(ports)
    return next(job for job in ports.jobs.jobs.values() if job.status is Status.PENDING)


def second(ports, change):
    job = pending(ports, change)
    run_all(ports)
    return ports.jobs.get(job.id)


def objects_of_job(ports, job):
    return {key for key in ports.objects.objects if str(job.id) in key}


def test_the_rows_that_differ_lie_beside_the_result(ports, rows):
    def change():
        rows[0].update(amount="99.00", kind="=1+1", card="4242")
        rows.pop(1)

    job = second(ports, change)
    told = job.result.changes
    stored = ports.objects.objects[told.object_key]
    assert (told.object_key, told.download_name) == (
        job.result.object_key.removesuffix(".csv") + ".changes.csv",
        "sales.changes.csv",
    )
    assert (told.row_count, told.total_rows, told.size_bytes) == (3, 3, len(stored.body))
    assert stored.body.decode().split("\r\n") == [
        "change,day,seller,shop,kind,amount,card",
        "before,2026-01-01,ann,1,food,10.50,***",
        "after,2026-01-01,ann,1,'=1+1,99.00,***",
        "removed,2026-01-02,ann,1,toys,11.50,***",
        "",
    ]
    assert (stored.content_type, stored.download_name) == ("text/csv; charset=utf-8", "sales.changes.csv")


def test_no_value_of_a_row_reaches_the_ledger(ports, rows):
    job = second(ports, lambda: rows[0].update(kind="of nobody's business"))
    assert "nobody" not in str(job)
    assert "nobody" not in json.dumps([dict(manifest) for manifest in ports.jobs.manifests.values()])


@pytest.mark.parametrize("change", [lambda _rows: None, lambda rows: rows.clear()])
def test_there_is_a_file_where_rows_differ_and_none_where_they_do_not(ports, rows, change):
    before = len(rows)
    job = second(ports, lambda: change(rows))
    assert (job.result.changes is not None) == (len(rows) != before)
    assert len(objects_of_job(ports, job)) == (4 if job.result.changes else 3)


def test_values_that_were_shown_once_and_are_redacted_now_are_in_no_file(ports, rows):
    unmasking = requester("ann", "UNMASK")
    schedule = added(ports, unmasking, condition=Condition.CHANGED, key=("day",))
    ticked(ports)
    run_all(ports)
    ports.users.seen(ANN, at=ports.clock())
    ticked(ports)
    run_all(ports)
    [first, then] = sorted(ports.jobs.jobs.values(), key=lambda job: job.created_at)
    assert b"4111" in ports.objects.objects[first.result.object_key].body
    assert then.result.difference["changed"] == 3
    assert then.result.changes is None
    rows.pop(0)
    ticked(ports)
    run_all(ports)
    last = max(ports.jobs.jobs.values(), key=lambda job: job.created_at)
    assert (last.schedule.schedule_id, last.result.changes.row_count) == (schedule.id, 1)


@pytest.mark.parametrize(
    "change", [lambda sales: replace(sales, public=True, owner=None), lambda sales: replace(sales, relation="other")]
)
def test_rows_of_another_definition_are_counted_and_in_no_file(ports, one_less, change):
    job = pending(ports, one_less)
    sales = ports.catalog.find("sales", ANN)
    ports.warehouse.rows_by_dataset["other"] = ports.warehouse.rows_by_dataset["sales"]
    ports = replace(ports, catalog=Catalog((change(sales),)))
    run_export(job.id, 1, run_id="run", ports=ports)
    result = ports.jobs.get(job.id).result
    assert result.difference["removed"] == 1
    assert result.changes is None


def test_it_ends_with_its_result(ports, one_less):
    job = second(ports, one_less)
    assert isinstance(job.result.changes, ChangesFile)
    expire(ports)
    assert job.result.changes.object_key in ports.objects.objects
    ports.clock.now = job.expires_at
    expire(ports)
    assert objects_of_job(ports, job) == set()


def test_a_claim_that_is_lost_while_rows_are_compared_leaves_nothing(ports, one_less):
    job = pending(ports, one_less)
    compare = ports.kept.compare

    def cancelled(*results, **words):
        cancel_export(job.id, ANN, ports=ports)
        ports.clock.advance(60)
        return compare(*results, **words)

    ports.kept.compare = cancelled
    with pytest.raises(LostClaim):
        run_export(job.id, 1, run_id="run", ports=ports)
    assert (objects_of_job(ports, job), ports.objects.uploads) == (set(), {})


def test_a_claim_that_is_lost_after_that_leaves_nothing_either(ports, one_less):
    job = pending(ports, one_less)
    complete = ports.jobs.complete

    def cancelled(*words, **more):
        ports.jobs.cancel(
            job.id,
            now=ports.clock(),
            audit=AuditEntry(at=ports.clock(), actor=ANN.user_id, action="export.cancelled", job_id=job.id),
        )
        return complete(*words, **more)

    ports.jobs.complete = cancelled
    with pytest.raises(LostClaim):
        run_export(job.id, 1, run_id="run", ports=ports)
    assert objects_of_job(ports, job) == set()


@pytest.mark.parametrize("refused", [".changes.csv", BASELINES])
def test_an_attempt_that_cannot_store_it_takes_everything_back_and_the_next_one_makes_it(ports, one_less, refused):
    job, upload = pending(ports, one_less), ports.objects.upload

    def refuses(key, **more):
        if refused in key:
            raise ObjectStoreUnavailable
        return upload(key, **more)

    ports.objects.upload = refuses
    with pytest.raises(ObjectStoreUnavailable):
        run_export(job.id, 1, run_id="run", ports=ports)
    assert (objects_of_job(ports, job), ports.objects.uploads) == (set(), {})
    ports.objects.upload = upload
    ports.clock.advance(600)
    assert run_export(job.id, 2, run_id="run", ports=ports).result.changes.row_count == 1


def test_the_message_carries_it_and_names_it_with_a_link_of_its_own(ports, one_less):
    job = second(ports, one_less)
    [delivery] = ports.outbox.of_job(job.id)
    message = compose(delivery, job, ports=ports)
    changes, facts = message.changes, message.facts["data"]["changes"]
    assert (changes.name, changes.content_type) == ("sales.changes.csv", "text/csv; charset=utf-8")
    assert b"".join(changes.chunks()) == ports.objects.objects[job.result.changes.object_key].body
    assert facts["download_url"] == message.facts["data"]["download_url"] + "/changes"
    assert (facts["row_count"], facts["total_rows"], facts["sha256"]) == (1, 1, changes.sha256)
    assert facts["download_url"] in message.html


def test_its_link_is_counted_and_noted_with_that_of_the_result(ports, one_less):
    job = second(ports, one_less)
    [delivery] = ports.outbox.of_job(job.id)
    token = compose(delivery, job, ports=ports).facts["data"]["download_url"].rpartition("/")[2]
    assert open_link(token, ports=ports, to_changes=True).endswith("sales.changes.csv?valid=300")
    assert open_link(token, ports=ports).endswith("sales.csv?valid=300")
    assert [link.opened for link in ports.links.of_job(job.id)] == [2]
    noted = [entry.details for entry in ports.jobs.audit if entry.action == "link.opened"]
    assert [each.get("of") for each in noted] == ["changes", None]
