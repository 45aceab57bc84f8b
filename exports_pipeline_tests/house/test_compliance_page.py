"""The map of compliance names pages and tests; they must exist, and every requirement has a test."""

import re
from pathlib import Path

import pytest

from exports_pipeline_tests.house.test_threat_model import TESTS, functions_in, named

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "compliance.md").read_text(encoding="utf-8")
TABLES = re.findall(r"^\|(.+)\|$", PAGE, flags=re.MULTILINE)
ROWS = [row for row in TABLES if "---" not in row and "answer |" not in row]


def test_every_test_and_every_page_that_it_names_exists():
    known = set().union(*(functions_in(path) for path in TESTS.rglob("test_*.py")))
    assert sorted(named(PAGE)[1] - known) == []
    pages = re.findall(r"\]\(([\w./-]+\.md)(?:#[\w-]+)?\)", PAGE)
    assert sorted({page for page in pages if not (DOCS / page).is_file()}) == []


@pytest.mark.parametrize("row", ROWS, ids=[row.split("|")[0].strip() for row in ROWS])
def test_every_requirement_has_an_answer_a_page_and_a_test(row):
    _, answer, told, tests = row.split("|")
    assert answer.strip()
    assert ".md)" in told
    assert re.search(r"`test_\w+`", tests)


def test_all_that_was_promised_is_mapped():
    for heading in ("164.312(b)", "CC6", "CC7", "| 15, ", "| 17, ", "| 30, "):
        assert heading in PAGE
