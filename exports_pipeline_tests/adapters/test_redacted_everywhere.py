"""What a policy, or a search of texts, keeps from somebody is nowhere: in no format, preview, total, answer or rest."""

import io
import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime

import pyarrow.parquet as pq
import pytest

from exports_pipeline.adapters.duckdb_instance import DuckDbLimits
from exports_pipeline.adapters.kept_rows import DuckDbKeptRows
from exports_pipeline.core.about import redaction_in_words
from exports_pipeline.core.branding import Branding
from exports_pipeline.core.catalog import Catalog, TimeColumn
from exports_pipeline.core.errors import RequestError
from exports_pipeline.core.export_job import ExportRequest
from exports_pipeline.core.filters import Filters
from exports_pipeline.core.formats import DATASET_FORMATS, Format
from exports_pipeline.core.question import Aggregate, Condition, Dimension, Measure, Question, Sign
from exports_pipeline.core.redaction_policy import RedactionPolicy, Sensitivity, TextKind, Treatment
from exports_pipeline.core.refusals import InvalidQuestion, NotAllowed, UnknownColumn
from exports_pipeline.reports.catalog import load_templates
from exports_pipeline.reports.maker import TemplateReports
from exports_pipeline.usecases.ask_question import ask_question
from exports_pipeline.usecases.build_report import build_report
from exports_pipeline.usecases.estimate_export import estimate_export
from exports_pipeline.usecases.receipts import read_manifest
from exports_pipeline.usecases.request_export import request_export
from exports_pipeline.usecases.request_rendition import request_rendition
from exports_pipeline.usecases.run_export import run_export
from exports_pipeline_tests.builders import requester
from exports_pipeline_tests.fakes.ports import fake_ports
from exports_pipeline_tests.pdf_reader import read_table, read_text
from exports_pipeline_tests.workbooks import about_of, records

PEOPLE = """
    SELECT DATE '2026-01-01' + CAST(i AS INTEGER) AS day, 'Novak ' || i AS name, DATE '1984-05-17' AS born,
           CAST(1234.56 + i AS DECIMAL(18, 2)) AS wage, 7654.5::DOUBLE + i AS rate, 'xyzzy' AS pin,
           'write to ann@example.com, card 4111 1111 1111 1111' AS note
    FROM range(3) r(i)
"""
DIGEST = re.compile("[0-9a-f-]{32,}")
"""Digests and names of jobs, which hold any four digits by chance."""
RAW = re.compile(r"Novak|1984(?:-0|, )5(?:-|, )17|xyzzy|ann@|(?<![\d.@])(?:1,?23[456]|7,?65[456]|4111)(?!\d)")
"""The values that nobody may see; numbers stand alone, for parts of a second and snapshots hold any digits."""
CLASSES = {"name": "pii", "born": "financial", "wage": "financial", "rate": "financial", "pin": "secret"}
POLICY = RedactionPolicy(
    rules={
        "default": {
            "pii": Treatment(rule=Sensitivity.MASK),
            "financial": Treatment(rule=Sensitivity.TRUNCATE, step="1000"),
            "secret": Treatment(rule=Sensitivity.DROP),
        },
        "officer": {"pii": Treatment(), "financial": Treatment()},
    }
)
SHOWN = {"day": "2026-01-01", "name": "***", "born": "1984-05-01", "wage": "1000.00", "rate": "7000.0",
         "note": "write to [e-mail], card [card]"}  # fmt: skip
TOLD = {"name": "mask", "born": "truncate to the month", "wage": "truncate to 1000", "rate": "truncate to 1000",
        "note": "scan for email, card"}  # fmt: skip
ANN = requester("ann")
OFFICER = replace(ANN, roles=frozenset({"officer"}))
SLEUTH = requester("ann", "UNMASK")


@pytest.fixture
def people(tables):
    dataset = tables.dataset(PEOPLE, name="people", public=True, time=TimeColumn(column="day"))
    kinds = (TextKind.EMAIL, TextKind.CARD)
    columns = tuple(
        replace(each, data_class=CLASSES.get(each.name, ""), scan=kinds if each.name == "note" else ())
        for each in dataset.columns
    )
    return replace(dataset, columns=columns)


@pytest.fixture
def ports(tables, people):
    return fake_ports(
        catalog=Catalog((people,), POLICY),
        warehouse=tables.warehouse,
        kept=DuckDbKeptRows(DuckDbLimits()),
        unmask_needs_reason=True,
    )


def made(ports, who=ANN, **request):
    job = request_export(ExportRequest(**{"dataset": "people", "format": "csv", **request}), who, ports=ports).job
    return ran(ports, job)


def ran(ports, job):
    outcome = run_export(job.id, 1, run_id="run", ports=ports)
    assert not RAW.search(repr(outcome.preview)), "operators never see it"
    return ports.jobs.get(job.id)


def stored(ports, key):
    return ports.objects.objects[key].body


def text_of(body, file_format):
    match file_format:
        case Format.PARQUET:
            return str(pq.read_table(io.BytesIO(body)).to_pylist())
        case Format.XLSX:
            return str(records(body))
        case Format.PDF:
            return str(read_table(body))
    return body.decode()


