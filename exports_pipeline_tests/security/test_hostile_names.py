"""Names of files, users and paths that try to leave their folder, their header or their line."""

import io
import json
import logging
from datetime import timedelta
from email.message import EmailMessage
from urllib.parse import unquote

import httpx
import pytest
import structlog

from exports_pipeline.adapters.logs import configure_logging
from exports_pipeline.adapters.object_store import S3ObjectStore, content_disposition
from exports_pipeline.adapters.s3_bucket import setup_bucket
from exports_pipeline.core.filters import Filters
from exports_pipeline.core.formats import Format, FormatOptions
from exports_pipeline.core.naming import download_name
from exports_pipeline_tests.api_client import DATASETS, EXPORTS
from exports_pipeline_tests.s3_gate import S3Gate

NAMES = [
    'a"; filename="evil.exe',
    "a\r\nSet-Cookie: session=stolen",
    "a\nContent-Type: text/html\n\n<script>alert(1)</script>",
    "../../etc/passwd",
    "..\\..\\windows\\win.ini",
    "P\u0159\u00edjmy 2026.csv",
    "\u202egpj.exe",
    "a%00b.csv",
    "a%22%0d%0ab.csv",
    "a;b=c.csv",
    "a'b''c.csv",
    "\U0001f4a9.csv",
    "a\tb\x0b\x7f.csv",
    "\u0130\u0131.csv",
    "x" * 1_000,
    "",
]


@pytest.fixture(scope="session")
def naughty(shared_data):
    return [*NAMES, *json.loads((shared_data / "naughty_strings/blns.json").read_text(encoding="utf-8"))]


def read_header(header):
    """The name in a Content-Disposition header as the standard library reads it, and its plain form."""
    message = EmailMessage()
    message["Content-Disposition"] = header
    assert message["Content-Disposition"].content_disposition == "attachment"
    plain, _, extended = header.partition("; filename*=UTF-8''")
    shown = plain.removeprefix('attachment; filename="').removesuffix('"')
    return unquote(extended) if extended else shown, shown


def check_header(name):
    header = content_disposition(name)
    found, plain = read_header(header)
    assert found == name
    assert header.isascii()
    assert header.isprintable()
    assert not set(plain) & set('"\\%')
    assert header.count('"') == 2


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_a_name_is_one_quoted_word_of_its_header_and_comes_back_whole(name):
    check_header(name)


def test_no_string_that_breaks_software_breaks_a_header_or_leaves_a_folder(naughty):
    for name in naughty:
        check_header(name)
        safe = download_name(name, Filters(), Format.CSV, FormatOptions())
        assert safe.isascii()
        assert not set(safe) & set("/\\\"'\r\n\0;%")
        assert not safe.startswith((".", "-"))


@pytest.mark.parametrize("name", [name for name in NAMES if name and name.isprintable()], ids=lambda _: None)
def test_the_store_serves_a_file_under_exactly_its_name(name):
    gate = S3Gate()
    gate.start()
    try:
        setup_bucket(gate.client(), "exports", expiry=timedelta(hours=24))
        store = S3ObjectStore(gate.client(), "exports")
        upload = store.upload("exports/u/j/1/x.csv", content_type="text/csv", download_name=name)
        upload.write(b"x")
        upload.commit()
        answer = httpx.get(store.presign("exports/u/j/1/x.csv", valid=timedelta(hours=1)))
        assert read_header(answer.headers["content-disposition"])[0] == name
        assert "set-cookie" not in answer.headers
    finally:
        gate.stop()


@pytest.mark.parametrize("text", ["%0d%0aSet-Cookie:%20a=b", "..%2f..%2fetc%2fpasswd", "%00", "%ff%fe", "%23%3f", "%"])
def test_no_path_gets_into_the_head_of_its_answer(ann, text):
    for path in (f"{EXPORTS}/{text}", f"{DATASETS}/{text}", f"/problems/{text}", f"/{text}"):
        answer = ann.get(path)
        assert answer.status_code == 404
        assert "set-cookie" not in answer.headers
        assert all("passwd" not in value for value in answer.headers.values())


def test_a_line_break_in_a_path_stays_inside_its_line_of_the_log(ann, monkeypatch):
    stderr = io.StringIO()
    monkeypatch.setattr("sys.stderr", stderr)
    root = logging.getLogger()
    before = (root.handlers[:], root.level)
    configure_logging("INFO")
    try:
        ann.get(f'{EXPORTS}/%0a{{"event":"forged","level":"error"}}%0d%1b[31m')
    finally:
        structlog.reset_defaults()
        root.handlers[:], level = before
        root.setLevel(level)
    (line,) = stderr.getvalue().splitlines()
    assert json.loads(line)["event"] == "request_answered"
    assert line.isprintable()
