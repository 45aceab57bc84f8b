"""The reports of the audit log: what they count, for whom, and what they say where there is little or very much."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from uuid import uuid4

import duckdb
import lxml.html
import pytest
from openpyxl import load_workbook
from pypdf import PdfReader

from exports_pipeline.core.attestation import Attestation
from exports_pipeline.core.branding import Branding
from exports_pipeline.core.catalog import Catalog
from exports_pipeline.core.formats import Format
from exports_pipeline.core.refusals import InvalidParameter
from exports_pipeline.core.report import KeyFigures, Table, Text, Tone
from exports_pipeline.core.report_json import report_of_json, report_to_json
from exports_pipeline.reports.registry import render
from exports_pipeline_tests.builders import requester
from exports_pipeline_tests.fakes.clock import NOON
from exports_pipeline_tests.reported_trail import Trail

AUDITOR = requester("eve", "VIEW_AUDIT")
UNMASKING = requester("eve", "VIEW_AUDIT", "UNMASK")
MARCH = {"start_date": "2026-03-01", "end_date": "2026-03-31"}
WHOLE = Attestation(
    entries=7, since=datetime(2026, 1, 1, tzinfo=UTC), until=datetime(2026, 1, 31, tzinfo=UTC), head="ab" * 32
)
REPORTS = pytest.mark.parametrize("template", ["compliance_audit", "user_activity_report"])


@pytest.fixture
def trail(tables):
    return Trail(tables)


@pytest.fixture
def month(trail):
    """A month in which everything happened once."""
    daily = {"name": "Daily", "cron": "0 7 * * *"}
    trail.add("ann", "export.requested", feature="exports", dataset="sales")
    trail.add("ann", "link.opened", feature="deliveries", days=8)
    trail.add("root", "user.deactivated", feature="administration", entity=("user", "bob"))
    trail.add(
        "root",
        "role.assigned",
        feature="administration",
        concern="rights",
        after={"role": "auditor"},
        entity=("user", "eve"),
    )
    change = {"before": daily, "after": daily | {"cron": "0 8 * * *"}}
    trail.add("ann", "schedule.changed", feature="schedules", entity=("schedule", "1"), **change)
    trail.add("bob", "export.requested", feature="exports", outcome="refused", reason="not_allowed", times=3)
    trail.add("ann", "redaction.lifted", feature="redaction", dataset="sales", reason="Audit of May")
    trail.access("ann", "made", "sales", rows=10, size=800)
    trail.access("ann", "download", "sales", rows=10, size=800)
    trail.access("ann", "download", "sales", rows=10, size=800)
    trail.access("bob", "made", "sales", rows=4, size=99, days=40)
    return trail.desk()


def tables_of(report):
    return {each.heading: each for each in report.sections if isinstance(each, Table)}


def figures(report):
    return {each.title: each.value for part in report.sections if isinstance(part, KeyFigures) for each in part.figures}


def test_every_kind_of_entry_stands_in_its_section(month):
    report = month.report("compliance_audit", UNMASKING, **MARCH)
    found = tables_of(report)
    assert figures(report) == {
        "Entries": 7,
        "People": 3,
        "Administrator actions": 1,
        "Changes of rights": 1,
        "Changes of settings": 1,
        "Refusals": 3,
        "Redactions lifted": 1,
    }
    assert [row[1:] for row in found["Administrator actions"].rows] == [
        ("root@example.com", "user.deactivated", "user bob", None)
    ]
    assert found["Access to data"].rows == (("ann@example.com", "sales", 1, 10, 800, 2, 1600),)
    assert found["Changes of rights"].rows[0][2:] == ("role.assigned", "user eve", "role: nothing → auditor")
    assert found["Changes of settings"].rows[0][3:] == ("schedule 1", "cron: 0 7 * * * → 0 8 * * *")
    assert found["Refused attempts"].rows == (("bob@example.com", "export.requested", "not_allowed", 3),)
    assert found["Redactions lifted"].rows[0][3:] == ("sales", "Audit of May")
    assert found["Retention"].rows == ()
    assert report_to_json(report_of_json(report_to_json(report))) == report_to_json(report)


def test_every_figure_is_told_beside_that_of_the_time_before_be_it_nothing(month, trail):
    trail.add("ann", "export.requested", feature="exports", days=-20)
    report = month.report("compliance_audit", UNMASKING, **MARCH)
    shown = [each for part in report.sections if isinstance(part, KeyFigures) for each in part.figures]
    before = {each.title: each.previous for each in shown}
    assert (before["Entries"], before["Refusals"], before["Redactions lifted"]) == (1, 0, 0)


def test_what_was_deleted_in_time_is_added_up(month, trail):
    for count in (3, 4):
        trail.add("service", "retention.objects_expired", feature="retention", times=count)
    [row] = tables_of(month.report("compliance_audit", AUDITOR, **MARCH))["Retention"].rows
    assert row == ("retention.objects_expired", 2, 7, NOON)


def test_addresses_are_shown_to_nobody_who_may_not_unmask(month):
    report = month.report("compliance_audit", AUDITOR, **MARCH)
    assert "example.com" not in repr(report)
    assert tables_of(report)["Access to data"].rows[0][0].startswith("ann (")
    assert ("Redactions", "email (mask)") in report.facts


@REPORTS
def test_whoever_may_not_view_the_audit_log_gets_no_report_of_it(month, template):
    for permissions in ((), ("EXPORT_ALL", "MANAGE_EXPORTS", "UNMASK")):
        with pytest.raises(InvalidParameter, match="no dataset 'audit_log'") as caught:
            month.report(template, requester("root", *permissions), **MARCH)
        assert caught.value.field == "params.dataset"


def test_no_other_dataset_passes_for_the_audit_log(month):
    public = replace(
        month.catalog.find("audit_log", AUDITOR), name="open_log", id=uuid4(), permission=None, public=True
    )
    desk = replace(month, catalog=Catalog((*month.catalog, public)))
    with pytest.raises(InvalidParameter, match="no audit log"):
        desk.report("compliance_audit", AUDITOR, dataset="open_log", **MARCH)


def test_the_first_lines_say_whether_the_log_can_be_relied_on(month):
    whole = month.report("compliance_audit", AUDITOR, attest=lambda: WHOLE, **MARCH)
    verdict, verified = whole.sections[:2]
    assert (verdict.tone, verified.rows[3]) == (Tone.GOOD, ("Head (SHA-256)", "ab" * 32))
    broken = replace(WHOLE, breaks=("Entry 4 was edited.",))
    first = month.report("compliance_audit", AUDITOR, attest=lambda: broken, **MARCH).sections[0]
    assert first.tone is Tone.WARNING
    assert "Entry 4 was edited." in first.text
    assert month.report("compliance_audit", AUDITOR, **MARCH).sections[0].tone is Tone.WARNING


def test_the_chain_is_verified_after_everything_was_asked(month):
    asked = []
    report = month.report("compliance_audit", AUDITOR, attest=lambda: asked.append(1) or WHOLE, **MARCH)
    assert asked == [1]
    assert isinstance(report.sections[0], Text)
    month.report("user_activity_report", AUDITOR, attest=lambda: asked.append(2), **MARCH)
    assert asked == [1]


@REPORTS
def test_a_period_without_an_entry_says_so(month, template):
    report = month.report(template, AUDITOR, start_date="1999-01-01", end_date="1999-12-31")
    assert "No data" in {section.heading for section in report.sections}
    assert ("Sign-off" in tables_of(report)) is (template == "compliance_audit")


@REPORTS
def test_one_entry_makes_a_report_in_every_format(trail, template, tmp_path):
    name = "x" * 300
    trail.add(name, "schedule.changed", after={"name": name}, feature="schedules", entity=("schedule", name))
    report = trail.desk().report(template, UNMASKING, **MARCH)
    assert figures(report)["People"] == 1
    for language in ("en", "de"):
        for file_format in (Format.PDF, Format.XLSX, Format.HTML):
            path = tmp_path / f"{language}.{file_format}"
            render(replace(report, language=language), file_format=file_format, branding=Branding(), path=path)
    assert len(PdfReader(tmp_path / "en.pdf").pages) < 12


def test_a_thousand_people_are_cut_in_words_and_counted_whole(trail):
    trail.add_all([(f"person {n:04}", "export.requested", {"feature": "exports"}) for n in range(1_200)])
    trail.add_all([("person 0007", "user.activated", {"feature": "administration"})] * 260)
    desk = trail.desk()
    activity = desk.report("user_activity_report", AUDITOR, **MARCH)
    people = tables_of(activity)["Most active people"]
    assert figures(activity)["People"] == 1_200
    assert (len(people.rows), people.note) == (100, "The first 100 of 1,200 people by actions.")
    assert people.rows[0][1:3] == ("person 0007", 261)
    assert tables_of(activity)["Owner keys"].note == "The first 50 by actions; there are more."
    audit = desk.report("compliance_audit", AUDITOR, **MARCH)
    acts = tables_of(audit)["Administrator actions"]
    assert (len(acts.rows), acts.note) == (200, "The newest 200 of 260 entries.")


def test_activity_is_told_by_person_feature_and_week(month):
    report = month.report("user_activity_report", UNMASKING, timezone="Europe/Prague", **MARCH)
    found = tables_of(report)
    assert found["Most active people"].rows[0] == (
        "ann@example.com", "ann", 4, 4, NOON, NOON + timedelta(days=8)
    )  # fmt: skip
    assert {row[0]: row[1:] for row in found["Features used"].rows}["exports"] == (2, 2)
    people, actions = (section for section in report.sections if hasattr(section, "series"))
    assert people.categories == (date(2026, 2, 23), date(2026, 3, 2), date(2026, 3, 9))
    assert people.series[0].values == (3.0, 0.0, 1.0)
    assert {each.name: each.values for each in actions.series}["ann"] == (3.0, 0.0, 1.0)


def test_the_sign_off_has_a_page_of_its_own_with_room_to_write(month, tmp_path):
    report = month.report("compliance_audit", AUDITOR, signers=["Data protection officer", "CISO"], **MARCH)
    for file_format in (Format.PDF, Format.XLSX, Format.HTML):
        render(report, file_format=file_format, branding=Branding(), path=tmp_path / f"report.{file_format}")
    pages = [page.extract_text() for page in PdfReader(tmp_path / "report.pdf").pages]
    [page] = [text for text in pages if "Sign-off" in text]
    assert "Retention" not in page
    assert "Data protection officer" in page
    sheet = load_workbook(BytesIO((tmp_path / "report.xlsx").read_bytes()))["Sign-off"]
    assert sheet.row_dimensions[5].height >= 36
    assert [cell.value for cell in sheet[4]] == ["", "Name", "Function", "Date", "Signature"]
    root = lxml.html.document_fromstring((tmp_path / "report.html").read_text(encoding="utf-8"))
    assert len(root.xpath("//div[contains(@class, 'form')]//tbody/tr")) == 2


def test_figures_of_a_real_audit_trail_are_those_of_its_rows(trail, shared_data):
    trail.replay(shared_data)
    desk = trail.desk()
    month = {"start_date": "2016-03-01", "end_date": "2016-03-31"}
    report = desk.report("compliance_audit", UNMASKING, **month)
    with duckdb.connect(str(trail.tables.path), read_only=True) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        entries, people, refused = connection.execute(
            "SELECT count(*), count(DISTINCT actor), sum(times) FILTER (WHERE outcome = 'refused') FROM audit_log "
            "WHERE \"at\" >= '2016-03-01' AND \"at\" < '2016-04-01'"
        ).fetchone()
        rows, size = connection.execute(
            "SELECT sum(row_count), sum(bytes) FROM data_access WHERE kind = 'made' AND \"at\" >= '2016-03-01' "
            "AND \"at\" < '2016-04-01' GROUP BY actor, owner_key, email, dataset ORDER BY 1 DESC LIMIT 1"
        ).fetchone()
    found = figures(report)
    assert (found["Entries"], found["People"], found["Refusals"]) == (entries, people, refused)
    assert entries == 49_820
    access = tables_of(report)["Access to data"]
    assert access.rows[0][3:5] == (rows, size)
    assert access.note.startswith("The first 100 pairs")
    active = desk.report("user_activity_report", UNMASKING, **month)
    assert figures(active)["Actions"] == entries
