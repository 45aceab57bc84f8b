"""What every source of datasets does alike: the same rows in DuckDB and in Postgres, by the same journey."""

import io
from dataclasses import replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from uuid import UUID

import pytest
from pyarrow import parquet

from exports_pipeline.adapters.duckdb_instance import DuckDbLimits
from exports_pipeline.adapters.kept_rows import DuckDbKeptRows
from exports_pipeline.core.catalog import Catalog, TimeColumn
from exports_pipeline.core.export_job import ExportRequest
from exports_pipeline.core.filters import Filters, select
from exports_pipeline.core.formats import DATASET_FORMATS
from exports_pipeline.core.question import Question
from exports_pipeline.core.question_text import parse_conditions, parse_dimension, parse_measure
from exports_pipeline.core.redaction_policy import RedactionPolicy, Sensitivity, TextKind, Treatment
from exports_pipeline.core.refusals import SnapshotGone, UnknownAccount
from exports_pipeline.usecases.ask_question import ask_question
from exports_pipeline.usecases.estimate_export import estimate_export
from exports_pipeline.usecases.read_datasets import read_dataset, read_values
from exports_pipeline.usecases.request_export import request_export
from exports_pipeline.usecases.request_rendition import request_rendition
from exports_pipeline.usecases.run_export import run_export
from exports_pipeline_tests.builders import requester
from exports_pipeline_tests.fakes.ports import fake_ports
from exports_pipeline_tests.pdf_reader import read_table
from exports_pipeline_tests.postgres_tables import all_sources, in_duckdb
from exports_pipeline_tests.workbooks import with_calamine

TYPES = {
    "at": "TIMESTAMP WITH TIME ZONE",
    "seen": "TIMESTAMP",
    "day": "DATE",
    "clock": "TIME",
    "who": "VARCHAR",
    "shop": "INTEGER",
    "kind": "VARCHAR",
    "tags": "VARCHAR[]",
    "amount": "DECIMAL(38,9)",
    "huge": "HUGEINT",
    "ratio": "DOUBLE",
    "done": "BOOLEAN",
    "key": "UUID",
    "note % of": "VARCHAR",
    "card": "VARCHAR",
    "mail": "VARCHAR",
    "pin": "INTEGER",
    "details": "JSON",
    "raw": "BLOB",
}
SENSITIVE = {"card": Sensitivity.MASK, "mail": Sensitivity.HASH, "pin": Sensitivity.DROP}
OTHERWISE = {"day": {"data_class": "coarse"}, "note % of": {"scan": (TextKind.EMAIL,)}}
"""The first is truncated by the policy."""
COARSE = RedactionPolicy(rules={"default": {"coarse": Treatment(rule=Sensitivity.TRUNCATE)}})
EXACT = "12345678901234567890123456789.123456789"
NOTES = ["=1+1", "", None, 'say "x",\r\ny\nz', "\\N", "a;b\t'c'", " ünïcode ☃ مرحبا "]


def _row(place):
    day = date(2026, 1, 1 + place)
    return (
        datetime(2026, 1, 1 + place, 23, 30, 0, 123456 if place % 2 else 0, tzinfo=UTC),
        datetime(2026, 1, 1 + place, 1, 2, 3),  # noqa: DTZ001 - the column has no zone
        day if place else None,
        time(12, place, 1),
        "ann" if place < 5 else "bob",
        place % 3,
        ["food", "toys", "-100%"][place % 3],
        [["a", 'b,"c"', None], [], None, ["NULL", "{x}"]][place % 4],
        [Decimal(EXACT), Decimal("-0.000000001"), None, Decimal("1.50")][place % 4],
        [10**37 - 1, -5, None][place % 3],
        [0.1, float("nan"), float("inf"), -1e-300, None][place % 5],
        [True, False, None][place % 3],
        UUID(int=place + 2**120),
        NOTES[place],
        "4111" if place else None,
        f"p{place}@example.com",
        1234,
        '{"a": [1, 2.50], "b": null}',
        b"\x00\xff" if place else None,
    )


