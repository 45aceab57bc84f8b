"""Sensitive columns in every format."""

import csv
import hashlib
import hmac
import io
import json
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from exports_pipeline.adapters.warehouse import DuckDbWarehouse
from exports_pipeline.core.errors import NotConfigured
from exports_pipeline.core.formats import DATASET_FORMATS, Format
from exports_pipeline.core.redaction_policy import Sensitivity
from exports_pipeline.writers.redaction import HashKey, shown
from exports_pipeline.writers.sql_text import Parameters
from exports_pipeline_tests.pdf_reader import read_table
from exports_pipeline_tests.tables import KEY, everything, exported
from exports_pipeline_tests.workbooks import records


def hashed(text, key=KEY):
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def read(body, file_format):
    match file_format:
        case Format.CSV:
            return list(csv.DictReader(io.StringIO(body.decode(), newline="")))
        case Format.PARQUET:
            return pq.read_table(pa.BufferReader(body)).to_pylist()
        case Format.JSON:
            return json.loads(body)
        case Format.XLSX:
            return records(body)
        case Format.PDF:
            return [{name: text.replace(" ", "") for name, text in row.items()} for row in read_table(body)]
    return [json.loads(line) for line in body.decode().splitlines()]


def redacted(dataset, **kinds):
    columns = tuple(replace(column, sensitive=kinds.get(column.name)) for column in dataset.columns)
    return everything(dataset, columns=columns)


@pytest.mark.parametrize("file_format", DATASET_FORMATS)
def test_a_mask_keeps_nothing_and_a_hash_is_the_hmac_of_the_text(tables, file_format):
    dataset = tables.dataset(
        "SELECT '7001011234' AS a, 12.50::DECIMAL(9,2) AS b, DATE '2020-01-02' AS c, 'Žluťoučký' AS d"
    )
    selection = redacted(dataset, a=Sensitivity.MASK, b=Sensitivity.HASH, c=Sensitivity.HASH, d=Sensitivity.HASH)
    [row] = read(exported(tables.warehouse, selection, file_format)[0], file_format)
    assert row == {"a": "***", "b": hashed("12.50"), "c": hashed("2020-01-02"), "d": hashed("Žluťoučký")}


@pytest.mark.parametrize("file_format", DATASET_FORMATS)
def test_what_is_null_stays_null(tables, file_format):
    dataset = tables.dataset("SELECT NULL::INTEGER AS a, NULL::VARCHAR AS b, 1 AS c")
    selection = redacted(dataset, a=Sensitivity.MASK, b=Sensitivity.HASH)
    [row] = read(exported(tables.warehouse, selection, file_format)[0], file_format)
    assert [row["a"] or None, row["b"] or None] == [None, None]


def test_a_dropped_column_that_got_through_is_masked(tables):
    selection = redacted(tables.dataset("SELECT 'secret' AS a, 1 AS b"), a=Sensitivity.DROP)
    assert exported(tables.warehouse, selection)[0] == b"a,b\r\n***,1\r\n"


def test_a_long_key_hashes_as_hmac_does(tables):
    dataset = tables.dataset("SELECT 'x' AS a, 1 AS b")
    key = b"k" * 100
    warehouse = DuckDbWarehouse(tables.path, mask_key=key)
    body, _ = exported(warehouse, redacted(dataset, a=Sensitivity.HASH))
    assert read(body, Format.CSV)[0]["a"] == hashed("x", key)


def test_without_a_key_nothing_is_hashed(tables):
    dataset = tables.dataset("SELECT 'x' AS a, 1 AS b")
    with pytest.raises(NotConfigured):
        exported(DuckDbWarehouse(tables.path), redacted(dataset, a=Sensitivity.HASH))


def test_the_key_stands_in_no_statement(tables):
    [column] = redacted(tables.dataset("SELECT 'x' AS a"), a=Sensitivity.HASH).columns
    parameters = Parameters()
    expression, _ = shown(column, HashKey(KEY), parameters)
    assert expression == 'sha256($p1 || unhex(sha256($p0 || encode(CAST("a" AS VARCHAR)))))'
    assert set(parameters.values) == {"p0", "p1"}


def test_a_preview_masks_also_what_the_requester_may_see(tables):
    dataset = tables.dataset("SELECT 'secret' AS a, 1.5 AS b, NULL::INTEGER AS c FROM range(9)")
    columns = tuple(replace(one, sensitive=Sensitivity.HASH if one.name == "a" else None) for one in dataset.columns)
    selection = everything(replace(dataset, columns=columns))
    unmasked = replace(selection, columns=dataset.columns)
    with tables.warehouse.open() as session:
        assert session.preview(unmasked, rows=2) == [{"a": "***", "b": "1.5", "c": None}] * 2
