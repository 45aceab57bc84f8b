"""Estimates over a real warehouse: exact counts, sizes near the truth, rows of the owner alone, within a second."""

import json
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from exports_pipeline.core.catalog import Catalog
from exports_pipeline.core.export_job import ExportRequest
from exports_pipeline.core.filters import Filters
from exports_pipeline.core.formats import DATASET_FORMATS, Format
from exports_pipeline.core.redaction_policy import Sensitivity
from exports_pipeline.usecases.estimate_export import estimate_export
from exports_pipeline_tests.builders import requester
from exports_pipeline_tests.fakes.ports import fake_ports
from exports_pipeline_tests.tables import everything, exported

ROWS = """
    SELECT CASE i % 4 WHEN 0 THEN 'ann' ELSE 'bob' END AS owner, i AS id, (i * 1.25)::DECIMAL(18,2) AS amount,
           'word ' || hash(i) AS word, DATE '2020-01-01' + CAST(i % 900 AS INTEGER) AS day
    FROM range({rows}) AS r(i)
"""


@pytest.fixture
def things(tables):
    dataset = tables.dataset(ROWS.format(rows=40_000), owner="owner")
    columns = tuple(
        replace(each, sensitive=Sensitivity.HASH if each.name == "word" else None) for each in dataset.columns
    )
    return replace(dataset, columns=columns)


def slowly():
    """A clock that is in no hurry, for what a busy machine must not cut short."""
    began_at = datetime(2026, 1, 1, tzinfo=UTC)
    return began_at + timedelta(seconds=time.monotonic() / 60)


def estimated(tables, dataset, file_format=Format.CSV, who=None, clock=slowly, **filters):
    ports = fake_ports(catalog=Catalog((dataset,)), warehouse=tables.warehouse, clock=clock)
    request = ExportRequest(dataset=dataset.name, format=file_format, filters=Filters(**filters))
    return estimate_export(request, who or requester("ann"), ports=ports)


@pytest.mark.parametrize("file_format", DATASET_FORMATS)
def test_the_size_is_near_that_of_the_file(tables, things, file_format):
    told = estimated(tables, things, file_format)
    mine = everything(things, owner_key="ann")
    if file_format is Format.PDF:
        mine = replace(mine, limit=10_000)
    body, rows = exported(tables.warehouse, mine, file_format)
    assert (told.rows, told.rows_are_exact, told.fits) == (rows, True, True)
    assert told.bytes == pytest.approx(len(body), rel=0.25)


def test_the_preview_is_what_the_file_begins_with_for_this_requester(tables, things):
    told = estimated(tables, things, columns=("owner", "id", "word"))
    body, _ = exported(tables.warehouse, everything(things, owner_key="ann"), Format.JSONL)
    begins = [json.loads(line, parse_float=str) for line in body.splitlines()[:20]]
    assert told.preview == [{name: row[name] for name in ("owner", "id", "word")} for row in begins]
    assert {row["owner"] for row in told.preview} == {"ann"}
    assert not any(row["word"].startswith("word") for row in told.preview)


def test_numbers_of_the_preview_are_exact(tables):
    dataset = tables.dataset(
        "SELECT 12345678901234567.89::DECIMAL(20,2) AS money, 9007199254740993 AS big", public=True
    )
    (row,) = estimated(tables, dataset).preview
    assert str(row["money"]) == "12345678901234567.89"
    assert str(row["big"]) == "9007199254740993"


def test_a_limited_selection_keeps_filters_and_owner(tables, things):
    first = everything(things, owner_key="ann", limit=3)
    with tables.warehouse.open() as session:
        assert session.count(first) == 3
        assert session.count(replace(first, limit=1_000_000)) == 10_000
        assert session.count(replace(first, owner_key="nobody")) == 0


def test_what_takes_too_long_is_answered_within_a_second_and_marked(tables):
    dataset = replace(
        tables.dataset("SELECT 1 AS a", public=True),
        relation=None,
        sql="SELECT sum(a.i * b.i) AS a FROM range(300000) AS a(i), range(300000) AS b(i) GROUP BY a.i % 7",
    )
    began_s = time.monotonic()
    told = estimated(tables, dataset, clock=lambda: datetime.now(UTC))
    assert time.monotonic() - began_s < 30  # a second, and what a busy machine adds; without an end it takes hours
    assert (told.rows, told.rows_are_exact, told.preview, told.fits) == (None, False, None, None)


def test_a_sample_of_the_blocks_tells_the_size_of_a_large_table(tables):
    dataset = tables.dataset("SELECT i AS id FROM range(10000000) AS r(i)", public=True)
    with tables.warehouse.open() as session:
        sampled = session.count(everything(dataset, sample_percent=1)) * 100
    assert sampled == pytest.approx(10_000_000, rel=0.7)  # five standard deviations of its fifty blocks