def ask(ports, *measures, who=ANN, **changes):
    with ports.warehouse.open() as session:
        wanted = Question(dataset="people", measures=measures, **changes)
        return ask_question(wanted, who, catalog=ports.catalog, session=session)


@pytest.mark.parametrize("file_format", DATASET_FORMATS)
def test_no_format_holds_what_is_redacted_and_each_says_what_was_done(ports, file_format):
    job = made(ports, format=file_format, options={"keep_result": True})
    manifest = read_manifest(job.id, ANN, ports=ports)
    for text in (
        text_of(stored(ports, job.result.object_key), file_format),
        text_of(stored(ports, job.result.kept.object_key), Format.PARQUET),
        DIGEST.sub("", json.dumps(manifest)),
    ):
        assert not RAW.search(text)
    assert (manifest["redactions"], manifest["dropped"], "unmasked" in manifest) == (TOLD, ["pin"], False)
    assert job.result.redactions == TOLD | {"pin": "drop"}


@pytest.mark.parametrize("file_format", DATASET_FORMATS)
def test_what_is_looked_for_is_found_where_it_is_shown(ports, file_format):
    told = made(ports, SLEUTH, format=file_format, unmask_reason="Ticket 4712")
    found = RAW.findall(text_of(stored(ports, told.result.object_key), file_format))
    assert len(found) == 3 * len(("name", "born", "wage", "rate", "pin", "address", "card"))


def test_the_rows_are_what_the_rules_make_of_them(ports):
    job = made(ports, format="jsonl")
    first = json.loads(stored(ports, job.result.object_key).splitlines()[0], parse_float=str)
    assert first == SHOWN | {"wage": "1000.00", "rate": "7000.0"}


def test_totals_of_what_is_not_shown_as_it_is_are_not_told(ports):
    manifest = read_manifest(made(ports).id, ANN, ports=ports)
    totals = {each.pop("name"): (each["min"], each["max"], each["sum"]) for each in manifest["columns"]}
    assert {name for name, found in totals.items() if any(found)} == {"day"}


def test_a_role_that_may_see_it_does_and_rows_say_so(ports):
    job = made(ports, OFFICER)
    text = stored(ports, job.result.object_key).decode()
    assert ("Novak 0" in text, "1234.56" in text, "ann@" in text, "xyzzy" in text) == (True, True, False, False)
    assert read_manifest(job.id, OFFICER, ports=ports)["redactions"] == {"note": "scan for email, card"}


def test_a_rendition_keeps_the_redaction_of_the_first_request_while_its_rights_last(ports):
    job = made(ports, OFFICER, options={"keep_result": True})
    again = ran(ports, request_rendition(job.id, "json", {}, OFFICER, ports=ports).job)
    assert "Novak 0" in stored(ports, again.result.object_key).decode()
    with pytest.raises(NotAllowed, match="roles"):
        request_rendition(job.id, "json", {}, ANN, ports=ports)
    mine = made(ports, ANN, options={"keep_result": True})
    more = ran(ports, request_rendition(mine.id, "json", {}, OFFICER, ports=ports).job)
    assert not RAW.search(stored(ports, more.result.object_key).decode())
    assert more.result.redactions == TOLD | {"pin": "drop"}


def test_an_estimate_shows_and_measures_what_the_file_would_show(ports):
    ports = replace(ports, clock=lambda: datetime.now(UTC))
    told = estimate_export(ExportRequest(dataset="people", format="csv"), ANN, ports=ports)
    assert not RAW.search(repr(told))
    assert told.redactions == TOLD


@pytest.mark.parametrize("sign", [Sign.IS, Sign.ABOVE, Sign.AT_MOST, Sign.ONE_OF])
def test_a_masked_value_cannot_be_closed_in_on(ports, sign):
    with pytest.raises(InvalidQuestion, match="masked"):
        ask(ports, Measure(aggregate=Aggregate.COUNT), where=(Condition(column="name", sign=sign, values=("N",)),))
    for aggregate in (Aggregate.MIN, Aggregate.MAX, Aggregate.COUNT_DISTINCT):
        with pytest.raises(InvalidQuestion, match="masked"):
            ask(ports, Measure(aggregate=aggregate, column="name"))
    grouped = ask(ports, Measure(aggregate=Aggregate.COUNT), by=(Dimension(column="name"),))
    assert grouped.rows == (("***", 3),)


def test_a_truncated_value_cannot_be_closed_in_on_further_than_its_step(ports):
    def rows(column, sign, value):
        condition = Condition(column=column, sign=sign, values=(value,))
        return ask(ports, Measure(aggregate=Aggregate.COUNT), where=(condition,)).rows[0][0]

    low, high = 0, 4_000
    while high - low > 1:  # as an attacker would, by halves
        middle = (low + high) // 2
        low, high = (middle, high) if rows("wage", Sign.AT_LEAST, str(middle)) else (low, middle)
    assert low == 1_000
    assert rows("born", Sign.AT_LEAST, "1984-05-02") == 0
    found = ask(
        ports, *(Measure(aggregate=each, column="wage") for each in (Aggregate.MIN, Aggregate.MAX, Aggregate.SUM))
    )
    assert [str(each) for each in found.rows[0]] == ["1000.00", "1000.00", "3000.00"]
    assert found.redactions == {"wage": "truncate to 1000"}
    assert ask(ports, Measure(aggregate=Aggregate.MIN, column="born")).rows == ((date(1984, 5, 1),),)