ROWS = [_row(place) for place in range(len(NOTES))]
KEPT = DuckDbKeptRows(DuckDbLimits())
BOTH = ("here", "there")
ANN, ROOT = requester("ann"), requester("root", "EXPORT_ALL", "UNMASK")


@pytest.fixture
def both(tables, postgres_tables):
    """Ports over both sources; the dataset `here` lies in DuckDB, `there` in Postgres."""
    about = {"owner": "who", "account": "shop", "tag": "kind", "time": TimeColumn(column="at")}
    there = postgres_tables.dataset("things", TYPES, ROWS, **about)
    columns = tuple(
        replace(each, sensitive=SENSITIVE.get(each.name), **OTHERWISE.get(each.name, {})) for each in there.columns
    )
    here = in_duckdb(tables, there, ROWS)
    # One name in documents and files, so that they may be compared byte by byte.
    here, there = (
        replace(each, columns=columns, name=name, title="Things") for each, name in ((here, "here"), (there, "there"))
    )
    return fake_ports(catalog=Catalog((here, there), COARSE), warehouse=all_sources(tables, postgres_tables), kept=KEPT)


def made(ports, dataset, who=ANN, **changes):
    """The job of a completed export."""
    request = ExportRequest(**{"dataset": dataset, "format": "csv", **changes})
    job = request_export(request, who, ports=ports).job
    run_export(job.id, 1, run_id="run", ports=ports)
    return ports.jobs.get(job.id)


def read_parquet(data):
    return parquet.read_table(io.BytesIO(data))


def body(ports, job):
    return ports.objects.objects[job.result.object_key].body


@pytest.mark.parametrize("who", [ANN, ROOT], ids=["ann", "root"])
@pytest.mark.parametrize("file_format", ["csv", "json", "jsonl"])
def test_files_are_equal_byte_by_byte(both, file_format, who):
    here, there = (made(both, name, who, format=file_format) for name in BOTH)
    assert body(both, there) == body(both, here)
    assert there.result.row_count == (len(ROWS) if who is ROOT else 5)


@pytest.mark.parametrize("who", [ANN, ROOT], ids=["ann", "root"])
def test_parquet_has_the_same_values_of_the_same_types(both, who):
    here, there = (read_parquet(body(both, made(both, name, who, format="parquet"))) for name in BOTH)
    assert [(each.name, each.type) for each in there.schema] == [(each.name, each.type) for each in here.schema]
    assert repr(there.to_pylist()) == repr(here.to_pylist())


@pytest.mark.parametrize("file_format", ["xlsx", "pdf"])
def test_documents_show_the_same(both, file_format):
    shown = {"xlsx": with_calamine, "pdf": read_table}[file_format]
    narrow = Filters(columns=("at", "who", "amount", "huge", "tags", "card", "note % of"))
    here, there = (shown(body(both, made(both, name, format=file_format, filters=narrow))) for name in BOTH)
    assert there == here
    assert EXACT in str(there).replace(",", "")


def test_the_contract_knows_every_format():
    assert {*DATASET_FORMATS} == {"csv", "json", "jsonl", "parquet", "xlsx", "pdf"}


@pytest.mark.parametrize(
    "filters",
    [
        Filters(start_date=date(2026, 1, 2), end_date=date(2026, 1, 3)),
        Filters(account_ids=("1", "2")),
        Filters(tag_ids=("-100%", "food")),
        Filters(columns=("note % of", "amount")),
        Filters(start_date=date(2027, 1, 1)),
    ],
    ids=["dates", "accounts", "tags", "columns", "nothing"],
)
def test_filters_take_the_same_rows(both, filters):
    here, there = (made(both, name, filters=filters, options={"timezone": "Asia/Tokyo"}) for name in BOTH)
    assert body(both, there) == body(both, here)
    assert there.result.columns == here.result.columns


