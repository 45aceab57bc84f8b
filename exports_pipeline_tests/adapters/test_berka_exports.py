"""Exports of a real bank's transactions against figures that were computed elsewhere."""

import csv
import io
import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from exports_pipeline.core.catalog import TimeColumn
from exports_pipeline.core.formats import DATASET_FORMATS, Format
from exports_pipeline_tests.pdf_reader import read_table
from exports_pipeline_tests.tables import Tables, everything, exported
from exports_pipeline_tests.workbooks import records

FORMATS = pytest.mark.parametrize("file_format", [each for each in DATASET_FORMATS if each is not Format.PDF])
"""The formats that take any number of rows."""


@pytest.fixture(scope="module")
def tables(tmp_path_factory, shared_data):
    tables = Tables(tmp_path_factory.mktemp("berka"))
    tables.run(f"CREATE TABLE bank AS FROM '{shared_data / 'berka/derived_bank_transactions.parquet'}'")
    return tables


@pytest.fixture(scope="module")
def bank(tables):
    return tables.described(
        "bank", owner="user_id", account="account_id", tag="category", time=TimeColumn(column="txn_date")
    )


def read(body, file_format):
    match file_format:
        case Format.CSV:
            return list(csv.DictReader(io.StringIO(body.decode(), newline=""), strict=True))
        case Format.PARQUET:
            return pq.read_table(pa.BufferReader(body)).to_pylist()
        case Format.JSON:
            return json.loads(body, parse_float=Decimal)
        case Format.XLSX:
            return records(body)
        case Format.PDF:
            return read_table(body)
    return [json.loads(line, parse_float=Decimal) for line in io.StringIO(body.decode())]


def figures(tables, selection, file_format, column):
    body, rows = exported(tables.warehouse, selection, file_format)
    found = read(body, file_format)
    assert len(found) == rows
    return rows, sum(Decimal(row[column]) for row in found)


@FORMATS
def test_all_transactions(tables, bank, file_format):
    assert figures(tables, everything(bank), file_format, "signed_amount") == (46997, Decimal("39296762.80"))


@FORMATS
def test_one_category(tables, bank, file_format):
    selection = everything(bank, tag_ids=("household",))
    assert figures(tables, selection, file_format, "amount") == (3717, Decimal("15973583.00"))


@FORMATS
def test_one_quarter(tables, bank, file_format):
    selection = everything(bank, start_date=date(1993, 10, 1), end_date=date(1993, 12, 31))
    assert figures(tables, selection, file_format, "signed_amount") == (14080, Decimal("10899822.60"))


@pytest.mark.parametrize("file_format", DATASET_FORMATS)
def test_one_account_of_its_owner_and_of_somebody_else(tables, bank, file_format):
    selection = everything(bank, account_ids=("485",), owner_key="583")
    assert figures(tables, selection, file_format, "amount")[0] == 129
    assert figures(tables, replace(selection, owner_key="584"), file_format, "amount")[0] == 0
