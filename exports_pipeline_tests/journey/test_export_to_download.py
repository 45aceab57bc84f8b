"""From a request to a file that an independent program reads."""

import csv
import gzip
import hashlib
import io
import json
from datetime import date, datetime
from decimal import Decimal

import duckdb
import httpx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

pytestmark = pytest.mark.slow

BODY = {"start_date": "2024-01-05", "end_date": "2024-02-10"}
COLUMNS = {
    "transaction_id": int,
    "account_id": str,
    "booked_at": datetime.fromisoformat,
    "booked_on": date.fromisoformat,
    "amount": Decimal,
    "merchant": str,
    "tags": json.loads,
    "location": json.loads,
    "note": str,
}
FILES = [
    ("csv", {"formula_guard": False}, "csv", "text/csv; charset=utf-8"),
    ("csv", {"formula_guard": False, "compression": "gzip"}, "csv.gz", "application/gzip"),
    ("csv", {"formula_guard": False, "compression": "zstd"}, "csv.zst", "application/zstd"),
    ("parquet", {}, "parquet", "application/vnd.apache.parquet"),
    ("json", {}, "json", "application/json"),
    ("json", {"compression": "gzip"}, "json.gz", "application/gzip"),
    ("jsonl", {}, "jsonl", "application/x-ndjson"),
    ("jsonl", {"compression": "zstd"}, "jsonl.zst", "application/zstd"),
]


@pytest.fixture(scope="module")
def warehouse(stack):
    with duckdb.connect(stack.home / "warehouse/current.duckdb", read_only=True) as connection:
        yield connection


def plain(body, ending):
    if ending.endswith("gz"):
        return gzip.decompress(body)
    return pa.input_stream(pa.py_buffer(body), compression="zstd").read() if ending.endswith("zst") else body


def read(body, file_format):
    """The rows of a file, as Python's own types."""
    if file_format == "parquet":
        return pq.read_table(io.BytesIO(body)).to_pylist()
    if file_format == "csv":
        header, *rows = csv.reader(io.StringIO(body.decode(), newline=""))
        assert header == list(COLUMNS)
        cells = (
            (parse(text) if text else None for parse, text in zip(COLUMNS.values(), row, strict=True)) for row in rows
        )
        return [dict(zip(COLUMNS, row, strict=True)) for row in cells]
    text = body.decode()
    rows = json.loads(text, parse_float=Decimal) if file_format == "json" else None
    rows = rows or [json.loads(line, parse_float=Decimal) for line in text.splitlines()]
    parsed = {name: COLUMNS[name] for name in ("booked_at", "booked_on")}
    return [row | {name: parse(row[name]) for name, parse in parsed.items()} for row in rows]


@pytest.mark.parametrize(("file_format", "options", "ending", "content_type"), FILES)
def test_every_format_holds_what_the_warehouse_holds(demo, warehouse, file_format, options, ending, content_type):
    expected = warehouse.execute(
        f"""SELECT {", ".join(COLUMNS)} FROM fct_transactions WHERE user_id = 'demo'
        AND booked_at >= TIMESTAMPTZ '2024-01-05 00:00+00' AND booked_at < TIMESTAMPTZ '2024-02-11 00:00+00'"""
    ).fetchall()
    job_id = demo.export("fct_transactions", file_format, columns=list(COLUMNS), options=options, **BODY)
    job = demo.completed(job_id)
    answer = httpx.get(job["download_url"])
    rows = read(plain(answer.content, ending), file_format)
    if file_format == "csv":  # the reader takes "" for nothing, too
        expected = [tuple(None if cell == "" else cell for cell in row) for row in expected]
    assert [tuple(row.values()) for row in rows] == expected
    assert len(rows) == job["row_count"] > 20
    assert len(answer.content) == job["file_size_bytes"]
    assert hashlib.sha256(answer.content).hexdigest() == job["sha256"]
    assert job["download_name"] == f"fct_transactions_2024-01-05_2024-02-10.{ending}"
    assert answer.headers["content-type"] == content_type
    assert f'filename="{job["download_name"]}"' in answer.headers["content-disposition"]


def test_what_is_sensitive_never_leaves(demo, warehouse):
    job = demo.completed(demo.export("fct_transactions", "jsonl"))
    rows = [json.loads(line) for line in httpx.get(job["download_url"]).text.splitlines()]
    emails = {email for (email,) in warehouse.execute("SELECT counterparty_email FROM fct_transactions").fetchall()}
    hashes = {row["counterparty_email"] for row in rows}
    assert {row["counterparty_iban"] for row in rows} <= {"***", None}
    assert len(hashes) > 1
    assert hashes.isdisjoint(emails - {None})
    assert {row["user_id"] for row in rows} == {"demo"}


def test_nobody_gets_the_rows_of_others(stack, warehouse):
    counts = {}
    for user in ("alice", "nobody-at-all"):
        caller = stack.caller(user)
        counts[user] = caller.completed(caller.export("fct_transactions", "parquet"))["row_count"]
    everybody = stack.caller("root", "EXPORT_ALL")
    counts["everybody"] = everybody.completed(everybody.export("fct_transactions", "parquet"))["row_count"]
    [(alice, everyone)] = warehouse.execute(
        "SELECT count(*) FILTER (WHERE user_id = 'alice'), count(*) FROM fct_transactions"
    ).fetchall()
    assert counts == {"alice": alice, "nobody-at-all": 0, "everybody": everyone}


def test_a_link_is_followed_by_redirect_and_refused_once_tampered_with(stack, demo):
    job = demo.completed(demo.export("airlines", "csv"))
    redirect = demo.http.get(f"/api/analytics/exports/{job['job_id']}/download")
    assert redirect.status_code == 307
    link = httpx.URL(redirect.headers["location"])
    assert hashlib.sha256(httpx.get(link).content).hexdigest() == job["sha256"]
    signature = link.params["X-Amz-Signature"]
    forged = signature[:-1] + ("0" if signature[-1] != "0" else "1")
    assert httpx.get(link.copy_set_param("X-Amz-Signature", forged)).status_code == 403
    assert httpx.get(link.copy_set_param("X-Amz-Expires", "604800")).status_code == 403
    assert httpx.get(link.copy_with(path=link.path + "x")).status_code in {403, 404}
    assert httpx.get(link.copy_with(query=None)).status_code == 403
    audit = stack.sql("SELECT action FROM audit_log WHERE job_id = %s ORDER BY id", job["job_id"])
    assert {"export.requested", "export.download_link"} <= {entry["action"] for entry in audit}
