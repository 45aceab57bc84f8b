"""The reports of the audit log over a real Postgres: what is done stands in them, and whether it can be trusted."""

from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest

from exports_pipeline.adapters.audit_chain import PostgresAuditChain
from exports_pipeline.adapters.postgres import make_engine
from exports_pipeline.adapters.postgres_warehouse import PostgresWarehouse
from exports_pipeline.adapters.signing import is_ours
from exports_pipeline.adapters.system_datasets import with_system_datasets
from exports_pipeline.core.catalog import Catalog
from exports_pipeline.core.ledger import AuditEntry, Page
from exports_pipeline.core.report import KeyFigures, Table, Tone
from exports_pipeline.usecases.attest_log import attest_log
from exports_pipeline.usecases.build_report import build_report
from exports_pipeline.usecases.erase_user import erase_user
from exports_pipeline.usecases.expire import expire
from exports_pipeline_tests.builders import requester
from exports_pipeline_tests.erasable import ANN, fill, ports_over
from exports_pipeline_tests.fakes.audit import InMemoryHeads
from exports_pipeline_tests.fakes.clock import NOON
from exports_pipeline_tests.fakes.schema import InMemorySchema

ADMIN = requester("root", "ADMIN")
AUDITOR = requester("eve", "VIEW_AUDIT", "UNMASK")
_ALL = Page(limit=100)
DAYS = {"start_date": NOON.date().isoformat(), "end_date": (NOON + timedelta(days=2)).date().isoformat()}


@pytest.fixture
def ports(engine, migrated):
    patient = make_engine(migrated, pool_size=1, is_patient=True)
    chain, heads = PostgresAuditChain(engine, patient=patient), InMemoryHeads()
    ports = ports_over(
        engine,
        catalog=with_system_datasets(Catalog(()), InMemorySchema({})),
        warehouse=PostgresWarehouse(migrated),
        chain=chain,
        heads=heads,
    )
    signed = lambda head: is_ours(head, ports.signer)  # noqa: E731 - one word for two places
    yield replace(ports, attest=lambda tick: attest_log(chain, heads, is_signed=signed, tick=tick))
    patient.dispose()


def report_of(template, ports, **given):
    return build_report(template, {**DAYS, **given}, AUDITOR, ports=ports)[0]


def tables_of(report):
    return {each.heading: each.rows for each in report.sections if isinstance(each, Table)}


def test_what_was_done_stands_in_the_report_and_the_chain_is_whole(ports):
    fill(ports)
    ports.links.opened(
        ports.links.of_job(_newest(ports).id)[0].id,
        AuditEntry(at=NOON, actor=ANN.user_id, action="link.opened", job_id=_newest(ports).id),
    )
    refusal = {"outcome": "refused", "details": {"code": "not_allowed"}}
    ports.audit.record(AuditEntry(at=NOON, actor=ANN.user_id, action="schedule.deleted", **refusal))
    change = {"before": {"cron": "0 7 * * *"}, "after": {"cron": "0 8 * * *"}, "entity_type": "schedule"}
    ports.audit.record(AuditEntry(at=NOON, actor=ANN.user_id, action="schedule.changed", **change))
    report = report_of("compliance_audit", ports)
    found = tables_of(report)
    assert report.sections[0].tone is Tone.GOOD, report.sections[0].text
    assert found["Access to data"][0] == (ANN.email, "sales", 3, 9, 126, 1, 42)
    assert found["Refused attempts"] == ((ANN.email, "schedule.deleted", "not_allowed", 1),)
    assert found["Changes of settings"][0][1:] == (
        ANN.email, "schedule.changed", "schedule", "cron: 0 7 * * * → 0 8 * * *"
    )  # fmt: skip
    activity = report_of("user_activity_report", ports)
    assert tables_of(activity)["Most active people"][0][0] == ANN.email


def test_an_erased_person_stays_in_the_figures_without_a_name(ports):
    fill(ports)
    before = report_of("compliance_audit", ports)
    erase_user(ANN.user_id, ADMIN, ports=ports)
    report = report_of("compliance_audit", ports)
    assert report.sections[0].tone is Tone.GOOD, report.sections[0].text
    assert ANN.email in repr(before)
    assert ANN.email not in repr(report)
    assert ANN.owner_key not in repr(report)
    [was], [now] = ([each[1:] for each in tables_of(one)["Access to data"][:1]] for one in (before, report))
    assert was == now
    acts = [row[2] for row in tables_of(report)["Administrator actions"]]
    assert sorted(acts) == ["audit.person_erased", "user.erased", "user.erasure_begun"]


def test_a_log_that_was_bent_is_told_first(ports, migrated):
    fill(ports)
    ports.chain.seal()
    with psycopg.connect(migrated, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(
            "UPDATE audit_log SET action = 'export.cancelled' WHERE id = (SELECT min(id) FROM audit_log)"
        )
    first = report_of("compliance_audit", ports).sections[0]
    assert first.tone is Tone.WARNING
    assert "cannot be relied on" in first.text


def test_a_ledger_without_an_entry_has_a_report(ports):
    report = report_of("compliance_audit", ports, start_date="1999-01-01", end_date="1999-01-31")
    assert report.sections[0].tone is Tone.GOOD
    assert not [each for each in report.sections if isinstance(each, KeyFigures)]


def _newest(ports):
    return next(job for job in ports.jobs.page(ANN.user_id, _ALL) if job.result)


def test_what_was_deleted_in_time_stands_under_retention(ports):
    for _ in range(2):
        upload = ports.objects.upload("exports/a/b/1/orphan", content_type="", download_name="")
        upload.commit()
        ports.clock.pause(3600)
        expire(ports)
    expire(ports)
    assert tables_of(report_of("compliance_audit", ports))["Retention"][0][:3] == ("retention.objects_expired", 2, 2)