def test_receipts_have_the_same_totals_and_name_what_was_seen(both):
    here, there = (both.jobs.manifest(made(both, name).id) for name in BOTH)
    assert there["columns"] == here["columns"]
    assert there["rows_of"] == "ann"
    assert there["warehouse"]["snapshot"].startswith("postgres data_")
    assert there["redactions"] == here["redactions"]
    assert there["redactions"] == {
        "card": "mask", "mail": "hash", "day": "truncate to the month", "note % of": "scan for email"
    }  # fmt: skip


def test_previews_for_operators_show_the_same(both):
    job_ids = [request_export(ExportRequest(dataset=name, format="csv"), ROOT, ports=both).job.id for name in BOTH]
    here, there = (run_export(each, 1, run_id="run", ports=both).preview for each in job_ids)
    assert there == here
    assert there[1]["card"] not in ("4111", None)


def test_estimates_tell_the_same(both):
    here, there = (estimate_export(ExportRequest(dataset=name, format="csv"), ANN, ports=both) for name in BOTH)
    assert (there.rows, there.bytes, there.preview) == (here.rows, here.bytes, here.preview)


def test_the_catalogue_shows_the_same_days_and_values(both):
    for who in (ANN, ROOT):
        here, there = (read_dataset(name, who, ports=both) for name in BOTH)
        assert (there.first_date, there.last_date) == (here.first_date, here.last_date)
        for kind, prefix in (("account", ""), ("tag", ""), ("tag", "-"), ("tag", "%"), ("tag", "\x00")):
            found = [read_values(name, who, kind=kind, prefix=prefix, limit=2, ports=both) for name in BOTH]
            assert found[0] == found[1]


def test_an_account_of_nobody_is_refused(both):
    for name in BOTH:
        with pytest.raises(UnknownAccount):
            made(both, name, filters=Filters(account_ids=("1", "77")))


def test_a_kept_result_is_rendered_without_its_source(both):
    for name in BOTH:
        first = made(both, name, format="jsonl", options={"keep_result": True})
        again = request_rendition(first.id, "csv", {}, ANN, ports=both).job
        run_export(again.id, 1, run_id="run", ports=both)
        assert body(both, both.jobs.get(again.id)) == body(both, made(both, name))


def test_a_rendition_of_rows_that_were_not_kept_needs_an_unchanged_source(both, postgres_tables):
    first = made(both, "there")
    postgres_tables.run("DELETE FROM things")
    with pytest.raises(SnapshotGone):
        request_rendition(first.id, "jsonl", {}, ANN, ports=both)


@pytest.mark.parametrize(
    ("measures", "by", "where"),
    [
        (["count", "sum(shop)", "avg(amount)"], ["kind"], ""),
        (["count"], ["tags"], ""),
        (["count", "max(seen)"], ["at by week"], "done = true"),
        (["count_distinct(mail)"], [], ""),
        (["count"], [], "card is present"),
    ],
)
def test_questions_have_the_same_answers(both, measures, by, where):
    def answer(name):
        question = Question(
            dataset=name,
            measures=tuple(parse_measure(each) for each in measures),
            by=tuple(parse_dimension(each) for each in by),
            where=parse_conditions(where) if where else (),
        )
        with both.warehouse.open() as session:
            return ask_question(question, ANN, catalog=both.catalog, session=session)

    assert answer("there").rows == answer("here").rows


def test_a_session_for_any_dataset_names_all_it_has_asked(both):
    with both.warehouse.open() as session:
        names = [session.snapshot.name]
        for name in BOTH:
            session.count(select(both.catalog.find(name, ANN), Filters(), ANN), tick=lambda: None)
            names.append(session.snapshot.name)
    assert names[0] == names[1]
    assert names[2].startswith("postgres ")
    assert names[2].endswith(f" and {names[0]}")