def test_a_searched_text_is_compared_as_it_is_shown(ports):
    condition = Condition(
        column="note",
        sign=Sign.IS,
        values=(json.loads(json.dumps("write to ann@example.com, card 4111 1111 1111 1111")),),
    )
    assert ask(ports, Measure(aggregate=Aggregate.COUNT), where=(condition,)).rows == ((0,),)
    assert ask(ports, Measure(aggregate=Aggregate.MAX, column="note")).rows == ((SHOWN["note"],),)


def test_what_is_dropped_is_not_there_to_be_asked_for(ports):
    with pytest.raises(UnknownColumn):
        ask(ports, Measure(aggregate=Aggregate.COUNT, column="pin"))
    with pytest.raises(RequestError):
        made(ports, filters=Filters(columns=("pin",)))


def test_unmasking_takes_a_reason_which_stands_in_the_log_and_in_the_receipt(ports):
    silent = made(ports, SLEUTH)
    assert not RAW.search(stored(ports, silent.result.object_key).decode())
    told = made(ports, SLEUTH, unmask_reason="Ticket 4712")
    text = stored(ports, told.result.object_key).decode()
    assert all(raw in text for raw in ("Novak", "1234.56", "xyzzy", "ann@example.com"))
    columns = ["name", "born", "wage", "rate", "pin", "note"]
    [entry] = [each for each in ports.audit.audit if each.action == "redaction.lifted"]
    assert (entry.actor, entry.job_id, entry.entity_type, entry.entity_id) == (
        SLEUTH.user_id,
        told.id,
        "dataset",
        "people",
    )
    assert entry.details == {"dataset": "people", "columns": columns, "reason": "Ticket 4712"}
    manifest = read_manifest(told.id, SLEUTH, ports=ports)
    assert manifest["unmasked"] == {"columns": sorted(columns), "reason": "Ticket 4712"}
    assert (manifest["redactions"], told.result.lifted, told.unmask_reason) == ({}, tuple(columns), "Ticket 4712")


@pytest.mark.parametrize("file_format", [Format.XLSX, Format.PDF])
def test_a_document_names_every_column_that_is_redacted_or_unmasked_with_the_rule_or_the_reason(ports, file_format):
    def said(who, **reason):
        body = stored(ports, made(ports, who, format=file_format, **reason).result.object_key)
        return str(about_of(body)) if file_format is Format.XLSX else " ".join(read_text(body)[0].split())

    plain, lifted = said(ANN), said(SLEUTH, unmask_reason="Ticket 4712")
    for name, rule in (TOLD | {"pin": "drop"}).items():
        assert re.search(rf"\b{name}\b[^,]*{redaction_in_words(rule)}", plain), (name, plain)
        assert name in lifted
    assert ("Ticket 4712" in lifted, "Ticket 4712" in plain) == (True, False)
    assert not re.search(r"\bmasked", lifted)


def test_the_first_page_of_a_report_names_what_is_redacted_or_unmasked_and_why(ports):
    reports = TemplateReports(load_templates(None), Branding())
    wanted = {"dataset": "people", "by": "name", "metrics": ["wage"], "period": "all"}

    def first_page(**reason):
        made = build_report("metrics_summary", wanted, SLEUTH, ports=replace(ports, reports=reports), **reason)[0]
        return " ".join(read_text(b"".join(reports.render(made, file_format=Format.PDF)))[0].split())

    assert "Redacted: wage (truncated to 1000), name (masked)" in first_page()
    assert "Unmasked: wage, name: Ticket 4712" in first_page(unmask_reason="Ticket 4712")


def test_a_report_shows_groups_as_they_are_with_a_reason_only_and_says_so(ports):
    ports = replace(ports, reports=TemplateReports(load_templates(None), Branding()))
    wanted = {"dataset": "people", "by": "name", "metrics": ["wage"], "period": "all"}
    plain, _ = build_report("metrics_summary", wanted, SLEUTH, ports=ports)
    assert not RAW.search(repr(plain))
    assert dict(plain.redactions) == {"name": "mask", "wage": "truncate to 1000"}
    told, _ = build_report("metrics_summary", wanted, SLEUTH, ports=ports, unmask_reason="Ticket 4712")
    assert "Novak 0" in repr(told)
    assert sorted(told.lifted) == [("people", "name"), ("people", "wage")]
    [fact] = [value for name, value in told.facts if name == "Unmasked"]
    assert fact.endswith(": Ticket 4712")
    [entry] = [each for each in ports.audit.audit if each.action == "redaction.lifted"]
    assert sorted(entry.details["columns"]) == ["name", "wage"]
